"""Publishing on the Hugging Face Hub: the repository, uploads, and commits while shards are rendered."""
