"""The routed experts (mixture of experts) with few passes over memory: tokens are grouped by expert,
multiplied in one grouped product, and summed per token."""

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers.integrations.moe import _grouped_linear

from training.speed.fused import fused


def experts_forward(
    self: Any, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
) -> torch.Tensor:
    """Return the weighted sum of each token's experts; replaces the forward pass of the library's class.

    Args:
        self: the library's experts: `gate_up_proj` (experts, 2 * inner, hidden) and `down_proj` (experts,
            hidden, inner).
        hidden_states: (tokens, hidden).
        top_k_index: (tokens, k), the experts of each token.
        top_k_weights: (tokens, k), their weights.

    Returns:
        (tokens, hidden), in the precision of `hidden_states`.
    """
    experts, order = top_k_index.flatten().sort()  # a row for each pair of token and expert, by expert
    token_of = order // top_k_index.shape[1]
    row_of = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
    row_of = row_of.view_as(top_k_index)
    ends = _count_rows(experts, self.num_experts).cumsum(0, dtype=torch.int32)
    # Autocast does not cover grouped products.
    device, dtype = hidden_states.device.type, self.down_proj.dtype
    if torch.is_autocast_enabled(device):
        dtype = torch.get_autocast_dtype(device)
    rows = _DispatchTokens.apply(hidden_states.to(dtype), token_of, row_of)  # type: ignore[no-untyped-call]
    rows = _grouped_linear(rows, self.gate_up_proj.to(dtype), ends)
    rows = _WeightedSwiGLU.apply(rows, top_k_weights.flatten()[order][:, None])  # type: ignore[no-untyped-call]
    rows = _grouped_linear(rows, self.down_proj.to(dtype), ends)
    returned: torch.Tensor = _CombineTokens.apply(rows, token_of, row_of)  # type: ignore[no-untyped-call]
    return returned.to(hidden_states.dtype)


def _count_rows(experts: torch.Tensor, num_experts: int) -> torch.Tensor:
    """Return the number of rows of each expert: (experts,)."""
    # histc takes only floats on a CPU, and only integers in the deterministic mode of a GPU.
    return torch.histc(experts.int() if experts.is_cuda else experts.float(), num_experts, 0, num_experts - 1)


@fused
def _sum_rows_per_token(rows: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
    """Sum the rows of each token: (rows, width), (tokens, k) -> (tokens, width). Accumulates in float32."""
    return rows[row_of].sum(1, dtype=rows.dtype)


class _DispatchTokens(torch.autograd.Function):
    """Copy each token once per expert, grouped by expert: (tokens, width) -> (tokens * k, width)."""

    @staticmethod
    def forward(ctx: Any, tokens: torch.Tensor, token_of: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(row_of)
        return tokens.index_select(0, token_of)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return _sum_rows_per_token(gradient, *ctx.saved_tensors), None, None


class _CombineTokens(torch.autograd.Function):
    """Sum the outputs of each token's experts: (tokens * k, width) -> (tokens, width)."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, token_of: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(token_of)
        return _sum_rows_per_token(rows, row_of)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return gradient.index_select(0, *ctx.saved_tensors), None, None


class _WeightedSwiGLU(torch.autograd.Function):
    """SwiGLU (arXiv 2002.05202) times the expert's weight: silu(gate) * up * weight.

    (rows, 2 * inner), (rows, 1) -> (rows, inner). The weight commutes with the down projection and is applied
    before it, where rows are narrower.
    """

    @staticmethod
    def forward(ctx: Any, gate_up: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(gate_up, weight)
        return _weighted_swiglu(gate_up, weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        gate_up, weight = ctx.saved_tensors
        return _weighted_swiglu_backward(gate_up, weight, gradient)


@fused
def _weighted_swiglu(gate_up: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    gate, up = gate_up.chunk(2, dim=-1)
    return (functional.silu(gate) * up * weight).to(gate_up.dtype)


@fused
def _weighted_swiglu_backward(
    gate_up: torch.Tensor, weight: torch.Tensor, gradient: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    gate, up = gate_up.chunk(2, dim=-1)
    active, weighted = functional.silu(gate), gradient * weight
    of_gate = torch.ops.aten.silu_backward(weighted * up, gate.to(weighted.dtype))
    of_weight = (gradient * active * up).sum(-1, keepdim=True, dtype=weight.dtype)
    return torch.cat([of_gate, weighted * active], dim=-1).to(gate_up.dtype), of_weight
