"""The decoder's own computations in fewer passes over memory: what they come to is the same, but for rounding.

The library's classes are written to be read. Where a GPU multiplies as fast as it can, their many small steps between the products
take most of the time; here those steps are joined. Activations stay in the precision that autocast asks for, and the router
decides in float32, as in the model authors' code, which autocast would round to bfloat16.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.integrations.moe import _grouped_linear

from training.fused import fused


def shorten_decoder(model: PreTrainedModel) -> None:
    """Replace the forward passes of a model's norms, router and routed experts, and keep what is embedded in autocast's precision."""
    replacements: dict[str, Callable[..., torch.Tensor]] = {"TextRMSNorm": _norm, "TextExperts": route, "TextTopkRouter": _choose}
    for module in model.modules():
        for ending, forward in replacements.items():
            if type(module).__name__.endswith(ending):
                module.forward = MethodType(forward, module)
    model.get_input_embeddings().register_forward_hook(_in_autocast_precision)


def _in_autocast_precision(_module: Any, _inputs: Any, embedded: torch.Tensor) -> torch.Tensor:
    # Embeddings that train are float32, and everything added to them would be float32 too.
    device = embedded.device.type
    return embedded.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else embedded


def _norm(self: Any, hidden_states: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(hidden_states, self.weight.shape, self.weight.to(hidden_states.dtype), self.variance_epsilon)


def _choose(self: Any, hidden_states: torch.Tensor) -> Any:
    with torch.autocast(hidden_states.device.type, enabled=False):
        return type(self).forward(self, hidden_states)


def route(self: Any, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor) -> torch.Tensor:
    """Send each token to its experts and add up what they return.

    Args:
        self: the library's experts: `gate_up_proj` (experts, 2 * inner, hidden) and `down_proj` (experts, hidden, inner).
        hidden_states: (tokens, hidden).
        top_k_index: (tokens, k), the experts of each token.
        top_k_weights: (tokens, k), how much each counts.

    Returns:
        (tokens, hidden), in the precision of `hidden_states`.
    """
    k = top_k_index.shape[1]
    experts, order = top_k_index.flatten().sort()
    row_of = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device)).view(-1, k)
    token_of = order // k
    # histc takes floats alone on a CPU, and integers alone where a GPU is to be deterministic.
    counts = torch.histc(experts.int() if experts.is_cuda else experts.float(), self.num_experts, 0, self.num_experts - 1)
    ends = counts.cumsum(0, dtype=torch.int32)
    rows = _ToExperts.apply(hidden_states.to(self.down_proj.dtype), token_of, row_of)  # type: ignore[no-untyped-call]
    rows = _grouped_linear(rows, self.gate_up_proj, ends)
    rows = _Gate.apply(rows, top_k_weights.flatten()[order][:, None])  # type: ignore[no-untyped-call]
    rows = _grouped_linear(rows, self.down_proj, ends)
    returned: torch.Tensor = _FromExperts.apply(rows, token_of, row_of)  # type: ignore[no-untyped-call]
    return returned.to(hidden_states.dtype)


@fused
def _sum_of_rows(rows: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
    """Add up the rows of each token: (rows, width), (tokens, k) -> (tokens, width). Sums in float32."""
    return rows[row_of].sum(1)


class _ToExperts(torch.autograd.Function):
    """(tokens, width) -> (tokens * k, width), a copy of each token for each of its experts, those of one expert side by side."""

    @staticmethod
    def forward(ctx: Any, tokens: torch.Tensor, token_of: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(row_of)
        return tokens.index_select(0, token_of)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return _sum_of_rows(gradient, *ctx.saved_tensors), None, None


class _FromExperts(torch.autograd.Function):
    """The way back: (tokens * k, width) -> (tokens, width), what a token's experts returned, added up."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, token_of: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(token_of)
        return _sum_of_rows(rows, row_of)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return gradient.index_select(0, *ctx.saved_tensors), None, None


class _Gate(torch.autograd.Function):
    """silu(gate) * up * weight: (rows, 2 * inner), (rows, 1) -> (rows, inner).

    The weight is multiplied in before the last product, which it commutes with, since fewer numbers are there.
    """

    @staticmethod
    def forward(ctx: Any, gate_up: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(gate_up, weight)
        return _gated(gate_up, weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        gate_up, weight = ctx.saved_tensors
        return _gradients_of_gated(gate_up, weight, gradient)


@fused
def _gated(gate_up: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    gate, up = gate_up.chunk(2, dim=-1)
    return (functional.silu(gate) * up * weight).to(gate_up.dtype)


@fused
def _gradients_of_gated(gate_up: torch.Tensor, weight: torch.Tensor, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    gate, up = gate_up.chunk(2, dim=-1)
    active, weighted = functional.silu(gate), gradient * weight
    of_gate = torch.ops.aten.silu_backward(weighted * up, gate.to(weighted.dtype))
    of_weight = (gradient * active * up).sum(-1, keepdim=True, dtype=weight.dtype)
    return torch.cat([of_gate, weighted * active], dim=-1).to(gate_up.dtype), of_weight
