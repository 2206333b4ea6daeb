"""A stored dataset or model as a thing of its own: its card, files, size and date."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from data.dataset.manifest import CARD, read_manifest
from data.errors import NotFound, StorageError
from data.store.files import files_below, stored_bytes
from data.store.workspace import Workspace, names_hint
from training.options.run_folder import MODEL
from web_ui.api.stored_schemas import StoredCard, StoredCollection
from web_ui.catalog.archives import ArchiveMember, archive_bytes, archive_members

MAX_CARD_BYTES: Final = 64 << 10


def stored_folder(collection: str, name: str, workspace: Workspace) -> Path:
    """Return the folder of a stored dataset or model.

    Raises:
        UnsafePath: the name leads out of the workspace.
        NotFound: there is no such dataset or model.
    """
    places = {"datasets": workspace.dataset, "models": workspace.model}
    if collection not in places:
        raise NotFound(f"There is nothing stored in {collection!r}.", hint="Use datasets or models.")
    folder = places[collection](name)
    if not folder.is_dir():
        known = (path.name for path in folder.parent.glob("[!.]*") if path.is_dir())
        raise NotFound(f"There is no {collection.removesuffix('s')} {name!r}.", hint=names_hint(known))
    return folder


def usable_part(collection: str, folder: Path) -> Path:
    """Return the part of a folder that is downloaded and published: a model without its checkpoints."""
    return folder / MODEL if collection == "models" else folder


def stored_card(collection: StoredCollection, folder: Path) -> StoredCard:
    """Return what the folder says of itself."""
    part = usable_part(collection, folder)
    return StoredCard(
        name=folder.name,
        complete=is_complete(collection, folder),
        card=_read_card(part / CARD),
        size_bytes=stored_bytes(folder),
        archive_bytes=archive_bytes(members_of(collection, folder)),
        modified=datetime.fromtimestamp(_newest_s(folder), UTC).isoformat(timespec="seconds"),
    )


def members_of(collection: str, folder: Path) -> list[ArchiveMember]:
    """Return the members of the download as one file; none: nothing is finished, or it was just removed."""
    part = usable_part(collection, folder)
    with suppress(FileNotFoundError):
        return archive_members(part, folder.name) if part.is_dir() else []
    return []


def is_complete(collection: str, folder: Path) -> bool:
    """Return whether a dataset or model is finished and not damaged."""
    if collection == "models":
        return (folder / MODEL / "config.json").is_file()
    try:
        return read_manifest(folder).complete
    except (NotFound, StorageError):
        return False


def _read_card(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_CARD_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _newest_s(folder: Path) -> float:
    newest = folder.stat().st_mtime
    for path in files_below(folder):
        with suppress(OSError):
            newest = max(newest, path.stat().st_mtime)
    return newest
