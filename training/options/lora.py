"""The size of an adapter: added low-rank weights, by the names that PEFT gives them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lora:
    """LoRA's hyperparameters (Hu et al. 2021): a weight W becomes W + alpha / r * B A."""

    r: int = 16
    """Rank: the number of columns of B and of rows of A."""
    alpha: int = 32
    dropout: float = 0.0
    """Share of the adapter's inputs that a training step leaves out."""
