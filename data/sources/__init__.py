"""Readers of documents: one kind of source a module."""
