"""A checkpoint in the layout that DeepSeek-OCR's authors published: their config.json, their tensor names, at
a reduced width.

The names and shapes are written out here, not saved by the library under test.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from training.models.tiny import character_tokenizer

LANGUAGE = {
    "architectures": ["DeepseekV2ForCausalLM"],
    "auto_map": {"AutoModelForCausalLM": "modeling_deepseekv2.DeepseekV2ForCausalLM"},
    "bos_token_id": 0,
    "eos_token_id": 1,
    "first_k_dense_replace": 1,
    "hidden_size": 64,
    "intermediate_size": 96,
    "kv_lora_rank": None,
    "lm_head": True,
    "max_position_embeddings": 2048,
    "moe_intermediate_size": 32,
    "n_group": 1,
    "n_routed_experts": 4,
    "n_shared_experts": 2,
    "num_attention_heads": 2,
    "num_experts_per_tok": 2,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "q_lora_rank": None,
    "rm_head": False,
    "topk_group": 1,
    "topk_method": "greedy",
    "torch_dtype": "bfloat16",
    "use_mla": False,
    "vocab_size": len(character_tokenizer()),
}
VISION = {
    "image_size": 512,
    "mlp_ratio": 3.7362,
    "model_name": "deeplip_b_l",
    "model_type": "vision",
    "width": {
        "clip-l-14-224": {"heads": 2, "image_size": 112, "layers": 2, "patch_size": 14, "width": 64},
        "sam_vit_b": {
            "downsample_channels": [32, 64],
            "global_attn_indexes": [1],
            "heads": 2,
            "layers": 2,
            "width": 32,
        },
    },
}


def published_config() -> dict[str, Any]:
    """Return config.json as published, with smaller numbers."""
    return {
        "architectures": ["DeepseekOCRForCausalLM"],
        "auto_map": {
            "AutoConfig": "modeling_deepseekocr.DeepseekOCRConfig",
            "AutoModel": "modeling_deepseekocr.DeepseekOCRForCausalLM",
        },
        "language_config": LANGUAGE,
        "model_type": "deepseek_vl_v2",
        "projector_config": {
            "input_dim": 128,
            "model_type": "mlp_projector",
            "n_embed": 64,
            "projector_type": "linear",
        },
        "torch_dtype": "bfloat16",
        "vision_config": VISION,
    }


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Return each published tensor's name and shape."""
    return _decoder_shapes() | _sam_shapes() | _clip_shapes()


def _decoder_shapes() -> dict[str, tuple[int, ...]]:
    hidden, vocabulary = LANGUAGE["hidden_size"], LANGUAGE["vocab_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "lm_head.weight": (vocabulary, hidden),
        "model.embed_tokens.weight": (vocabulary, hidden),
        "model.norm.weight": (hidden,),
        "model.image_newline": (hidden,),
        "model.view_seperator": (hidden,),
        "model.projector.layers.weight": (hidden, 128),
        "model.projector.layers.bias": (hidden,),
    }
    for layer in range(LANGUAGE["num_hidden_layers"]):
        name = f"model.layers.{layer}"
        shapes |= {f"{name}.self_attn.{part}_proj.weight": (hidden, hidden) for part in "qkvo"}
        shapes |= {f"{name}.{norm}_layernorm.weight": (hidden,) for norm in ("input", "post_attention")}
        if layer == 0:
            shapes |= _gated(f"{name}.mlp", LANGUAGE["intermediate_size"], hidden)
            continue
        shapes[f"{name}.mlp.gate.weight"] = (LANGUAGE["n_routed_experts"], hidden)
        shapes |= _gated(f"{name}.mlp.shared_experts", 2 * LANGUAGE["moe_intermediate_size"], hidden)
        for expert in range(LANGUAGE["n_routed_experts"]):
            shapes |= _gated(f"{name}.mlp.experts.{expert}", LANGUAGE["moe_intermediate_size"], hidden)
    return shapes


def _gated(name: str, inner: int, hidden: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.gate_proj.weight": (inner, hidden),
        f"{name}.up_proj.weight": (inner, hidden),
        f"{name}.down_proj.weight": (hidden, inner),
    }


def _sam_shapes() -> dict[str, tuple[int, ...]]:
    width, grid, head, window = 32, VISION["image_size"] // 16, 16, 14
    shapes: dict[str, tuple[int, ...]] = {
        "model.sam_model.pos_embed": (1, grid, grid, width),
        "model.sam_model.patch_embed.proj.weight": (width, 3, 16, 16),
        "model.sam_model.patch_embed.proj.bias": (width,),
        "model.sam_model.neck.0.weight": (256, width, 1, 1),
        "model.sam_model.neck.1.weight": (256,),
        "model.sam_model.neck.1.bias": (256,),
        "model.sam_model.neck.2.weight": (256, 256, 3, 3),
        "model.sam_model.neck.3.weight": (256,),
        "model.sam_model.neck.3.bias": (256,),
        "model.sam_model.net_2.weight": (32, 256, 3, 3),
        "model.sam_model.net_3.weight": (64, 32, 3, 3),
    }
    for layer, span in enumerate((window, grid)):
        name = f"model.sam_model.blocks.{layer}"
        shapes |= _linear(f"{name}.attn.qkv", 3 * width, width) | _linear(f"{name}.attn.proj", width, width)
        shapes |= _linear(f"{name}.mlp.lin1", 4 * width, width) | _linear(
            f"{name}.mlp.lin2", width, 4 * width
        )
        shapes |= {f"{name}.attn.rel_pos_{axis}": (2 * span - 1, head) for axis in "hw"}
        shapes |= {
            f"{name}.{norm}.{kind}": (width,) for norm in ("norm1", "norm2") for kind in ("weight", "bias")
        }
    return shapes


def _clip_shapes() -> dict[str, tuple[int, ...]]:
    width, name = 64, "model.vision_model"
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}.embeddings.class_embedding": (width,),
        f"{name}.embeddings.patch_embedding.weight": (width, 3, 14, 14),
        f"{name}.embeddings.position_embedding.weight": (65, width),
        f"{name}.pre_layrnorm.weight": (width,),
        f"{name}.pre_layrnorm.bias": (width,),
    }
    for layer in range(2):
        block = f"{name}.transformer.layers.{layer}"
        shapes |= _linear(f"{block}.self_attn.qkv_proj", 3 * width, width) | _linear(
            f"{block}.self_attn.out_proj", width, width
        )
        shapes |= _linear(f"{block}.mlp.fc1", 4 * width, width) | _linear(
            f"{block}.mlp.fc2", width, 4 * width
        )
        shapes |= {
            f"{block}.layer_norm{number}.{kind}": (width,) for number in (1, 2) for kind in ("weight", "bias")
        }
    return shapes


def _linear(name: str, rows: int, columns: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def published_tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Make random values for each published tensor, so that no two can be mistaken for each other."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: 0.05 * torch.randn(shape, generator=generator) for name, shape in published_shapes().items()
    }


def write_published_unlimited(folder: Path, window: int) -> Path:
    """Write a folder as the authors of Unlimited-OCR published theirs: equal tensors, another config.json."""
    write_published_checkpoint(folder)
    names = {"model_type": "unlimited-ocr", "architectures": ["UnlimitedOCRForCausalLM"]}
    config = published_config() | names | {"sliding_window": window, "auto_map": {}}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def write_published_checkpoint(folder: Path, tensors: dict[str, torch.Tensor] | None = None) -> Path:
    """Write the whole folder: config.json, two weight shards with their index, tokenizer, the authors' code
    and licence."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = published_tensors() if tensors is None else tensors
    names = sorted(tensors)
    halves = {
        "model-00001-of-000002.safetensors": names[::2],
        "model-00002-of-000002.safetensors": names[1::2],
    }
    for file, members in halves.items():
        save_file({name: tensors[name] for name in members}, folder / file, metadata={"format": "pt"})
    weight_map = {name: file for file, members in halves.items() for name in members}
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps(published_config()))
    (folder / "modeling_deepseekocr.py").write_text(
        "raise RuntimeError('code from a model folder was run')\n"
    )
    (folder / "LICENSE").write_text("MIT\n")
    character_tokenizer().save_pretrained(folder)
    return folder
