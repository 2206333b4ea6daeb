"""An export with an encoder of full size, pages to read, and the environment that holds vLLM."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.page_modes import PageMode
from data.store.files import read_json_object, write_json
from tests.machine import require
from tests.serving.full_encoder import write_full_encoder_export

VLLM = Path(os.environ.get("DEEPSYNTH_VLLM_VENV", Path(__file__).resolve().parents[2] / "build" / "vllm"))
"""Made by scripts/vllm.sh."""


@pytest.fixture(scope="session")
def vllm() -> Path:
    """Return the folder of vLLM's programs."""
    require((VLLM / ".installed").is_file(), "no vLLM: scripts/vllm.sh installs it")
    return VLLM / "bin"


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_full_encoder_export(tmp_path_factory.mktemp("export") / "model", "tiny")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return a square page, a scan with other sides, and a document of three pages as a TIFF file."""
    folder = tmp_path_factory.mktemp("pictures")
    pages = [_noise(*page) for page in ((1, 512, 512), (2, 999, 401), (3, 300, 700))]
    paths = {name: folder / name for name in ("page.png", "scan.png", "document.tiff")}
    pages[0].save(paths["document.tiff"], save_all=True, append_images=pages[1:])
    for index, page in enumerate(pages):
        page.save(folder / f"{index}.png")
    for path, page in zip(paths.values(), pages[:2], strict=False):
        page.save(path)
    return paths


def pages_of(path: Path) -> list[str]:
    """Return the paths of a document's pages as single pictures."""
    if path.suffix != ".tiff":
        return [str(path)]
    return [str(path.with_name(f"{index}.png")) for index in range(3)]


def with_record(export: Path, folder: Path, mode: PageMode, **record: Any) -> Path:
    """Return an export with the same weights and another `deepsynth.json`."""
    for path in filter(Path.is_file, export.rglob("*")):
        copy = folder / path.relative_to(export)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(path)
    known = read_json_object(export / "deepsynth.json")
    write_json(folder / "deepsynth.json", known | {"rendering": known["rendering"] | {"mode": mode}} | record)
    return folder


def vllm_environment() -> dict[str, str]:
    """Return the environment of vLLM's programs: one process, little memory, nothing of this project's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DEEPSYNTH"))}
    return own | {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
    }


def _noise(seed: int, width: int, height: int) -> Image.Image:
    """Return coarse random colours: each page gives another text."""
    colours = np.random.default_rng(seed).integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    return Image.fromarray(colours).resize((width, height))
