"""A cache of the frozen encoder's output on disk: the encoder encodes each page once, later epochs read its
output from disk.

There is one safetensors file per page, named by the digest of the page's bytes. Its folder is named by all
else that decides the output: the encoder's weights, the page size, the preprocessing and the precision. The
first epoch fills the cache, so a resumed training and other trainings on the same pages reuse it. The
stored tensor is the projector's input, so the projector may train; the loss is the same number with and
without the cache.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.modeling_outputs import BaseModelOutput

from data.errors import StorageError, cause
from data.store.files import new_file, require_space, set_usual_mode
from data.store.workspace import Workspace
from training.models.device import dtype_name
from training.options.model_kinds import PIXELS_PER_VISION_TOKEN
from training.speed.encoder import vision_tower

PREPROCESSING_VERSION: Final = 3
"""Increase it when `training.inputs.pixels` or `training.speed.encoder` turn the same picture into other
numbers."""
_TENSOR = "features"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCache:
    """The stored outputs of one encoder for one page size and precision. Several processes may read and write
    at once."""

    folder: Path
    num_tokens: int
    """Vision tokens per page."""
    width: int
    """Numbers per vision token."""
    dtype: torch.dtype

    @classmethod
    def open(
        cls, workspace: Workspace, model: nn.Module, page_size_px: int, dtype: torch.dtype
    ) -> "FeatureCache":
        """Open the cache of a model's encoder; `dtype` is the training's compute precision."""
        return cls._named(weights_sha256(vision_tower(model))[:16], workspace, model, page_size_px, dtype)

    @classmethod
    def find_fullest(
        cls,
        workspace: Workspace,
        model: nn.Module,
        page_size_px: int,
        dtype: torch.dtype,
        examples: Sequence[str],
    ) -> "FeatureCache":
        """Return the cache, of any encoder, that holds most of the pages with these keys. Called before the
        weights are loaded, so the encoder is unknown."""
        unknown = cls._named("*", workspace, model, page_size_px, dtype)
        caches = [
            replace(unknown, folder=folder) for folder in unknown.folder.parent.glob(unknown.folder.name)
        ]
        return min(caches, key=lambda cache: cache._num_missing(examples), default=unknown)

    @classmethod
    def _named(
        cls, encoder: str, workspace: Workspace, model: nn.Module, page_size_px: int, dtype: torch.dtype
    ) -> "FeatureCache":
        name = f"{encoder}-{page_size_px}-{PREPROCESSING_VERSION}-{dtype_name(dtype)}"
        num_tokens = (page_size_px // PIXELS_PER_VISION_TOKEN) ** 2
        return cls(
            folder=workspace.cache / "features" / name,
            num_tokens=num_tokens,
            width=_find_submodule(model, "multi_modal_projector").in_features,
            dtype=dtype,
        )

    def size_bytes(self, num_pages: int) -> int:
        """Return the bytes on disk of the outputs for so many pages."""
        return num_pages * self.num_tokens * self.width * self.dtype.itemsize

    def require_disk_space(self, num_pages: int, examples: Sequence[str]) -> None:
        """Check before the training that the disk has room for the outputs that are not stored yet.

        Args:
            examples: keys of some of the pages. Their share of stored outputs stands for all pages: the keys
                of all would require reading every page.

        Raises:
            StorageError: the disk has less free space than the cache will take.
        """
        needed_bytes = self.size_bytes(num_pages * self._num_missing(examples) // len(examples))
        hint = "Free some space, or set cache_features to false."
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        require_space(self.folder.parent, needed_bytes, f"The feature cache for {num_pages} pages", hint)

    def load(self, page_keys: Sequence[str]) -> torch.Tensor | None:
        """Return the outputs for these pages: (pages, tokens, width); None unless all are stored."""
        stored = [self._load_page(self._path(key)) for key in page_keys]
        pages = [page for page in stored if page is not None]
        return torch.stack(pages) if pages and len(pages) == len(stored) else None

    def save(self, page_keys: Sequence[str], features: torch.Tensor) -> None:
        """Store the outputs for these pages: (pages, tokens, width).

        Raises:
            StorageError: the disk is full or read-only.
        """
        for key, page in zip(page_keys, features.detach().to("cpu", self.dtype), strict=True):
            self._save_page(self._path(key), page)

    @contextmanager
    def record_outputs(self, model: nn.Module, page_keys: Sequence[str] | None) -> Iterator[None]:
        """Store the encoder's output of the forward pass in this block, whose pages have these keys in this
        order. None: store nothing."""
        if page_keys is None:
            yield
            return

        def record(_module: nn.Module, _inputs: Any, output: Any) -> None:
            self.save(page_keys, output.last_hidden_state)

        hook = vision_tower(model).register_forward_hook(record)
        try:
            yield
        finally:
            hook.remove()

    def _num_missing(self, page_keys: Sequence[str]) -> int:
        return sum(not self._path(key).is_file() for key in page_keys)

    def _path(self, page_key: str) -> Path:
        return self.folder / page_key[:2] / f"{page_key}.safetensors"

    def _load_page(self, path: Path) -> torch.Tensor | None:
        try:
            page = load_file(path).get(_TENSOR)
        except (FileNotFoundError, SafetensorError):  # a file that a crash left unfinished is written again
            return None
        return page if page is not None and page.shape == (self.num_tokens, self.width) else None

    def _save_page(self, path: Path, page: torch.Tensor) -> None:
        # Without fsync: a lost file costs one page's encoding, less than waiting for the disk at each page.
        try:
            with new_file(path, is_durable=False) as temporary:
                path.parent.mkdir(parents=True, exist_ok=True)
                save_file({_TENSOR: page.contiguous()}, temporary)
                set_usual_mode(temporary)
        except SafetensorError as error:  # safetensors reports a full disk by this error
            raise StorageError(
                f"{path} could not be written: {cause(error)}.",
                hint="Check the free space of the workspace's disk.",
            ) from error


def page_key(picture: bytes) -> str:
    """Return a page's key: the SHA-256 of its bytes."""
    return hashlib.sha256(picture).hexdigest()


def weights_sha256(module: nn.Module) -> str:
    """Return the SHA-256 of a module's weights: names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(memoryview(tensor.detach().cpu().contiguous().view(torch.uint8).numpy()))
    return digest.hexdigest()


def accept_features(model: nn.Module) -> None:
    """Let `pixel_values` hold stored features: a tensor of three dimensions (pages, tokens, width) skips the
    encoder.

    The model's own code computes all that follows, in training, under wrappers and in generation.
    """
    tower = vision_tower(model)
    encode = tower.forward

    def forward(pixel_values: torch.Tensor, **kwargs: Any) -> Any:
        if pixel_values.ndim == 3:
            return BaseModelOutput(last_hidden_state=pixel_values)
        return encode(pixel_values, **kwargs)

    tower.forward = forward


def _find_submodule(model: nn.Module, name: str) -> Any:
    return next(module for path, module in model.named_modules() if path.split(".")[-1] == name)
