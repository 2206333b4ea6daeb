"""The plan of shards: it depends only on the configuration and the numbers of source rows."""

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from data.config import DatasetConfig
from data.errors import SourceError, UnknownName, listed
from data.records import TRAIN, VALIDATION
from data.sources.reader import SourceReader
from data.store.workspace import validate_name


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The chosen rows of one split, divided into shards of `shard_rows` rows; the last one may have fewer."""

    split: str
    rows: Sequence[int]
    shard_rows: int

    @property
    def num_shards(self) -> int:
        return -(-len(self.rows) // self.shard_rows)

    def shard(self, index: int) -> Sequence[int]:
        """Return the rows of one shard."""
        return self.rows[index * self.shard_rows : (index + 1) * self.shard_rows]


def plan_splits(reader: SourceReader, config: DatasetConfig) -> tuple[SplitPlan, ...]:
    """Choose the rows of every requested split; train comes last, as `SeenTexts` requires.

    Raises:
        UnknownName: a requested split does not exist.
        SourceError: the requested splits have no rows.
    """
    available = reader.splits()
    wanted = dict.fromkeys(available if config.splits is None else config.splits)
    if unknown := [split for split in wanted if split not in available]:
        raise UnknownName(
            f"The source has no split {unknown[0]!r}.",
            hint=f"Splits: {listed(tuple(available))}.",
            fields={"splits": f"{unknown[0]!r} does not exist"},
        )
    if not any(available[split] for split in wanted):
        raise SourceError("The source is empty: it has no rows.", hint="Check the path or the split.")
    ordered = sorted(wanted, key=lambda split: split == TRAIN)
    return tuple(_plan(validate_name(split), available[split], config) for split in ordered)


def lacks_validation(plans: Sequence[SplitPlan]) -> bool:
    """Return whether there are training rows but no validation rows."""
    planned = {plan.split for plan in plans if plan.rows}
    return TRAIN in planned and VALIDATION not in planned


def _plan(split: str, num_rows: int, config: DatasetConfig) -> SplitPlan:
    rows: Sequence[int] = range(num_rows)
    if config.max_samples is not None and config.max_samples < num_rows:
        rng = random.Random(f"{config.seed}/{split}")  # noqa: S311 - a reproducible choice, not a secret one
        rows = array("q", sorted(rng.sample(range(num_rows), config.max_samples)))
    return SplitPlan(split, rows, config.shard_rows or _default_shard_rows(len(rows)))


def _default_shard_rows(num_rows: int) -> int:
    """Small splits get many shards, for all cores; huge ones get few files, as the Hub recommends."""
    if num_rows <= 10_000:
        return 100
    return 500 if num_rows <= 1_000_000 else 2000
