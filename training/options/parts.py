"""The parts of a model, and the parts that each `train` option trains."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from training.options.config import Router, Trainable

Part = Literal["encoder", "projector", "attention", "dense", "experts", "router"]

_PATTERNS: Final[tuple[tuple[Part, re.Pattern[str]], ...]] = (
    ("encoder", re.compile(r"vision_tower\.")),
    ("projector", re.compile(r"multi_modal_projector\.|image_newline|view_separator")),
    ("attention", re.compile(r"language_model\.layers\.\d+\.self_attn\.")),
    ("experts", re.compile(r"\.mlp\.experts\.")),
    ("router", re.compile(r"\.mlp\.gate\.")),
    ("dense", re.compile(r"")),
)
TRAINED_PARTS: Final[Mapping[Trainable, frozenset[Part]]] = {
    "projector": frozenset({"projector"}),
    "attention": frozenset({"projector", "attention"}),
    "dense": frozenset({"projector", "attention", "dense"}),
    "decoder": frozenset({"projector", "attention", "dense", "experts"}),
    "all": frozenset({"encoder", "projector", "attention", "dense", "experts"}),
    "lora": frozenset(),
    "lora_experts": frozenset(),
}
"""The lora options train added weights only. No option trains the router: without a balance loss it sends
more and more tokens to few experts."""


def trained_parts(train: Trainable, router: Router = "frozen") -> frozenset[Part]:
    """Return the parts whose own weights train."""
    return TRAINED_PARTS[train] | ({"router"} if router == "balanced" else frozenset())


def part_of(name: str) -> Part:
    """Return the part that a parameter belongs to, by its name in the native class."""
    return next(part for part, pattern in _PATTERNS if pattern.search(name))
