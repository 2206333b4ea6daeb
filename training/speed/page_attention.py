"""The encoder's attention over a whole page, without a matrix of position biases.

The first encoder (SAM's) adds a bias to each query-key product: the query times an embedding of the distance
in rows, plus the query times an embedding of the distance in columns (decomposed relative positions, arXiv
2112.01526). As a matrix the bias has (patches x patches) numbers per head: 400 MB for one page of 1024 px,
written and read in each of four layers, which takes longer than all else in the encoder. Here the bias is
part of the query-key product: the query is extended by its products with all row and column distances, and
the key by its row and its column, one-hot.
"""

from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.nn import functional


def patch_page_attention(model: nn.Module) -> None:
    """Replace the first encoder's attention on GPUs. On a CPU the longer products cost more than the bias."""
    for module in model.modules():
        if hasattr(module, "rel_pos_h"):
            module.forward = MethodType(_page_attention_forward, module)


def _page_attention_forward(self: Any, hidden_states: torch.Tensor, output_attentions: bool = False) -> Any:
    if not hidden_states.is_cuda:
        return type(self).forward(self, hidden_states, output_attentions)
    return compute_page_attention(self, hidden_states), None


def compute_page_attention(attention: Any, hidden_states: torch.Tensor) -> torch.Tensor:
    """Compute the library's attention over a whole page.

    Args:
        attention: the library's module, with `qkv`, `proj`, `rel_pos_h` and `rel_pos_w`.
        hidden_states: (batch, rows, columns, width).

    Returns:
        (batch, rows, columns, width).
    """
    batch, rows, columns, _ = hidden_states.shape
    num_heads = attention.num_attention_heads
    qkv = attention.qkv(hidden_states).view(batch, rows * columns, 3, num_heads, -1)
    query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (batch, heads, rows * columns, head width)
    positions = _one_hot_positions(rows, columns, key).expand(batch, num_heads, -1, -1)
    bias = _position_bias(attention, query.unflatten(2, (rows, columns)))
    longer_query = torch.cat([query * attention.scale, bias], dim=-1)
    longer_key = torch.cat([key, positions], dim=-1)
    # Memory-efficient kernels need values of the same width as keys.
    longer_value = functional.pad(value, (0, rows + columns))
    attended = functional.scaled_dot_product_attention(longer_query, longer_key, longer_value, scale=1.0)
    attended = attended[..., : value.shape[-1]].transpose(1, 2)
    joined: torch.Tensor = attention.proj(attended.reshape(batch, rows, columns, -1))
    return joined


def _position_bias(attention: Any, query: torch.Tensor) -> torch.Tensor:
    """Return the bias of each query to each row and column of keys: (batch, heads, rows, columns, head width)
    -> (batch, heads, rows * columns, rows + columns)."""
    rows, columns = query.shape[2:4]
    of_rows = attention.get_rel_pos(rows, rows, attention.rel_pos_h).to(query.dtype)
    of_columns = attention.get_rel_pos(columns, columns, attention.rel_pos_w).to(query.dtype)
    row_bias = torch.einsum("bnhwc,hkc->bnhwk", query, of_rows)
    column_bias = torch.einsum("bnhwc,wkc->bnhwk", query, of_columns)
    return torch.cat([row_bias, column_bias], dim=-1).flatten(2, 3)


def _one_hot_positions(rows: int, columns: int, like: torch.Tensor) -> torch.Tensor:
    """Return each patch's row and column, one-hot: (rows * columns, rows + columns)."""
    of_row = torch.eye(rows, dtype=like.dtype, device=like.device).repeat_interleave(columns, dim=0)
    of_column = torch.eye(columns, dtype=like.dtype, device=like.device).repeat(rows, 1)
    return torch.cat([of_row, of_column], dim=-1)
