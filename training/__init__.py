"""Page datasets to checkpoints to predictions. The only package that imports torch."""
