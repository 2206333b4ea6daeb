"""A warm model: requests over a local socket -> pages -> summaries, all by one loaded model."""
