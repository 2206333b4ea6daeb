"""An export that real servers load: vLLM builds the published encoder whatever config.json says, so it has
full size here, with random weights; the decoder is small."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import UnlimitedOcrForConditionalGeneration

from data.config import RenderingConfig
from data.page_modes import PageMode
from data.store.files import write_json
from tests.training.published_checkpoint import LANGUAGE, published_config
from training.models.export import export_model
from training.models.loading import LoadedModel
from training.models.provenance import Provenance
from training.models.published_layout import UNUSED_KEY, native_config
from training.models.tiny import character_tokenizer

HIDDEN = 128
_SAM = {
    "downsample_channels": [512, 1024],
    "global_attn_indexes": [2, 5, 8, 11],
    "heads": 12,
    "layers": 12,
    "width": 768,
}
_CLIP = {"heads": 16, "image_size": 224, "layers": 24, "patch_size": 14, "width": 1024}
_READ_BY_VLLM = {"qk_nope_head_dim": 0, "qk_rope_head_dim": 0, "v_head_dim": 0}
"""Published, and not needed by DeepSynth."""


def full_encoder_config() -> dict[str, Any]:
    """Return config.json as published, with a decoder of two small layers."""
    sizes = {"hidden_size": HIDDEN, "intermediate_size": 256, "moe_intermediate_size": 64}
    names = {"model_name": "deeplip_b_l", "model_type": "vision", "mlp_ratio": 3.7362, "image_size": 1024}
    return published_config() | {
        "language_config": LANGUAGE | sizes | _READ_BY_VLLM | {"max_position_embeddings": 4096},
        "projector_config": {
            "input_dim": 2048,
            "model_type": "mlp_projector",
            "n_embed": HIDDEN,
            "projector_type": "linear",
        },
        "vision_config": names | {"width": {"clip-l-14-224": _CLIP, "sam_vit_b": _SAM}},
        "global_view_pos": "head",
        "tile_tag": "2D",
    }


def write_full_encoder_export(folder: Path, mode: PageMode, **record: Any) -> Path:
    """Write an export, equal at each call but for its record: as a training with pages of `mode` leaves it.

    Args:
        record: fields of its `deepsynth.json` beside the prompt and the page mode.
    """
    base, tokenizer = folder.with_name(f"{folder.name}-base"), character_tokenizer()
    base.mkdir(parents=True)
    document = full_encoder_config()
    write_json(base / "config.json", document)
    (base / "modeling_deepseekocr.py").write_text("raise RuntimeError('code from a model folder was run')\n")
    save_file({UNUSED_KEY: torch.zeros(1024, 3, 14, 14)}, base / "model.safetensors")
    config = native_config(document, tokenizer.get_vocab()["<image>"])
    with torch.device("meta"):
        model = UnlimitedOcrForConditionalGeneration(config)
    loaded = LoadedModel(
        source=str(base),
        revision=None,
        folder=base,
        kind="deepseek_ocr",
        config=config,
        tokenizer=tokenizer,
        model=_with_random_weights(model),
    )
    provenance = Provenance(
        prompt="\nSummarize.",
        rendering=RenderingConfig(mode=mode),
        base_model=None,
        base_revision=None,
        licence="mit",
        **record,
    )
    export_model(loaded.model, loaded, folder, provenance)
    return folder


def _with_random_weights(model: nn.Module) -> Any:
    """Give a model on the meta device weights that let a changed pixel change the text."""
    generator = torch.Generator().manual_seed(0)
    model.to_empty(device="cpu")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                is_scale = (name.endswith("weight") and "norm" in name) or ".neck." in name
                parameter.fill_(1.0 if is_scale and not name.endswith("bias") else 0.0)
            else:
                parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)
    return model.to(torch.bfloat16).eval()
