"""The kinds of models: which pages each reads, how many tokens a page is to it, and which kind a model of the workspace is.

No torch: requests are refused and memory is estimated by this, before any weight is read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from data.config import PageMode
from data.errors import InvalidInput, ModelError, UnknownName
from data.store.files import inside, read_json
from data.store.workspace import Workspace

ModelKind = Literal["tiny", "deepseek_ocr", "deepseek_ocr2", "unlimited_ocr"]

PAGE_MODES: Final[Mapping[ModelKind, tuple[PageMode, ...]]] = {
    "tiny": ("micro",),
    "deepseek_ocr": ("tiny", "small", "base", "large"),
    "deepseek_ocr2": ("base",),
    "unlimited_ocr": ("tiny", "small", "base", "large"),
}
HUB_KINDS: Final[Mapping[str, ModelKind]] = {
    "deepseek-ai/DeepSeek-OCR": "deepseek_ocr",
    "deepseek-ai/DeepSeek-OCR-2": "deepseek_ocr2",
    "baidu/Unlimited-OCR": "unlimited_ocr",
}
"""What is known of models on the Hub before they are downloaded."""
PIXELS_PER_VISION_TOKEN: Final = 64
"""Patches of 16 px, merged 4 x 4 by the compressor."""
TINY_PAGE_SIZE_PX: Final = 320
_PATH_PREFIXES: Final = ("/", "./", "../", "~")
PUBLISHED_TYPE: Final = "deepseek_vl_v2"
PUBLISHED_ARCHITECTURE: Final = "DeepseekOCRForCausalLM"
TRAINED_FILE: Final = "trained.json"
"""In a checkpoint: which model its weights belong on."""


def num_image_tokens(kind: ModelKind, page_size_px: int) -> int:
    """Return the tokens of one square page: its vision tokens, the row ends that all but DeepSeek-OCR-2 put in, and a separator."""
    side = page_size_px // PIXELS_PER_VISION_TOKEN
    row_ends = 0 if kind == "deepseek_ocr2" else side
    return side * side + row_ends + 1


def detect_kind(document: Mapping[str, Any]) -> ModelKind:
    """Say which kind a config.json describes, by its own words; code that a repository brings along (`auto_map`) is never run.

    Raises:
        ModelError: none that DeepSynth knows.
    """
    model_type, architectures = document.get("model_type"), document.get("architectures") or [PUBLISHED_ARCHITECTURE]
    if model_type == PUBLISHED_TYPE and architectures == [PUBLISHED_ARCHITECTURE]:
        return "deepseek_ocr"
    if model_type == "deepseek_ocr2":
        return "deepseek_ocr2"
    if model_type == "unlimited_ocr":
        return _native_kind(document)
    raise ModelError(
        f"This is no model that DeepSynth knows: config.json says model_type {model_type!r}, architectures {architectures}.",
        hint="Use DeepSeek-OCR, DeepSeek-OCR-2 in its transformers layout (model_type deepseek_ocr2), Unlimited-OCR, or tiny. "
        "Code inside a model repository is never run.",
    )


def _native_kind(document: Mapping[str, Any]) -> ModelKind:
    """Tell apart what shares one native class: the tiny model by its pages, DeepSeek-OCR by attention without a window."""
    vision, text = (document.get(part) or {} for part in ("vision_config", "text_config"))
    if (vision.get("sam_config") or {}).get("image_size") == TINY_PAGE_SIZE_PX:
        return "tiny"
    return "deepseek_ocr" if set(text.get("layer_types") or ()) == {"full_attention"} else "unlimited_ocr"


def model_kind(name: str, workspace: Workspace) -> ModelKind | None:
    """Say which kind a model is without reading weights; None where that is not known yet: on the Hub, or in training.

    Raises:
        UnknownName, ModelError: nothing has that name, or it is no model that DeepSynth knows.
    """
    if name == "tiny":
        return "tiny"
    folder = local_folder(name, workspace)
    model = _find_model_folder(folder) if folder else None
    if model is None:
        return HUB_KINDS.get(name)
    if (model / TRAINED_FILE).is_file():
        return model_kind(read_json(model / TRAINED_FILE)["base_model_name_or_path"], workspace)
    return detect_kind(read_json(model / "config.json"))


def local_folder(name: str, workspace: Workspace) -> Path | None:
    """Return the folder that a name or path means on this machine; None: there is none, so it may be a Hub id.

    Raises:
        UnknownName: a path leads nowhere.
    """
    if not name.startswith(_PATH_PREFIXES):
        folder = inside(workspace.models, name)
        return folder if folder.is_dir() else None
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise UnknownName(f"There is no folder {folder}.", hint="Check the path of the model.", fields={"model": "no such folder"})
    return folder.resolve()


def model_folder(name: str, folder: Path) -> Path:
    """Return where, in the folder of a training or of a model, the model itself lies.

    Raises:
        ModelError: there is none yet.
    """
    model = _find_model_folder(folder)
    if model is not None:
        return model
    if name.startswith(_PATH_PREFIXES):
        return folder  # what is wrong with its files is said when they are read
    raise ModelError(
        f"The training {name!r} has no finished model yet.",
        hint=f"Let the training finish, or name one of its checkpoints: {name}/checkpoints/checkpoint-<step>.",
        fields={"model": "not finished"},
    )


def require_page_mode(name: str, kind: ModelKind, mode: PageMode) -> None:
    """Refuse pages of a size that a model does not read.

    Raises:
        InvalidInput: `mode` is none of its modes.
    """
    modes = PAGE_MODES[kind]
    if mode not in modes:
        raise InvalidInput(
            f"{name} reads pages of mode {' or '.join(modes)}, not {mode}.",
            hint=f"Make the dataset with rendering.mode {modes[-1] if kind == 'tiny' else 'base'}, or choose another model.",
            fields={"model": f"does not read {mode} pages"},
        )


def _find_model_folder(folder: Path) -> Path | None:
    candidates = (folder / "model", folder)
    return next((path for path in candidates if any((path / file).is_file() for file in ("config.json", TRAINED_FILE))), None)
