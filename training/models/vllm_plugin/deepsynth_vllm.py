"""A plugin of vLLM: a model that DeepSynth exported reads pages and writes texts as it was trained.

vLLM has one page geometry for each DeepSeek-OCR checkpoint: a view of 1024 px, and tiles of 640 px. An
export's `deepsynth.json` names the page mode of its training and its rule against repeats; this plugin
applies both. A model without that file is served by vLLM's own class, unchanged.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import torch
from PIL import Image
from vllm.config import VllmConfig
from vllm.model_executor.models import ModelRegistry
from vllm.model_executor.models.deepseek_ocr import (
    DeepseekOCRDummyInputsBuilder,
    DeepseekOCRForCausalLM,
    DeepseekOCRMultiModalProcessor,
    DeepseekOCRProcessingInfo,
    NGramPerReqLogitsProcessor,
)
from vllm.multimodal import MULTIMODAL_REGISTRY
from vllm.multimodal.parse import ImageSize
from vllm.sampling_params import SamplingParams
from vllm.transformers_utils.processors.deepseek_ocr import DeepseekOCRProcessor
from vllm.transformers_utils.repo_utils import get_hf_file_to_dict

RECORD: Final = "deepsynth.json"
PAGE_SIZES_PX: Final = {"tiny": 512, "small": 640, "base": 1024, "large": 1280}
PIXELS_PER_TOKEN: Final = 64
"""Along each side of a page."""
LARGEST_SQUASHED_PX: Final = 640
"""Up to this page size a picture that is not square is squashed; above this size, it is padded."""
NEVER_TILED_PX: Final = 1 << 30
"""vLLM cuts pictures that are larger than `image_size` into tiles. None is larger than this."""


@lru_cache
def read_record(model: str, revision: str | None) -> Mapping[str, Any] | None:
    """Return the record of a model's training; None for a model that DeepSynth did not train.

    Args:
        model: folder, or id on the Hub.

    Raises:
        ValueError: the record names a page mode that this plugin does not know.
    """
    record: dict[str, Any] | None = get_hf_file_to_dict(RECORD, model, revision)
    if record is not None and record["rendering"]["mode"] not in PAGE_SIZES_PX:
        raise ValueError(
            f"{RECORD} of {model} names the page mode {record['rendering']['mode']!r}; this plugin knows "
            f"{', '.join(PAGE_SIZES_PX)}. Install the plugin that lies in the model's folder."
        )
    return record


def page_size_px(model: str, revision: str | None) -> int | None:
    """Return the side of a page in pixels; None for a model that DeepSynth did not train."""
    record = read_record(model, revision)
    return PAGE_SIZES_PX[record["rendering"]["mode"]] if record else None


class WholePages(DeepseekOCRProcessor):
    """vLLM's processor for pages of one size, never tiled."""

    def tokenize_with_images(
        self, conversation: str, images: list[Image.Image], *args: Any, **kwargs: Any
    ) -> Any:
        """Squash small pages as the training did; vLLM pads larger ones itself."""
        if self.base_size <= LARGEST_SQUASHED_PX:
            # Pillow's default filter is bicubic, as in the training.
            images = [image.resize((self.base_size, self.base_size)) for image in images]
        return super().tokenize_with_images(conversation, images, *args, **kwargs)


class TrainedPages(DeepseekOCRProcessingInfo):
    """The page geometry of the training."""

    @property
    def _size_px(self) -> int | None:
        model_config = self.ctx.model_config
        return page_size_px(model_config.model, model_config.revision)

    def get_hf_processor(self, **kwargs: object) -> DeepseekOCRProcessor:
        """Return vLLM's processor, set to the page size of the training."""
        size_px = self._size_px
        if size_px is None:
            return super().get_hf_processor(**kwargs)
        fixed = {"image_size": NEVER_TILED_PX, "base_size": size_px, "strategy": "v1"}
        return self.ctx.get_hf_processor(WholePages, **{**kwargs, **fixed})

    def get_num_image_tokens(self, *, image_width: int, image_height: int, cropping: bool = True) -> int:
        """Return the tokens of a picture: n rows of n tokens, a row end for each, and a separator."""
        size_px = self._size_px
        if size_px is None:
            return int(
                super().get_num_image_tokens(
                    image_width=image_width, image_height=image_height, cropping=cropping
                )
            )
        side = size_px // PIXELS_PER_TOKEN
        return side * (side + 1) + 1

    def get_image_size_with_most_features(self) -> ImageSize:
        """Return a page: all pictures have as many tokens."""
        size_px = self._size_px
        if size_px is None:
            return super().get_image_size_with_most_features()
        return ImageSize(width=size_px, height=size_px)


@MULTIMODAL_REGISTRY.register_processor(
    DeepseekOCRMultiModalProcessor, info=TrainedPages, dummy_inputs=DeepseekOCRDummyInputsBuilder
)
class DeepSynthForCausalLM(DeepseekOCRForCausalLM):
    """vLLM's DeepSeek-OCR with the page geometry of the training."""


class NoRepeatNGram:
    """The rule against repeats: no sequence of n tokens is written twice within a window."""

    def __init__(self, ngram_size: int, window_size: int) -> None:
        self.ngram_size, self.window_size = ngram_size, window_size

    def __call__(self, prompt_ids: list[int], output_ids: list[int], logits: torch.Tensor) -> torch.Tensor:
        """Forbid the tokens that would end a repeat.

        Args:
            prompt_ids: tokens of the pages and the prompt; the window may reach into them.
            output_ids: tokens written so far.
            logits: of the next token, (vocabulary,); changed in place.
        """
        latest = output_ids[-self.window_size :]
        missing = self.window_size - len(latest)
        latest = (prompt_ids[-missing:] if missing else []) + latest
        beginning = latest[len(latest) - self.ngram_size + 1 :] if self.ngram_size > 1 else []
        for end in range(self.ngram_size - 1, len(latest)):
            if latest[end - self.ngram_size + 1 : end] == beginning:
                logits[latest[end]] = -float("inf")
        return logits


class TrainedNoRepeatNGram(NGramPerReqLogitsProcessor):
    """The rule that the model was scored with, for each request that names no other in `vllm_xargs`."""

    def __init__(self, vllm_config: VllmConfig, device: torch.device, is_pin_memory: bool) -> None:
        super().__init__(vllm_config, device, is_pin_memory)
        model_config = vllm_config.model_config
        record = read_record(model_config.model, model_config.revision) or {}
        size = record.get("no_repeat_ngram_size") or 0
        self._rule = NoRepeatNGram(size, record["no_repeat_ngram_window_size"]) if size else None

    def new_req_logits_processor(self, params: SamplingParams) -> Any:
        """Return the rule of a request; `ngram_size` and `window_size` in `vllm_xargs` name another."""
        asked = params.extra_args or {}
        return super().new_req_logits_processor(params) if "ngram_size" in asked else self._rule


def register() -> None:
    """Serve DeepSeek-OCR checkpoints by this class; vLLM calls it in each of its processes."""
    ModelRegistry.register_model("DeepseekOCRForCausalLM", DeepSynthForCausalLM)
