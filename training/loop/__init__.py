"""The training loop: the Trainer, its callbacks and checkpoints, and validation between its steps."""
