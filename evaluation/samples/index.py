"""An index of samples in one SQLite file: any page of 100,000 samples, in any order, without reading them.

Small columns that are sorted and counted stand apart from the texts, and each order has an index that covers
them. Searches go through FTS5 over the words that ROUGE compares, so scripts without spaces are found too.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from data.errors import StorageError
from data.store.files import new_file
from evaluation.samples.record import Mark, SampleRecord
from evaluation.words import words

Order = Literal["position", "worst", "best", "random", "longest"]
NUM_BINS: Final = 20
"""Of the histogram: each is 5 points of ROUGE-L wide; the last one holds 100 too."""
_FORMAT: Final = 1
_SCHEMA: Final = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE about (key TEXT NOT NULL, num_samples INTEGER NOT NULL, bins TEXT NOT NULL, marks TEXT NOT NULL);
CREATE TABLE samples (position INTEGER PRIMARY KEY, bin INTEGER, score REAL, length INTEGER NOT NULL,
    marks INTEGER NOT NULL, shuffled INTEGER NOT NULL);
CREATE TABLE records (position INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5
    (text, content='', prefix='1 2 3', tokenize='unicode61 remove_diacritics 0');
"""
_INDEXES: Final = """
CREATE INDEX by_score ON samples (score, position, marks, bin);
CREATE INDEX by_length ON samples (length, position, marks, bin);
CREATE INDEX by_shuffled ON samples (shuffled, position, marks, bin);
"""
_ORDERS: Final[Mapping[Order, str]] = {
    "position": "position",
    "worst": "score, position",
    "best": "score DESC, position DESC",
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


def write_index(path: Path, key: str, records: Iterable[SampleRecord]) -> None:
    """Write an index, atomically.

    Args:
        key: of everything that decides its content; `has_key` compares it.

    Raises:
        StorageError: the disk is full or not writable.
    """
    with new_file(path) as temporary, _storing(path), closing(sqlite3.connect(temporary)) as index:
        index.executescript(_SCHEMA)
        bins, marks = Counter[int | None](), Counter[Mark]()
        for position, record in enumerate(records):
            _insert(index, position, record)
            bins[_bin(record.score)] += 1
            marks.update(record.marks)
        about = (_versioned(key), bins.total(), _to_json(bins), _to_json(marks))
        index.execute("INSERT INTO about VALUES (?, ?, ?, ?)", about)
        index.executescript(_INDEXES)
        index.commit()


def has_key(path: Path, key: str) -> bool:
    """Return whether a whole index with this key is there."""
    try:
        with SampleIndex.open(path) as index:
            return index.key == _versioned(key)
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
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with _storing(path), closing(sqlite3.connect(address, uri=True)) as connection:
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
        return _parse(row[0])

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
        if found := words(selection.search):
            conditions.append("position IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append('"' + " ".join(found) + '"*')
        if selection.mark:
            conditions.append("marks & ?")
            values.append(int(selection.mark))
        if selection.bins:
            conditions.append("bin BETWEEN ? AND ?")
            values += selection.bins
        return " AND ".join(conditions), values


def _insert(index: sqlite3.Connection, position: int, record: SampleRecord) -> None:
    numbers = (_bin(record.score), record.score, record.length, int(record.marks), _shuffled(position))
    index.execute("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?)", (position, *numbers))
    index.execute("INSERT INTO records VALUES (?, ?)", (position, json.dumps(asdict(record))))
    texts = (record.document_id, record.prediction, record.reference, record.error)
    text = " ".join(word for text in texts if text for word in words(text))
    index.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (position, text))


def _parse(text: str) -> SampleRecord:
    values = json.loads(text)
    nested = {"marks": Mark(values["marks"]), "unsupported": tuple(values["unsupported"])}
    return SampleRecord(**{**values, **nested})


def _to_json(counts: Mapping[Any, int]) -> str:
    return json.dumps({str(int(name)) if name is not None else "None": num for name, num in counts.items()})


def _bin(score: float | None) -> int | None:
    return None if score is None else min(int(score * NUM_BINS), NUM_BINS - 1)


def _shuffled(position: int) -> int:
    """Return a number that looks random and is the same at each request, so that pages do not overlap."""
    return int.from_bytes(hashlib.sha256(str(position).encode()).digest()[:6])


def _versioned(key: str) -> str:
    return f"{_FORMAT} {key}"


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise StorageError(
            f"{path} cannot be used: {error}.", hint="Delete this file: it is made anew when it is needed."
        ) from error
