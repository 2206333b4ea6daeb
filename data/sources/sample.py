"""The sample source: any number of made-up documents; each depends only on (seed, split, row)."""

import random
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any, Final, Literal

from data.records import Document
from data.sources.reader import row_id
from data.sources.sample_article import make_article
from data.sources.sample_brief import make_brief

DEFAULT_NUM_ROWS: Final = 1000
GENERATOR_VERSION: Final = 1  # increased whenever the same seed gives other texts


def sample_document(seed: int, split: str, row: int, length: Literal["brief", "article"]) -> Document:
    """Return row `row` of a split; the rows before it are not needed."""
    rng = random.Random(f"{seed}/{split}/{row}")  # noqa: S311 - made-up news, not secrets
    text, summary = make_brief(rng, split) if length == "brief" else make_article(rng)
    return Document(id=row_id(split, row), text=text, summary=summary, source="sample", split=split, row=row)


class SampleReader:
    """`num_rows` train documents (None: 1000), and the given fractions of this number, rounded up, as
    validation and test documents."""

    def __init__(
        self,
        length: Literal["brief", "article"],
        seed: int,
        num_rows: int | None,
        validation_fraction: float,
        test_fraction: float,
    ) -> None:
        num_train = num_rows or DEFAULT_NUM_ROWS
        held_out = {
            "validation": ceil(num_train * validation_fraction),
            "test": ceil(num_train * test_fraction),
        }
        self._num_rows = {"train": num_train, **{split: count for split, count in held_out.items() if count}}
        self._length = length
        self._seed = seed

    def splits(self) -> Mapping[str, int]:
        return self._num_rows

    def identity(self) -> Mapping[str, Any]:
        return {"generator_version": GENERATOR_VERSION}

    def ids(self, split: str) -> Iterator[str]:
        return (row_id(split, row) for row in range(self._num_rows[split]))

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document]:
        return (sample_document(self._seed, split, row, self._length) for row in rows)
