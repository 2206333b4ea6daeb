"""Work on many samples, shared by processes where that is quicker."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from typing import Final, TypeVar

from data.cores import num_cores

Item = TypeVar("Item")
Result = TypeVar("Result")
# Starting a process takes about as long as scoring a thousand pairs of news summaries.
_ITEMS_PER_PROCESS: Final = 2000


def in_processes(
    work: Callable[[Sequence[Item]], Result], items: Sequence[Item], num_processes: int | None = None
) -> list[Result]:
    """Return the results of parts of the items, in order.

    Args:
        work: takes a part; it and the items can be pickled.
        items: those of all parts.
        num_processes: None: by the number of items and cores.
    """
    if num_processes is None:
        num_processes = min(num_cores(), len(items) // _ITEMS_PER_PROCESS)
    if num_processes <= 1:
        return [work(items)]
    ends = [len(items) * number // num_processes for number in range(num_processes + 1)]
    parts = [items[start:end] for start, end in pairwise(ends)]
    # Forking would copy a training's threads and GPU handles.
    with ProcessPoolExecutor(num_processes, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(work, parts))
