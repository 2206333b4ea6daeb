"""The encoder's attention over a whole page, without the position bias written out.

The first encoder adds to each query-key product a bias that depends on how many rows and columns lie between
the two. Written out it is a matrix of (patches x patches) per head: 400 MB for one 1024 px page, written and
read again in each of four layers, which takes longer than all else in the encoder. It is a sum of two
products with the query, though, so it can be part of the query-key product: the query is lengthened by its
product with each row distance and each column distance, the key by its row and its column, one-hot.
"""

from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.nn import functional


def patch_page_attention(model: nn.Module) -> None:
    """Replace the attention of the first encoder where a GPU computes it. On a CPU the bias costs less than
    the longer products."""
    for module in model.modules():
        if hasattr(module, "rel_pos_h"):
            module.forward = MethodType(_page_attention_forward, module)


def _page_attention_forward(self: Any, hidden_states: torch.Tensor, output_attentions: bool = False) -> Any:
    if not hidden_states.is_cuda:
        return type(self).forward(self, hidden_states, output_attentions)
    return compute_page_attention(self, hidden_states), None


def compute_page_attention(attention: Any, hidden_states: torch.Tensor) -> torch.Tensor:
    """Compute what the library's attention computes.

    Args:
        attention: its module, with `qkv`, `proj`, `rel_pos_h` and `rel_pos_w`.
        hidden_states: (batch, rows, columns, width).

    Returns:
        The same shape.
    """
    batch, rows, columns, _ = hidden_states.shape
    qkv = attention.qkv(hidden_states).view(batch, rows * columns, 3, attention.num_attention_heads, -1)
    query, key, value = qkv.permute(2, 0, 3, 1, 4)
    of_rows = attention.get_rel_pos(rows, rows, attention.rel_pos_h).to(query.dtype)
    of_columns = attention.get_rel_pos(columns, columns, attention.rel_pos_w).to(query.dtype)
    grid = query.unflatten(2, (rows, columns))
    row_bias = torch.einsum("bnhwc,hkc->bnhwk", grid, of_rows)
    column_bias = torch.einsum("bnhwc,wkc->bnhwk", grid, of_columns)
    longer_query = torch.cat(
        [query * attention.scale, row_bias.flatten(2, 3), column_bias.flatten(2, 3)], dim=-1
    )
    longer_key = torch.cat(
        [key, _one_hot_positions(rows, columns, key).expand(batch, attention.num_attention_heads, -1, -1)],
        dim=-1,
    )
    # The kernels that hold no matrix of weights want values as long as keys.
    longer_value = functional.pad(value, (0, rows + columns))
    attended = functional.scaled_dot_product_attention(longer_query, longer_key, longer_value, scale=1.0)[
        ..., : value.shape[-1]
    ]
    joined: torch.Tensor = attention.proj(attended.transpose(1, 2).reshape(batch, rows, columns, -1))
    return joined


def _one_hot_positions(rows: int, columns: int, like: torch.Tensor) -> torch.Tensor:
    """Return each patch's row and column, one-hot: (rows * columns, rows + columns)."""
    of_row = torch.eye(rows, dtype=like.dtype, device=like.device).repeat_interleave(columns, dim=0)
    of_column = torch.eye(columns, dtype=like.dtype, device=like.device).repeat(rows, 1)
    return torch.cat([of_row, of_column], dim=-1)
