"""Unlimited-OCR's attention as masks for training: each token sees the prompt whole, and of the target only a
window.

In generation the model's own cache forgets what leaves the window. Without a cache its class knows no prompt
and lets everything be seen, so a model trained like that would meet targets longer than its window as
something new.
"""

import torch


def sliding_window_masks(
    attention_mask: torch.Tensor, target_lengths: list[int], window: int
) -> dict[str, torch.Tensor]:
    """Return which position sees which, by the names of the model's attention layers; each mask is (b, 1, t,
    t), true: seen.

    Args:
        present: (b, t), 0 on the padding, which is on the left.
        target_lengths: tokens at the end of each row that are its target.
        window: tokens of the target that one of them sees, itself included.
    """
    positions = torch.arange(attention_mask.shape[1])
    behind = positions[:, None] - positions[None, :]
    # Padding sees itself: a row that sees nothing has no softmax.
    seen = attention_mask.bool()[:, None, :] & (behind >= 0) | (behind == 0)
    in_prompt = positions[None, :] < attention_mask.shape[1] - torch.tensor(target_lengths)[:, None]
    near = in_prompt[:, None, :] | (behind < window)
    return {"full_attention": seen[:, None], "reference_sliding_attention": (seen & near)[:, None]}
