"""Write the index of samples: one SQLite file.

Small columns that are sorted and counted stand apart from the texts, and each order has an index that covers
them. Searches go through FTS5 over the words that ROUGE compares, so scripts without spaces are found too.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from data.errors import StorageError
from data.store.files import new_file
from evaluation.samples.record import Mark, SampleRecord
from evaluation.words import words

NUM_BINS: Final = 20
"""Of the histogram: each is 5 points of ROUGE-L wide; the last one holds 100 too."""
_FORMAT: Final = 3
_SCHEMA: Final = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE about (key TEXT NOT NULL, num_samples INTEGER NOT NULL, bins TEXT NOT NULL, marks TEXT NOT NULL);
CREATE TABLE samples (position INTEGER PRIMARY KEY, bin INTEGER, score REAL, length INTEGER NOT NULL,
    marks INTEGER NOT NULL, shuffled INTEGER NOT NULL, identity INTEGER NOT NULL);
CREATE TABLE records (position INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5
    (text, content='', prefix='1 2 3', tokenize='unicode61 remove_diacritics 0');
"""
_INDEXES: Final = """
CREATE INDEX by_score ON samples (score, position, marks, bin);
CREATE INDEX by_length ON samples (length, position, marks, bin);
CREATE INDEX by_shuffled ON samples (shuffled, position, marks, bin);
"""


def write_index(path: Path, key: str, records: Iterable[SampleRecord]) -> None:
    """Write an index, atomically.

    Args:
        key: of everything that decides its content; `has_key` compares it.

    Raises:
        StorageError: the disk is full or not writable.
    """
    with new_file(path) as temporary, using_index(path), closing(sqlite3.connect(temporary)) as index:
        index.executescript(_SCHEMA)
        bins, marks = Counter[int | None](), Counter[Mark]()
        for position, record in enumerate(records):
            _insert(index, position, record)
            bins[_bin(record.score)] += 1
            marks.update(record.marks)
        about = (versioned(key), bins.total(), _to_json(bins), _to_json(marks))
        index.execute("INSERT INTO about VALUES (?, ?, ?, ?)", about)
        index.executescript(_INDEXES)
        index.commit()


def versioned(key: str) -> str:
    """Return a key as the index holds it: with the version of its format."""
    return f"{_FORMAT} {key}"


@contextmanager
def using_index(path: Path) -> Iterator[None]:
    """Raise StorageError for an error of SQLite, around code that uses the index at `path`."""
    try:
        yield
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise StorageError(
            f"{path} cannot be used: {error}.", hint="Delete this file: it is made anew when it is needed."
        ) from error


def _insert(index: sqlite3.Connection, position: int, record: SampleRecord) -> None:
    numbers = (_bin(record.score), record.score, record.length, int(record.marks), _shuffled(position))
    index.execute("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)", (position, *numbers, _identity(record)))
    index.execute("INSERT INTO records VALUES (?, ?)", (position, json.dumps(asdict(record))))
    texts = (record.document_id, record.prediction, record.reference, record.error)
    text = " ".join(word for text in texts if text for word in words(text))
    index.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (position, text))


def _to_json(counts: Mapping[Any, int]) -> str:
    return json.dumps({str(int(name)) if name is not None else "None": num for name, num in counts.items()})


def _bin(score: float | None) -> int | None:
    return None if score is None else min(int(score * NUM_BINS), NUM_BINS - 1)


def _shuffled(position: int) -> int:
    """Return a number that looks random and is the same at each request, so that pages do not overlap."""
    return int.from_bytes(hashlib.sha256(str(position).encode()).digest()[:6])


def _identity(record: SampleRecord) -> int:
    """Return a number that two samples share if their document and their reference are the same."""
    digest = hashlib.sha256(json.dumps([record.document_id, record.reference]).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
