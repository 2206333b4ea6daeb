"""The folders of a workspace. DeepSynth writes all its files at run time below it."""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.errors import UnsafePath, listed
from data.store.files import TRASH, inside, storage_error

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
FOLDERS = (
    "jobs",
    "datasets",
    "models",
    "evaluations",
    "predictions",
    "learning_rates",
    "reading_checks",
    "studies",
    "uploads",
    "cache",
    "trash",
    "runners",
)
UPLOAD_PREFIX = "upload:"
"""Prefix of a source or input path that names an uploaded file: upload:<name>."""
NAME_RULE = "letters, digits, '.', '_' and '-', at most 96, starting with a letter or digit"
NUM_LISTED_NAMES = 10


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace folder. Two services can share it."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> "Workspace":
        """Create the missing folders of the workspace at `root`.

        Raises:
            StorageError: a folder cannot be made.
        """
        workspace = cls(root.expanduser().resolve())
        for name in FOLDERS:
            folder = workspace.root / name
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise storage_error(folder, error) from error
        return workspace

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def datasets(self) -> Path:
        return self.root / "datasets"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def evaluations(self) -> Path:
        return self.root / "evaluations"

    @property
    def predictions(self) -> Path:
        return self.root / "predictions"

    @property
    def learning_rates(self) -> Path:
        return self.root / "learning_rates"

    @property
    def reading_checks(self) -> Path:
        return self.root / "reading_checks"

    @property
    def studies(self) -> Path:
        return self.root / "studies"

    def study(self, name: str) -> Path:
        """Return the folder of a study. Raises UnsafePath if `name` is not a plain name."""
        return inside(self.studies, validate_name(name))

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def trash(self) -> Path:
        return self.root / "trash"

    def trash_folders(self) -> list[Path]:
        """Return the folders that `move_to_trash` uses: `trash`, and one on each other disk that a folder of
        the workspace leads to."""
        beside = [self.root / name / TRASH for name in FOLDERS]
        return [self.trash, *(folder for folder in beside if folder.is_dir())]

    @property
    def runners(self) -> Path:
        return self.root / "runners"

    def portable(self, path: Path) -> str:
        """Return a path as a job's files hold it: relative to the workspace where it lies inside, so that it
        stays true when the workspace is copied or moved."""
        for name in FOLDERS:
            if path.is_relative_to(folder := (self.root / name).resolve()):  # which may be on another disk
                return (Path(name) / path.relative_to(folder)).as_posix()
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def located(self, path: str) -> Path:
        """Return where a path that a job's file holds is now.

        Earlier versions wrote absolute paths. If one of them leads elsewhere, and the same file is in this
        workspace, the workspace was copied or moved.
        """
        given = self.root / path
        if given.is_relative_to(self.root):
            return given
        tails = (given.parts[index:] for index, part in enumerate(given.parts) if part in FOLDERS)
        moved = (self.root.joinpath(*tail) for tail in tails)
        return next((place for place in moved if os.path.exists(place)), given)  # noqa: PTH110 - False for what is no path

    def dataset(self, name: str) -> Path:
        """Return the folder of a dataset. Raises UnsafePath if `name` is not a plain name."""
        return inside(self.datasets, validate_name(name))

    def evaluation(self, name: str) -> Path:
        """Return the folder of an evaluation. Raises UnsafePath if `name` is not a plain name."""
        return inside(self.evaluations, validate_name(name))

    def prediction(self, name: str) -> Path:
        """Return the file of a prediction. Raises UnsafePath if `name` is not a plain name."""
        return inside(self.predictions, validate_name(name))

    def latest_page(self, name: str) -> Path:
        """Return the image file of the page that was rendered last for a dataset. Raises UnsafePath if `name`
        is not a plain name."""
        return inside(self.cache, f"{validate_name(name)}.preview.png")

    def arrow_cache(self, name: str) -> Path:
        """Return the folder of the memory-mapped files from which trainings read a dataset. Raises UnsafePath
        if `name` is not a plain name."""
        return self.cache / "arrow" / validate_name(name)

    def model(self, name: str) -> Path:
        """Return the output folder of a training. Raises UnsafePath if `name` is not a plain name."""
        return inside(self.models, validate_name(name))

    def upload(self, name: str) -> Path:
        """Return the path of an uploaded file. Raises UnsafePath if `name` is not a plain name."""
        return inside(self.uploads, validate_name(name))


def validate_name(name: str) -> str:
    """Return `name` if it is a plain name for a dataset, model or file. Raises UnsafePath otherwise."""
    if not NAME_PATTERN.fullmatch(name) or ".." in name:
        raise UnsafePath(
            f"{name!r} is not a valid name.",
            hint=f"Names are {NAME_RULE}.",
            fields={"name": f"must be {NAME_RULE}"},
        )
    return name


def plain_name(text: str) -> str:
    """Return `text` if it is a plain name, else one made of its letters and its digest."""
    if NAME_PATTERN.fullmatch(text) and ".." not in text:
        return text
    letters = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60].strip("-")
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{letters}-{digest}" if letters else digest


def names_hint(names: Iterable[str]) -> str:
    """Return a hint that lists the existing names, for a message about an unknown name."""
    shown = sorted(names)
    return f"Those that exist: {listed(shown, NUM_LISTED_NAMES)}." if shown else "None exists yet."
