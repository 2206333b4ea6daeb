"""The stored workspace: an archive without what other files of the project hold already.

The finished model is 4 MB, and most of its weights are those of the tiny model. The archive holds the others,
and the name of each left-out weight in the tiny model's file.
"""

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.earlier_workspace.commands import ROOT

ARCHIVE = Path(__file__).parent / "workspace.tar.xz"
MODEL = Path("models/finished/model/model.safetensors")
CHANGED = MODEL.with_suffix(".changed")
LEFT_OUT = ("cache", "runners", "models/finished/checkpoints")
"""What the product makes again, and checkpoints that a finished training no longer needs."""


def pack(workspace: Path, archive: Path) -> None:
    """Write a workspace into an archive; the workspace loses what is left out."""
    for name in LEFT_OUT:
        shutil.rmtree(workspace / name)
    keep_changed_weights(workspace)
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        tar.add(workspace, "workspace", filter=forget_owner)


def unpack(archive: Path, folder: Path) -> Path:
    """Put the workspace of an archive into a folder and return it."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    restore_weights(folder / "workspace")
    return folder / "workspace"


def keep_changed_weights(workspace: Path) -> None:
    """Replace the finished model's file by one with only the weights that the tiny model does not have."""
    base = {weight_digest(weight): name for name, weight in base_weights().items()}
    weights = load_file(workspace / MODEL)
    same = {
        name: base[weight_digest(weight)] for name, weight in weights.items() if weight_digest(weight) in base
    }
    changed = {name: weight for name, weight in weights.items() if name not in same}
    metadata = {"same": json.dumps(same), "sha256": file_digest(workspace / MODEL)}
    save_file(changed, workspace / CHANGED, metadata=metadata)
    (workspace / MODEL).unlink()


def restore_weights(workspace: Path) -> None:
    """Undo `keep_changed_weights`."""
    base = base_weights()
    with safe_open(workspace / CHANGED, "np") as file:
        metadata = file.metadata()
    same = {name: base[base_name] for name, base_name in json.loads(metadata["same"]).items()}
    save_file(load_file(workspace / CHANGED) | same, workspace / MODEL, metadata={"format": "pt"})
    (workspace / CHANGED).unlink()
    assert file_digest(workspace / MODEL) == metadata["sha256"], (
        "the tiny model has changed: make the workspace anew"
    )


def base_weights() -> dict[str, NDArray[np.float32]]:
    """Return the tiny model's weights in the precision of a model trained on a CPU."""
    (path,) = ROOT.glob("training/**/tiny_base/model.safetensors")
    return {name: weight.astype(np.float32) for name, weight in load_file(path).items()}


def weight_digest(weight: NDArray[np.float32]) -> tuple[tuple[int, ...], str]:
    """Return a value that is equal for equal weights."""
    return tuple(weight.shape), hashlib.sha256(weight.tobytes()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def forget_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Remove the user's name from an entry of an archive."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
