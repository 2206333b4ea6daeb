"""Patches applied to every loaded model: fewer passes over memory, pages in chunks; the results differ by
rounding only.

The joined passes (experts.py, fused.py, most of decoder.py) train 1.3 times as fast as the library's own
grouped experts, as last measured on one H200 with torch 2.11. The factor has to be measured again on the
pinned torch with `python -m benchmarks.training`; below 1.2, only page_attention.py stays.
"""

from transformers import PreTrainedModel

from training.speed.decoder import patch_decoder
from training.speed.encoder import patch_vision_tower
from training.speed.page_attention import patch_page_attention


def patch_model(model: PreTrainedModel) -> None:
    """Replace forward passes of the library's classes in place; weights and their names stay unchanged."""
    patch_vision_tower(model)
    patch_page_attention(model)
    patch_decoder(model)
