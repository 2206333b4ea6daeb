"""Read the index of samples: any page of 100,000 samples, in any order, without reading the others."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from data.errors import StorageError
from evaluation.samples.index_file import NUM_BINS, using_index, versioned
from evaluation.samples.record import Mark, SampleRecord
from evaluation.words import words

Order = Literal["position", "worst", "best", "unsupported", "random", "longest"]
_ORDERS: Final[Mapping[Order, str]] = {
    "position": "position",
    "worst": "score, position",
    "best": "score DESC, position DESC",
    "unsupported": "unsupported DESC, position DESC",
    "random": "shuffled",
    "longest": "length DESC, position DESC",
}
"""An input without a score failed: it is the worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The samples to list: all conditions hold."""

    search: str = ""
    """Words that stand together in the id, the prediction or the reference; the last one may go on."""
    mark: Mark | None = None
    bins: tuple[int, int] | None = None
    """First and last bin of the histogram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePage:
    """One page of the selected samples, and counts to choose by."""

    num_samples: int
    num_selected: int
    samples: tuple[tuple[int, SampleRecord], ...]
    """Position (from 0, as the samples were made) and sample."""
    histogram: tuple[int, ...] = ()
    """Samples by ROUGE-L, whatever bins are selected; empty without scores."""
    marks: Mapping[Mark, int] = field(default_factory=dict)
    """Mark -> samples that have it, whatever is selected; marks that no sample has are left out."""


def has_key(path: Path, key: str) -> bool:
    """Return whether a whole index with this key is there."""
    try:
        with SampleIndex.open(path) as index:
            return index.key == versioned(key)
    except StorageError:
        return False


class SampleIndex:
    """An index that is open for reading."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        about = connection.execute("SELECT key, num_samples, bins, marks FROM about").fetchone()
        self.key, self._num_samples = str(about[0]), int(about[1])
        self._bins = {
            None if name == "None" else int(name): num for name, num in json.loads(about[2]).items()
        }
        self._marks = {Mark(int(name)): num for name, num in json.loads(about[3]).items()}

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> "Iterator[SampleIndex]":
        """Open an index. Raises StorageError if it is missing or damaged, also while it is read."""
        with using_index(path), closing(sqlite3.connect(read_only(path), uri=True)) as connection:
            yield cls(connection)

    def page(self, selection: Selection, order: Order, start: int, num_samples: int) -> SamplePage:
        """Return the samples `start` to `start + num_samples` of a selection."""
        positions = self._positions(selection, order, start, num_samples)
        bins = self._bins if selection == Selection(bins=selection.bins) else self._count_bins(selection)
        first, last = selection.bins or (0, NUM_BINS)
        chosen = [
            num for number, num in bins.items() if selection.bins is None or number in range(first, last + 1)
        ]
        return SamplePage(
            num_samples=self._num_samples,
            num_selected=sum(chosen),
            samples=tuple((position, self.record(position)) for position in positions),
            histogram=tuple(bins.get(number, 0) for number in range(NUM_BINS))
            if set(self._bins) - {None}
            else (),
            marks=self._marks,
        )

    def record(self, position: int) -> SampleRecord:
        """Return one sample. Raises IndexError if there is none at this position."""
        found = self._connection.execute("SELECT record FROM records WHERE position = ?", (position,))
        row = found.fetchone()
        if row is None:
            raise IndexError(position)
        return parse_record(row[0])

    def scores(self) -> dict[tuple[int, int], float]:
        """Return the ROUGE-L of each sample that has one, 0 to 1, by its position and a number that two
        samples share if their document and reference are the same."""
        found = self._connection.execute(
            "SELECT position, identity, score FROM samples WHERE score IS NOT NULL"
        )
        return {(position, identity): score for position, identity, score in found}

    def records(self, selection: Selection, order: Order) -> Iterator[SampleRecord]:
        """Yield the samples of a selection."""
        for position in self._positions(selection, order):
            yield self.record(position)

    def place(self, position: int, selection: Selection, order: Order) -> int | None:
        """Return the place of a sample, from 0, among the selected ones; None: it is not one of them."""
        places = enumerate(self._positions(selection, order))
        return next((place for place, found in places if found == position), None)

    def _positions(
        self, selection: Selection, order: Order, start: int = 0, num_samples: int = -1
    ) -> Iterator[int]:
        condition, values = self._condition(selection)
        query = f"SELECT position FROM samples WHERE {condition} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?"  # noqa: S608 (constant text)
        for (position,) in self._connection.execute(query, (*values, num_samples, start)):
            yield position

    def _count_bins(self, selection: Selection) -> dict[int | None, int]:
        condition, values = self._condition(Selection(search=selection.search, mark=selection.mark))
        query = f"SELECT bin, count(*) FROM samples WHERE {condition} GROUP BY bin"  # noqa: S608 (constant text)
        return dict(self._connection.execute(query, values))

    def _condition(self, selection: Selection) -> tuple[str, list[Any]]:
        """Return an SQL condition, of constant text, and its values."""
        conditions, values = ["1"], list[Any]()
        if pattern := search_pattern(selection.search):
            conditions.append("position IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append(pattern)
        if selection.mark:
            conditions.append("marks & ?")
            values.append(int(selection.mark))
        if selection.bins:
            conditions.append("bin BETWEEN ? AND ?")
            values += selection.bins
        return " AND ".join(conditions), values


def read_only(path: Path) -> str:
    """Return the address by which SQLite opens an index that nobody changes any more."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def search_pattern(text: str) -> str | None:
    """Return what FTS5 looks for: words that stand together, of which the last one may go on. None: no
    words."""
    found = words(text)
    return '"' + " ".join(found) + '"*' if found else None


def parse_record(text: str) -> SampleRecord:
    """Return a sample from its JSON in an index."""
    values = json.loads(text)
    lists = {name: tuple(values[name]) for name in ("unsupported", "missing")}
    return SampleRecord(**{**values, **lists, "marks": Mark(values["marks"])})
