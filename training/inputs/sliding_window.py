"""Unlimited-OCR's attention as masks for training: each token attends to the whole prompt, and to a window of
the target.

In generation the model's cache drops tokens outside the window. Without a cache (training) its class attends
to all of them, so the mask is built here: training and generation then see the same tokens.
"""

import torch


def sliding_window_masks(
    attention_mask: torch.Tensor, target_lengths: list[int], window: int
) -> dict[str, torch.Tensor]:
    """Return a mask for each type of attention layer: (b, 1, t, t), true where the row's position attends to
    the column's.

    Args:
        attention_mask: (b, t), 0 on the padding, which is on the left.
        target_lengths: number of target tokens at the end of each row.
        window: number of target tokens that a target token attends to, itself included.
    """
    positions = torch.arange(attention_mask.shape[1])
    behind = positions[:, None] - positions[None, :]
    # A padding token attends to itself: the softmax of an empty row is undefined.
    seen = attention_mask.bool()[:, None, :] & (behind >= 0) | (behind == 0)
    in_prompt = positions[None, :] < attention_mask.shape[1] - torch.tensor(target_lengths)[:, None]
    near = in_prompt[:, None, :] | (behind < window)
    return {"full_attention": seen[:, None], "reference_sliding_attention": (seen & near)[:, None]}
