"""Readers of documents from samples, files and the Hub."""
