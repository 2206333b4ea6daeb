"""Documents in a dataset on the Hugging Face Hub, at one commit, streamed or downloaded first.

The commit is looked up when a dataset is begun and stored in its manifest, so a resumed run reads the same
rows even if the repository has changed. A repository with a loading script is read from the Parquet files to
which the Hub converts it.
"""

import glob
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import datasets
from datasets.packaged_modules.csv.csv import CsvConfig
from huggingface_hub import HfApi

from data.config import Columns, HubSource
from data.errors import UnknownName, listed
from data.presets import PARQUET_REVISION
from data.progress import Progress, Silent
from data.records import Document, Rejected
from data.sources.columns import document_id, make_document, map_columns
from data.sources.hub_errors import GoneError, HubCaller, NeedsScriptError
from data.sources.hub_splits import HubSplit, open_splits
from data.sources.hub_unread import require_splits_read, unread_files
from data.sources.reader import row_id
from data.sources.rows import Row
from data.sources.split_names import SplitNames, map_splits


class HubReader:
    """One configuration of one repository at one commit."""

    def __init__(
        self,
        source: HubSource,
        columns: Columns | None,
        pinned: Mapping[str, Any] | None = None,
        fallbacks: Sequence[HubSource] = (),
        listener: Progress | None = None,
    ) -> None:
        """Open the repository.

        Args:
            columns: None for an inspection, which reads no documents.
            pinned: the identity that an earlier run stored.
            fallbacks: tried in this order if the source does not exist.
            listener: gets messages about waits and fallbacks, and can stop them; None: a user waits for the
                answer, so the waits are short.
        """
        self._repository = _open_repository(source, fallbacks, pinned, listener)
        self._num_rows: dict[str, int] = dict(pinned["num_rows"]) if pinned else {}
        self._own_names = self._map_splits(source.split_names)
        self._splits = {split: self._repository.splits[own] for split, own in self._own_names.items()}
        self._columns = {
            name: map_columns(columns, split.columns, f"{self._id} ({name})")
            for name, split in self._splits.items()
            if columns
        }

    def _map_splits(self, names: SplitNames) -> dict[str, str]:
        """Return split -> the repository's own name of it."""
        own = list(self._repository.splits)
        if self._num_rows and set(self._num_rows) <= set(own):
            return {name: name for name in self._num_rows}  # a dataset begun with the repository's own names
        return map_splits(own, names)

    @property
    def _id(self) -> str:
        return self._repository.source.id

    def split_names(self) -> list[str]:
        return list(self._splits)

    def notes(self) -> list[str]:
        renamed = [f"{own} is read as {split}" for split, own in self._own_names.items() if own != split]
        left_out = [name for name in self._repository.splits if name not in self._own_names.values()]
        skipped = [f"{name} is not read" for name in left_out]
        return [f"Splits of {self._id}: {listed([*renamed, *skipped])}."] if renamed or skipped else []

    def config_names(self) -> list[str]:
        repository = self._repository
        return _RepositoryOpener(repository.source, Silent()).config_names(
            repository.commit, repository.files_commit
        )

    def head(self, split: str, num_rows: int) -> tuple[list[str], list[Row]]:
        """Return the columns and the first rows of a split."""
        return list(self._splits[split].columns), list(self._splits[split].head(num_rows))

    def splits(self) -> Mapping[str, int]:
        if not self._num_rows:
            self._num_rows = {name: split.num_rows for name, split in self._splits.items()}
        return self._num_rows

    def identity(self) -> Mapping[str, Any]:
        return {**self._repository.identity(), "num_rows": self.splits()}

    def ids(self, split: str) -> Iterator[str]:
        rows = range(self.splits()[split])
        column = self._columns[split].id
        if column is None:
            return (row_id(split, row) for row in rows)
        values = self._splits[split].rows(rows, [column])
        return (
            document_id(row_values, column, split, row) for row, row_values in zip(rows, values, strict=True)
        )

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document | Rejected]:
        columns = self._columns[split]
        for row, values in zip(rows, self._splits[split].rows(rows, columns.names), strict=True):
            yield make_document(values, columns, split, row, self._id)


def config_names(source: HubSource) -> list[str]:
    """Return the names of a repository's configurations; `source.config` may be None. Raises as
    `HubReader`."""
    opening = _RepositoryOpener(source, Silent())
    return opening.config_names(opening.newest_commit(), None)


@dataclass(frozen=True, slots=True)
class _Repository:
    """An opened repository, perhaps a fallback, at one commit."""

    source: HubSource
    commit: str
    files_commit: str | None
    """Commit of the Parquet files to which the Hub converted it; None: its own files are read."""
    splits: Mapping[str, HubSplit]

    def identity(self) -> dict[str, Any]:
        return {
            "id": self.source.id,
            "revision": self.source.revision,
            "commit": self.commit,
            "files_commit": self.files_commit,
        }


def _open_repository(
    source: HubSource,
    fallbacks: Sequence[HubSource],
    pinned: Mapping[str, Any] | None,
    listener: Progress | None,
) -> _Repository:
    update = {"streaming": source.streaming}
    candidates = [source, *(fallback.model_copy(update=update) for fallback in fallbacks)]
    if pinned:
        names = (pinned["id"], pinned["revision"])
        chosen = next((each for each in candidates if (each.id, each.revision) == names), source)
        return _RepositoryOpener(chosen, listener).open_commit(
            str(pinned["commit"]), pinned["files_commit"], pinned["num_rows"]
        )
    for candidate, following in pairwise(candidates):
        try:
            return _RepositoryOpener(candidate, listener).open_newest()
        except GoneError as error:
            words = f"{following.id}, revision {following.revision}" if following.revision else following.id
            (listener or Silent()).message(f"{error.message} Reading {words} instead.", "warning")
    return _RepositoryOpener(candidates[-1], listener).open_newest()


class _RepositoryOpener:
    """Opens the splits of a repository."""

    def __init__(self, source: HubSource, listener: Progress | None) -> None:
        self._source = source
        self._listener = listener or Silent()
        self._call = HubCaller(source, listener)

    def open_newest(self) -> _Repository:
        """Open the commit of the configured revision, or the newest commit of main."""
        return self.open_commit(self.newest_commit(), None, {})

    def newest_commit(self) -> str:
        return self._commit(self._source.revision)

    def config_names(self, commit: str, files_commit: str | None) -> list[str]:
        """Return all configurations at a commit; with `files_commit`, those that the Hub converted."""
        if files_commit is None and self._source.revision != PARQUET_REVISION:
            try:
                return list(
                    self._call(
                        "list of configurations",
                        lambda: datasets.get_dataset_config_names(self._dataset_url, revision=commit),
                    )
                )
            except NeedsScriptError as error:
                self._refuse_script_at_revision(error)
        return list(self._list_converted_files(files_commit or self._commit(PARQUET_REVISION)))

    def open_commit(self, commit: str, files_commit: str | None, num_rows: Mapping[str, int]) -> _Repository:
        """Open a commit; with `files_commit`, the Parquet files to which the Hub converted it. `num_rows`:
        rows by split, as far as an earlier run stored them."""
        if files_commit is None and self._source.revision != PARQUET_REVISION:
            try:
                builder = self._builder(commit, None)
                self._say_what_is_unread(commit, builder)
                return self._repository(commit, None, builder, num_rows)
            except NeedsScriptError as error:
                self._refuse_script_at_revision(error)
        files_commit = files_commit or self._converted_commit()
        return self._repository(
            commit,
            files_commit,
            self._builder(files_commit, self._converted_files_by_split(files_commit)),
            num_rows,
        )

    def _repository(
        self,
        commit: str,
        files_commit: str | None,
        builder: datasets.DatasetBuilder,
        num_rows: Mapping[str, int],
    ) -> _Repository:
        declared = {
            str(split): info.num_examples
            for split, info in (builder.info.splits or {}).items()
            if info.num_examples
        }
        splits = open_splits(self._source, builder, {**declared, **num_rows}, self._call, self._listener)
        return _Repository(source=self._source, commit=commit, files_commit=files_commit, splits=splits)

    def _commit(self, revision: str | None) -> str:
        info = self._call(
            "commit", lambda: HfApi().dataset_info(self._source.id, revision=revision), revision
        )
        return str(info.sha)

    def _builder(self, commit: str, files: Mapping[str, list[str]] | None) -> datasets.DatasetBuilder:
        name = None if files else self._source.config
        # `datasets` takes names of files as patterns.
        patterns = files and {split: list(map(glob.escape, names)) for split, names in files.items()}

        def load(**options: Any) -> datasets.DatasetBuilder:
            return datasets.load_dataset_builder(
                self._dataset_url, name, revision=commit, data_files=patterns, **options
            )

        builder: datasets.DatasetBuilder = self._call("description", load)
        if not isinstance(builder.config, CsvConfig):
            return builder
        # `null` and `NA` are texts, as in a .csv file on this machine.
        return self._call("description", lambda: load(keep_default_na=False, na_filter=False))

    def _say_what_is_unread(self, commit: str, builder: datasets.DatasetBuilder) -> None:
        unread = unread_files(self._list_files(commit), builder)
        require_splits_read(self._source.id, unread)
        if unread:
            place = f"{len(unread)} data files of {self._source.id}"
            self._listener.message(f"{place} are in no split and are not read: {listed(unread)}.", "warning")

    def _list_files(self, commit: str) -> list[str]:
        return list(
            self._call(
                "list of files",
                lambda: HfApi().list_repo_files(self._source.id, repo_type="dataset", revision=commit),
            )
        )

    @property
    def _dataset_url(self) -> str:
        """The repository with a prefix, so that `datasets` does not read a local folder of the same name."""
        return f"hf://datasets/{self._source.id}"

    def _converted_commit(self) -> str:
        try:
            return self._commit(PARQUET_REVISION)
        except GoneError as error:
            raise GoneError(
                f"{self._source.id} holds a loading script, which is never run, and the Hub has made no "
                "Parquet files of it.",
                hint="Choose another dataset, or get its texts and make the dataset from files.",
                fields={"source.id": "holds a script"},
            ) from error

    def _refuse_script_at_revision(self, error: NeedsScriptError) -> None:
        """Raise GoneError if a revision is configured: the Hub converts only the newest commit of main."""
        if self._source.revision is not None:
            raise GoneError(
                f"{self._source.id} holds a loading script at revision {self._source.revision!r}, and "
                "scripts are never run.",
                hint=f"Leave source.revision out, or set it to {PARQUET_REVISION}, to read the Parquet files "
                "that the Hub makes of main.",
                fields={"source.revision": "holds a script"},
            ) from error

    def _converted_files_by_split(self, commit: str) -> dict[str, list[str]]:
        """Return, by split, the Parquet files to which the Hub converted the configured subset."""
        source, found = self._source, self._list_converted_files(commit)
        wanted = source.config or (next(iter(found)) if len(found) == 1 else "default")
        if wanted not in found:
            raise UnknownName(
                f"{source.id} has no configuration {wanted!r}.",
                hint=f"Configurations: {listed(list(found)) or 'none'}. Name one as source.config.",
                fields={"source.config": f"{wanted!r} does not exist"},
            )
        if any(name.startswith(f"{wanted}/partial-") for files in found[wanted].values() for name in files):
            self._listener.message(
                f"The Hub converted only the beginning of {source.id} to Parquet: the rest is not read.",
                "warning",
            )
        return found[wanted]

    def _list_converted_files(self, commit: str) -> dict[str, dict[str, list[str]]]:
        """Return the converted Parquet files (<config>/<split>/0000.parquet) by configuration and split."""
        found: dict[str, dict[str, list[str]]] = {}
        for name in sorted(self._list_files(commit)):
            parts = name.split("/")
            if len(parts) == 3 and name.endswith(".parquet"):
                found.setdefault(parts[0], {}).setdefault(parts[1].removeprefix("partial-"), []).append(name)
        return found
