"""What a score is worth: evidence, the rules of the verdict, and its words."""
