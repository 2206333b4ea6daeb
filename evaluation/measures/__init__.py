"""Measures beside ROUGE: facts, copying, characters and length of a summary, and where its facts stood."""
