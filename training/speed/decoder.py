"""Patches for the decoder: the same results except for rounding, with fewer passes over memory.

On a fast GPU the many small operations between the matrix products take most of the time of the library's
classes; here they are joined. Activations keep the precision of autocast. The router computes in float32, as
in the model authors' code; autocast would round it to bfloat16.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from training.speed.experts import experts_forward
from training.speed.fused import fused


def patch_decoder(model: PreTrainedModel) -> None:
    """Replace the forward passes of a model's norms, attention, router and experts, and cast the embeddings
    to autocast's precision."""
    replacements: dict[str, Callable[..., Any]] = {
        "TextRMSNorm": _rms_norm_forward,
        "TextAttention": _attention_forward,
        "TextExperts": experts_forward,
        "TextTopkRouter": _router_forward,
    }
    for module in model.modules():
        for ending, forward in replacements.items():
            if type(module).__name__.endswith(ending):
                module.forward = MethodType(forward, module)
    model.get_input_embeddings().register_forward_hook(_cast_to_autocast_dtype)


def _cast_to_autocast_dtype(_module: Any, _inputs: Any, embedded: torch.Tensor) -> torch.Tensor:
    # Trained embeddings are float32; without the cast, so would be every sum with them.
    device = embedded.device.type
    return embedded.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else embedded


def _rms_norm_forward(self: Any, hidden_states: torch.Tensor) -> torch.Tensor:
    # Under autocast the result would be float32, and so all that follows. `rms_norm` sums the squares in
    # float32 in any case.
    with torch.autocast(hidden_states.device.type, enabled=False):
        return functional.rms_norm(
            hidden_states, self.weight.shape, self.weight.to(hidden_states.dtype), self.variance_epsilon
        )


def _attention_forward(
    self: Any,
    hidden_states: torch.Tensor,
    position_embeddings: tuple[torch.Tensor, torch.Tensor],
    attention_mask: torch.Tensor | None = None,
    past_key_values: Any = None,
    **kwargs: Any,
) -> Any:
    implementation = self.config._attn_implementation
    if past_key_values is not None or implementation == "eager":  # generation, or attention weights requested
        inputs = (hidden_states, position_embeddings, attention_mask, past_key_values)
        return type(self).forward(self, *inputs, **kwargs)
    projections = (self.q_proj, self.k_proj, self.v_proj)
    query, key, value = (
        project(hidden_states).unflatten(-1, (-1, self.head_dim)).transpose(1, 2) for project in projections
    )
    cosine, sine = (embedding.unsqueeze(1) for embedding in position_embeddings)
    query, key = (_ApplyRotaryEmb.apply(states, cosine, sine) for states in (query, key))  # type: ignore[no-untyped-call]
    dropout = self.attention_dropout if self.training else 0.0
    attend = ALL_ATTENTION_FUNCTIONS[implementation]
    attended, weights = attend(
        self, query, key, value, attention_mask, dropout=dropout, scaling=self.scaling, **kwargs
    )
    return self.o_proj(attended.flatten(2)), weights


class _ApplyRotaryEmb(torch.autograd.Function):
    """Rotary position embedding (RoPE, arXiv 2104.09864): rotate pairs of numbers by an angle that depends on
    the position. The gradient is rotated by the negative angle.

    states: (batch, heads, tokens, width); the pairs are numbers i and i + width / 2.
    cosine, sine: (batch, 1, tokens, width); the second half of `width` repeats the first.
    """

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(cosine, sine)
        return _apply_rotary_emb(states, cosine, sine)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        cosine, sine = ctx.saved_tensors
        return _apply_rotary_emb(gradient, cosine, -sine), None, None


@fused
def _apply_rotary_emb(states: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    first, second = states.chunk(2, dim=-1)
    return (states * cosine + torch.cat([-second, first], dim=-1) * sine).to(states.dtype)


def _router_forward(self: Any, hidden_states: torch.Tensor) -> Any:
    with torch.autocast(hidden_states.device.type, enabled=False):
        return type(self).forward(self, hidden_states)
