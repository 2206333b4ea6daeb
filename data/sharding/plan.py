"""Which rows of a source make which shard: decided before any rendering, from the configuration and the row
counts alone."""

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
    """The chosen rows of one split, cut into shards of equal length."""

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
    """Choose the rows of every wanted split; train comes last, as dedup needs it.

    Raises:
        UnknownName: a wanted split does not exist.
        SourceError: there is no row at all.
    """
    available = reader.splits()
    wanted = config.splits if config.splits is not None else tuple(available)
    for split in wanted:
        if split not in available:
            raise UnknownName(
                f"The source has no split {split!r}.",
                hint=f"Splits: {listed(tuple(available))}.",
                fields={"splits": f"{split!r} does not exist"},
            )
    if not any(available[split] for split in wanted):
        raise SourceError("The source is empty: it has no rows.", hint="Check the path or the split.")
    return tuple(
        _plan(validate_name(split), available[split], config)
        for split in sorted(dict.fromkeys(wanted), key=lambda split: split == TRAIN)
    )


def lacks_validation(plans: Sequence[SplitPlan]) -> bool:
    """Say whether there are rows to train on, but none to validate on."""
    planned = {plan.split for plan in plans if plan.rows}
    return TRAIN in planned and VALIDATION not in planned


def _plan(split: str, num_rows: int, config: DatasetConfig) -> SplitPlan:
    rows: Sequence[int] = range(num_rows)
    if config.max_samples is not None and config.max_samples < num_rows:
        rng = random.Random(f"{config.seed}/{split}")  # noqa: S311 - a reproducible choice, not a secret one
        rows = array("q", sorted(rng.sample(range(num_rows), config.max_samples)))
    return SplitPlan(split, rows, config.shard_rows or _default_shard_rows(len(rows)))


def _default_shard_rows(num_rows: int) -> int:
    """Keep all cores busy on small splits, and the number of files within what the Hub likes on huge ones."""
    if num_rows <= 10_000:
        return 100
    return 500 if num_rows <= 1_000_000 else 2000
