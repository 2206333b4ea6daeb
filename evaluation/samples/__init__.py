"""Samples one by one: their scores and marks, and an index that sorts, filters and searches them."""
