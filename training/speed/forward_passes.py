"""What is done to every model after loading: the same computations in fewer passes over memory, a few pages
at a time."""

from transformers import PreTrainedModel

from training.speed.decoder import patch_decoder
from training.speed.encoder import patch_vision_tower
from training.speed.page_attention import patch_page_attention


def patch_model(model: PreTrainedModel) -> None:
    """Replace what the library's classes compute step by step. What comes out is the same but for rounding,
    and no weight moves."""
    patch_vision_tower(model)
    patch_page_attention(model)
    patch_decoder(model)
