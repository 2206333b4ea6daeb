"""The balance loss of Switch Transformers (arXiv 2101.03961) and DeepSeekMoE (arXiv 2401.06066), layer by
layer: it keeps the use of experts even while the router trains.

Without this loss the router sends more and more tokens to few experts.
"""

from collections.abc import Sequence

import torch
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func


def balance_loss(
    router_logits: Sequence[torch.Tensor], attention_mask: torch.Tensor, num_experts_per_tok: int
) -> torch.Tensor:
    """Return the mean balance loss over layers: 1 if experts are used evenly, up to experts / k if all tokens
    use the same k.

    Args:
        router_logits: (b * t, experts) of each layer with experts.
        attention_mask: (b, t), 0 on padding.
        num_experts_per_tok: k, the number of experts of each token.
    """
    # One layer at a time: a busy expert of one layer must not offset an idle expert of another layer.
    losses = [
        load_balancing_loss_func((logits,), logits.shape[-1], num_experts_per_tok, attention_mask)
        for logits in router_logits
    ]
    tensors = [loss for loss in losses if isinstance(loss, torch.Tensor)]
    return torch.stack(tensors).mean() / num_experts_per_tok
