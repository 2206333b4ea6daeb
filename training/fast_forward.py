"""What is done to every model after loading: the same computations in fewer passes over memory, a few pages at a time."""

from transformers import PreTrainedModel

from training.encoder import encode_in_parts
from training.fast_decoder import shorten_decoder
from training.page_attention import attend_without_bias


def join_passes(model: PreTrainedModel) -> None:
    """Replace what the library's classes compute step by step. What comes out is the same but for rounding, and no weight moves."""
    encode_in_parts(model)
    attend_without_bias(model)
    shorten_decoder(model)
