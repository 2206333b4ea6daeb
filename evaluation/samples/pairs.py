"""The samples that several results have in common, side by side: their indexes are read together.

Two results hold the same sample where it has the same position, document and reference. Positions count the
rows of a split, so equal documents at other rows are not taken for it.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from evaluation.samples.index import parse_record, read_only, search_pattern
from evaluation.samples.index_file import using_index
from evaluation.samples.record import SampleRecord

PairOrder = Literal["disagreement", "first_worst", "first_best", "position"]
MAX_RESULTS: Final = 8
"""SQLite joins at most ten files."""
_ORDERS: Final[Mapping[PairOrder, str]] = {
    "disagreement": "max({scores}) - min({scores}) DESC, position",
    "first_worst": "{first} - max({others}), position",
    "first_best": "{first} - max({others}) DESC, position",
    "position": "position",
}
"""`max` of one value would be SQLite's aggregate, so the values are given twice."""


@dataclass(frozen=True, slots=True)
class CommonPage:
    """One page of the common samples."""

    num_common: int
    num_selected: int
    samples: tuple[tuple[int, tuple[SampleRecord, ...]], ...]
    """Position and the sample of each result."""


class CommonSamples:
    """Two to MAX_RESULTS indexes that are open for reading."""

    def __init__(self, connection: sqlite3.Connection, num_results: int) -> None:
        self._connection = connection
        self._names = ["main", *(f"other{number}" for number in range(1, num_results))]

    @classmethod
    @contextmanager
    def open(cls, paths: Sequence[Path]) -> "Iterator[CommonSamples]":
        """Open the indexes of results. Raises StorageError if one is missing or damaged, also while they are
        read."""
        with using_index(paths[0]), closing(sqlite3.connect(read_only(paths[0]), uri=True)) as connection:
            for number, path in enumerate(paths[1:], 1):
                with using_index(path):
                    connection.execute(f"ATTACH ? AS other{number}", (read_only(path),))
            yield cls(connection, len(paths))

    def scores(self) -> list[tuple[float, ...]]:
        """Return the ROUGE-L (0 to 1) of each common sample in each result, in the order of the split;
        samples without one are left out."""
        columns = ", ".join(f"{name}.samples.score" for name in self._names)
        has_scores = " AND ".join(f"{name}.samples.score IS NOT NULL" for name in self._names)
        selected = f"SELECT {columns} FROM {self._join()} WHERE {has_scores}"  # noqa: S608
        return self._connection.execute(f"{selected} ORDER BY main.samples.position").fetchall()

    def page(self, search: str, order: PairOrder, start: int, num_samples: int) -> CommonPage:
        """Return the common samples `start` to `start + num_samples` in which any result holds the words."""
        condition, values = self._condition(search)
        selected = f"FROM {self._join()} WHERE {condition}"
        num_common = self._count(f"FROM {self._join()}", [])
        ordered = f"{selected} ORDER BY {self._order(order)} LIMIT ? OFFSET ?"
        rows = self._connection.execute(
            f"SELECT main.samples.position AS position {ordered}", (*values, num_samples, start)
        )
        return CommonPage(
            num_common=num_common,
            num_selected=self._count(selected, values) if values else num_common,
            samples=tuple((position, self._records(position)) for (position,) in rows),
        )

    def _join(self) -> str:
        first, *others = self._names
        return f"{first}.samples" + "".join(
            f" JOIN {name}.samples ON {name}.samples.position = {first}.samples.position"
            f" AND {name}.samples.identity = {first}.samples.identity"
            for name in others
        )

    def _order(self, order: PairOrder) -> str:
        scores = [f"coalesce({name}.samples.score, 0)" for name in self._names]
        others = ", ".join(scores[1:] * 2)
        return _ORDERS[order].format(scores=", ".join(scores), first=scores[0], others=others)

    def _condition(self, search: str) -> tuple[str, list[Any]]:
        pattern = search_pattern(search)
        if pattern is None:
            return "1", []
        found = (
            f"main.samples.position IN (SELECT rowid FROM {name}.words WHERE words MATCH ?)"  # noqa: S608
            for name in self._names
        )
        return f"({' OR '.join(found)})", [pattern] * len(self._names)

    def _count(self, selected: str, values: Sequence[Any]) -> int:
        [(number,)] = self._connection.execute(f"SELECT count(*) {selected}", values)
        return int(number)

    def _records(self, position: int) -> tuple[SampleRecord, ...]:
        found = (
            self._connection.execute(f"SELECT record FROM {name}.records WHERE position = ?", (position,))  # noqa: S608
            for name in self._names
        )
        return tuple(parse_record(cursor.fetchone()[0]) for cursor in found)
