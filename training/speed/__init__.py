"""Faster forward passes of the library's model classes, and the compiler that they need."""
