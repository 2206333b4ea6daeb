"""Keeping the use of experts even while the router trains: the balance loss of Switch Transformers and
DeepSeekMoE, layer by layer.

Without it a router that trains sends more and more tokens to few experts, and the others are never heard
again.
"""

from collections.abc import Sequence

import torch
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func


def balance_loss(
    router_logits: Sequence[torch.Tensor], attention_mask: torch.Tensor, num_experts_per_tok: int
) -> torch.Tensor:
    """Return the mean over layers of how unevenly experts are used: 1 when evenly, up to their number when
    one does everything.

    Args:
        router_logits: of each layer with experts, (b * t, experts).
        present: (b, t), 0 on padding.
        num_experts_per_tok: how many experts see each token.
    """
    # One layer at a time: an expert that is idle in one layer is not made up for by its namesake in another.
    losses = [
        load_balancing_loss_func((logits,), logits.shape[-1], num_experts_per_tok, attention_mask)
        for logits in router_logits
    ]
    return (
        torch.stack([loss for loss in losses if isinstance(loss, torch.Tensor)]).mean() / num_experts_per_tok
    )
