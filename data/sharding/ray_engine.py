"""Render shards on a Ray cluster (extra `ray`): the cluster of RAY_ADDRESS, or one started on this machine.

The nodes write into the workspace, so it must be on storage that all nodes share.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import ray

from data.dataset.manifest import ShardDone
from data.errors import DeepSynthError, RenderError, StorageError, Unavailable, cause
from data.sharding.render_shard import ShardProgress, ShardTask, render_shard

POLL_INTERVAL_S: Final = 0.25
MAX_RETRIES: Final = 3
TASKS_PER_CPU: Final = 2  # one runs and one waits, so that no node is idle while the source is read


class RayEngine:
    """One Ray task per shard; Ray repeats a task when its worker or node dies."""

    def __init__(self, num_workers: int | None) -> None:
        try:
            if not ray.is_initialized():
                ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False)
            num_cpus = int(ray.cluster_resources().get("CPU", 1))
        except (ray.exceptions.RayError, ConnectionError, RuntimeError) as error:
            raise Unavailable(
                f"The Ray cluster does not answer: {cause(error)}.",
                hint="Check RAY_ADDRESS, or use engine=local.",
            ) from error
        self._num_tasks = num_workers or TASKS_PER_CPU * num_cpus
        self._render = ray.remote(max_retries=MAX_RETRIES, num_cpus=1)(_render)

    def run(self, tasks: Iterator[ShardTask]) -> Generator[ShardProgress | ShardDone | None, None, None]:
        pending: dict[Any, ShardTask] = {}
        try:
            ready = next(tasks, None)
            while ready or pending:
                while ready and len(pending) < self._num_tasks:
                    pending[self._render.remote(ready)] = ready
                    ready = next(tasks, None)
                finished, _ = ray.wait(list(pending), num_returns=1, timeout=POLL_INTERVAL_S)
                for reference in finished:
                    yield from _collect_result(reference, pending.pop(reference))
                yield None
        finally:
            for reference in pending:
                ray.cancel(reference, force=True)


def _render(task: ShardTask) -> tuple[ShardDone, ShardProgress] | DeepSynthError:
    """Render a shard; return it with its last progress, which holds the last page."""
    last = task.progress(0, 0)

    def note(shard_progress: ShardProgress, png: bytes) -> None:
        nonlocal last
        last = replace(shard_progress, png=png or last.png)

    try:
        return render_shard(task, note), last
    except DeepSynthError as error:
        return error


def _collect_result(reference: Any, task: ShardTask) -> Iterator[ShardProgress | ShardDone]:
    try:
        answer = ray.get(reference)
    except ray.exceptions.RayError as error:
        raise RenderError(
            f"Ray could not render shard {task.index} of {task.split}: {cause(error)}. A shard whose "
            f"process or node dies is repeated {MAX_RETRIES} times.",
            hint="See the logs of the Ray nodes, then resume.",
        ) from error
    if isinstance(answer, DeepSynthError):
        raise answer
    path = Path(task.path)
    if not path.exists():
        raise StorageError(
            f"A Ray node wrote {path}, but it is not here.",
            hint="Put the workspace on storage that all nodes share.",
        )
    done, last = answer
    yield from (last, done)
