"""Documents in a dataset on the Hugging Face Hub, read at one commit, row by row or downloaded first.

The commit is looked up when a dataset is begun and kept in its manifest, so an interrupted run goes on with the same rows
even if the repository has moved on. Repositories that need a script to be read are read from the Parquet files that the
Hub makes of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import datasets
import httpx2
import pyarrow as pa
from datasets.exceptions import DatasetNotFoundError, DatasetsError
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

from data.config import Columns, HubSource
from data.errors import InvalidInput, SourceError, UnknownName
from data.records import Document, Rejected
from data.sources.columns import document_from, map_columns
from data.sources.reader import row_id
from data.sources.tables import Row, chosen

CONVERTED: Final = "refs/convert/parquet"
SUCCESSORS: Final = {
    "Samsung/samsum": "knkarthick/samsum",
    "samsum": "knkarthick/samsum",
    "cnn_dailymail": "abisee/cnn_dailymail",
    "xsum": "EdinburghNLP/xsum",
    "gigaword": "Harvard/gigaword",
}
NETWORK_ERRORS: Final = (httpx2.HTTPError, ConnectionError, TimeoutError)


class HubReader:
    """One configuration of one repository at one commit."""

    def __init__(self, source: HubSource, columns: Columns | None, pinned: Mapping[str, Any] | None) -> None:
        """Open the repository; without `columns`, for a look at it only."""
        self._source = source
        self._commit = str(pinned["commit"]) if pinned else _commit(source, source.revision)
        self._files_commit: str | None = pinned["files_commit"] if pinned else None
        self._builder = self._open_builder()
        self._splits = _translated(source, lambda: _load(self._builder, source.streaming))
        self._num_rows: dict[str, int] = dict(pinned["num_rows"]) if pinned else {}
        self._columns = {name: map_columns(columns, self._names(name), f"{source.id} ({name})") for name in self._splits if columns}

    def split_names(self) -> list[str]:
        return list(self._splits)

    def head(self, split: str, num_rows: int) -> tuple[list[str], list[Row]]:
        """Return the columns and the first rows of a split."""
        return self._names(split), list(_translating(self._source, islice(self._splits[split], num_rows)))

    def splits(self) -> Mapping[str, int]:
        if not self._num_rows:
            self._num_rows = {name: self._count(name) for name in self._splits}
        return self._num_rows

    def identity(self) -> Mapping[str, Any]:
        return {"commit": self._commit, "files_commit": self._files_commit, "num_rows": self.splits()}

    def _names(self, split: str) -> list[str]:
        data = self._splits[split]
        names = data.column_names
        return list(names) if names is not None else list(_translated(self._source, lambda: next(iter(data), {})))

    def ids(self, split: str) -> Iterator[str]:
        if self._columns[split].id is None:
            return (row_id(split, row) for row in range(self.splits()[split]))
        return (item.id for item in self.documents(split, range(self.splits()[split])))

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document | Rejected]:
        columns = self._columns[split]
        data = self._splits[split].select_columns(columns.names)
        first = rows[0] if len(rows) else 0
        if isinstance(data, datasets.Dataset):
            values = iter(data.select(rows))
        else:
            values = chosen(iter(data.skip(first)), [row - first for row in rows] if first else rows)
        num_read = 0
        for row, row_values in zip(rows, _translating(self._source, values), strict=False):
            yield document_from(row_values, columns, split, row, self._source.id)
            num_read += 1
        if num_read < len(rows):
            raise SourceError(
                f"{self._source.id} says that {split} has {self.splits()[split]} rows, but they end before row {rows[num_read]}.",
                hint="Its card is out of date. Download its files, and make the dataset from them.",
            )

    def _open_builder(self) -> datasets.DatasetBuilder:
        if self._files_commit is None and self._source.revision != CONVERTED:
            try:
                return _translated(self._source, lambda: _open(self._source, self._commit, None))
            except _NeedsScriptError:
                pass
        if self._files_commit is None:
            self._files_commit = _commit(self._source, CONVERTED)
        files = _converted_files(self._source, self._files_commit)
        return _translated(self._source, lambda: _open(self._source, str(self._files_commit), files))

    def _count(self, split: str) -> int:
        """Return the number of rows: as the repository states it, otherwise by reading one column through."""
        data = self._splits[split]
        if isinstance(data, datasets.Dataset):
            return len(data)
        stated = (self._builder.info.splits or {}).get(split)
        if stated is not None and stated.num_examples:
            return int(stated.num_examples)
        return int(_translated(self._source, lambda: sum(1 for _ in data.select_columns(self._names(split)[:1]))))


class _NeedsScriptError(Exception):
    """The repository holds a loading script instead of data."""


def _commit(source: HubSource, revision: str | None) -> str:
    return str(_translated(source, lambda: HfApi().dataset_info(source.id, revision=revision).sha))


def _open(source: HubSource, commit: str, files: Mapping[str, list[str]] | None) -> datasets.DatasetBuilder:
    # The prefix keeps `datasets` from taking a local folder of the same name for the repository.
    name = None if files else source.config
    return datasets.load_dataset_builder(f"hf://datasets/{source.id}", name, revision=commit, data_files=files)


def _load(builder: datasets.DatasetBuilder, streaming: bool) -> dict[str, Any]:
    if streaming:
        return dict(builder.as_streaming_dataset())
    builder.download_and_prepare()
    return dict(builder.as_dataset())


def _converted_files(source: HubSource, commit: str) -> dict[str, list[str]]:
    """Return the Parquet files by split that the Hub made of the configured subset: <config>/<split>/0000.parquet."""
    names = _translated(source, lambda: HfApi().list_repo_files(source.id, repo_type="dataset", revision=commit))
    found: dict[str, dict[str, list[str]]] = {}
    for name in sorted(names):
        parts = name.split("/")
        if len(parts) == 3 and name.endswith(".parquet"):
            found.setdefault(parts[0], {}).setdefault(parts[1].removeprefix("partial-"), []).append(name)
    wanted = source.config or (next(iter(found)) if len(found) == 1 else "default")
    if wanted not in found:
        raise UnknownName(
            f"{source.id} has no configuration {wanted!r}.",
            hint=f"Configurations: {', '.join(found) or 'none'}. Name one as source.config.",
            fields={"source.config": f"{wanted!r} does not exist"},
        )
    return found[wanted]


def _translating(source: HubSource, items: Iterator[Any]) -> Iterator[Any]:
    nothing = object()
    while (item := _translated(source, lambda: next(items, nothing))) is not nothing:
        yield item


def _translated(source: HubSource, call: Any) -> Any:
    """Make a call of the Hub's clients, and say in the user's words what went wrong."""
    try:
        return call()
    except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError, DatasetNotFoundError) as error:
        raise _refused(source, error) from error
    except HfHubHTTPError as error:
        raise SourceError(f"The Hub did not answer for {source.id}: {error}.", hint="Try again later.") from error
    except NETWORK_ERRORS as error:
        raise SourceError(f"The Hub could not be reached for {source.id}: {error}.", hint="Check the network, then try again.") from error
    except RuntimeError as error:
        if "scripts are no longer supported" in str(error):
            raise _NeedsScriptError from error
        raise
    except ValueError as error:
        raise _bad_config(source, error) from error
    except (DatasetsError, FileNotFoundError, pa.ArrowException) as error:
        raise SourceError(f"{source.id} cannot be read: {error}.", hint="Look at the dataset's page on the Hub.") from error


def _refused(source: HubSource, error: Exception) -> SourceError:
    page = f"https://huggingface.co/datasets/{source.id}"
    if isinstance(error, RevisionNotFoundError) or "Revision" in str(error):
        return SourceError(
            f"{source.id} has no revision {source.revision or CONVERTED!r}.",
            hint=f"See {page} for its branches; source.revision=main reads what is there now.",
            fields={"source.revision": "does not exist"},
        )
    if isinstance(error, GatedRepoError) or "is a gated dataset" in str(error):
        return SourceError(
            f"{source.id} is gated: its owner wants to know who reads it.",
            hint=f"Ask for access at {page}, then set HF_TOKEN to a token of that account and start again.",
            fields={"source.id": "is gated"},
        )
    successor = SUCCESSORS.get(source.id)
    return SourceError(
        f"There is no dataset {source.id} on the Hub that this account may read: it is gone, renamed, private, or never was.",
        hint=f"It lives on as {successor}." if successor else "Check the id; for a private dataset set HF_TOKEN.",
        fields={"source.id": "does not exist or is private"},
    )


def _bad_config(source: HubSource, error: ValueError) -> InvalidInput | SourceError:
    available = re.search(r"\[(.*?)\]", str(error))
    if "onfig" in str(error) and available:
        return UnknownName(
            f"{source.id} has no configuration {source.config!r}." if source.config else f"{source.id} has several configurations.",
            hint=f"Configurations: {available[1]}. Name one as source.config.",
            fields={"source.config": "must name a configuration"},
        )
    return SourceError(f"{source.id} cannot be read: {error}.", hint="Look at the dataset's page on the Hub.")
