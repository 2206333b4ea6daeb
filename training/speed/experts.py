"""The routed experts of a mixture, in few passes over memory: tokens go to their experts side by side, and
come back added up."""

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers.integrations.moe import _grouped_linear

from training.speed.fused import fused


def experts_forward(
    self: Any, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
) -> torch.Tensor:
    """Send each token to its experts and add up what they return.

    Args:
        self: the library's experts: `gate_up_proj` (experts, 2 * inner, hidden) and `down_proj` (experts,
            hidden, inner).
        hidden_states: (tokens, hidden).
        top_k_index: (tokens, k), the experts of each token.
        top_k_weights: (tokens, k), how much each counts.

    Returns:
        (tokens, hidden), in the precision of `hidden_states`.
    """
    k = top_k_index.shape[1]
    experts, order = top_k_index.flatten().sort()
    row_of = (
        torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device)).view(-1, k)
    )
    token_of = order // k
    # histc takes floats alone on a CPU, and integers alone where a GPU is to be deterministic.
    counts = torch.histc(
        experts.int() if experts.is_cuda else experts.float(), self.num_experts, 0, self.num_experts - 1
    )
    ends = counts.cumsum(0, dtype=torch.int32)
    device, gate_up_proj, down_proj = hidden_states.device.type, self.gate_up_proj, self.down_proj
    dtype = (
        torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else down_proj.dtype
    )  # it knows no grouped products
    rows = _DispatchTokens.apply(hidden_states.to(dtype), token_of, row_of)  # type: ignore[no-untyped-call]
    rows = _grouped_linear(rows, gate_up_proj.to(dtype), ends)
    rows = _WeightedSwiGLU.apply(rows, top_k_weights.flatten()[order][:, None])  # type: ignore[no-untyped-call]
    rows = _grouped_linear(rows, down_proj.to(dtype), ends)
    returned: torch.Tensor = _CombineTokens.apply(rows, token_of, row_of)  # type: ignore[no-untyped-call]
    return returned.to(hidden_states.dtype)


@fused
def _sum_rows_per_token(rows: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
    """Add up the rows of each token: (rows, width), (tokens, k) -> (tokens, width). Sums in float32."""
    return rows[row_of].sum(1, dtype=rows.dtype)


class _DispatchTokens(torch.autograd.Function):
    """(tokens, width) -> (tokens * k, width), a copy of each token for each of its experts, those of one
    expert side by side."""

    @staticmethod
    def forward(ctx: Any, tokens: torch.Tensor, token_of: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(row_of)
        return tokens.index_select(0, token_of)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return _sum_rows_per_token(gradient, *ctx.saved_tensors), None, None


class _CombineTokens(torch.autograd.Function):
    """The way back: (tokens * k, width) -> (tokens, width), what a token's experts returned, added up."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, token_of: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(token_of)
        return _sum_rows_per_token(rows, row_of)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return gradient.index_select(0, *ctx.saved_tensors), None, None


class _WeightedSwiGLU(torch.autograd.Function):
    """silu(gate) * up * weight: (rows, 2 * inner), (rows, 1) -> (rows, inner).

    The weight is multiplied in before the last product, which it commutes with, since fewer numbers are
    there.
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
