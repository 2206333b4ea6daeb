"""Tells the webhook of every ending, in a thread of the runner: with retries, also over its restart.

Each ending is told at least once. A file in the job's folder says what was told, so normally it is told once;
after a kill between the receiver's answer and that file it is told again, with the same id of the delivery.
"""

import heapq
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition, Thread
from time import monotonic
from typing import Final

from data.backoff import Backoff
from data.errors import StorageError
from data.store.files import write_json
from data.store.workspace import Workspace
from web_ui.jobs.delivery_record import Delivery, read_delivery, read_start, start_path
from web_ui.jobs.job import DELIVERY, ENDED_STATES, Job, now
from web_ui.jobs.locks import locked
from web_ui.jobs.stages import Role
from web_ui.jobs.webhook import Undelivered, Webhook, post_ending

LOGGER = logging.getLogger("deepsynth.webhook")
BACKOFF: Final = Backoff(num_attempts=13, first_wait_s=1.0, max_wait_s=1800.0)
"""Waits of 32 to 64 minutes in all."""


@dataclass(order=True, slots=True)
class _Waiting:
    """An ending that is to be told at `due_s` of the monotonic clock."""

    due_s: float
    job: Job = field(compare=False)
    num_attempts: int = field(compare=False)


class DeliveryQueue:
    """The endings that the webhook is still to be told of. `offer` never waits for the receiver."""

    def __init__(self, workspace: Workspace, role: Role, webhook: Webhook) -> None:
        self._jobs, self._webhook = workspace.jobs, webhook
        self._since = datetime.fromisoformat(read_start(start_path(workspace, role)).since)
        self._latest: dict[str, str] = {}  # id -> end of the latest known ending
        self._waiting: list[_Waiting] = []
        self._changed = Condition()
        self._is_closed = False
        Thread(target=self._deliver_all, daemon=True).start()

    def offer(self, jobs: Iterable[Job]) -> None:
        """Queue the endings among `jobs` that are new and were not told before a restart."""
        for job in jobs:
            if job.state not in ENDED_STATES or not job.ended or self._latest.get(job.id) == job.ended:
                continue
            self._latest[job.id] = job.ended
            if datetime.fromisoformat(job.ended) < self._since:
                continue
            told = read_delivery(self._jobs / job.id)
            if told is None or told.ended != job.ended:
                self._put(_Waiting(monotonic(), job, 0))
            elif not (told.delivered or told.is_given_up):
                self._put(_Waiting(monotonic(), job, told.num_attempts))

    def close(self) -> None:
        """Let the thread end. The next runner delivers what still waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _put(self, waiting: _Waiting) -> None:
        with self._changed:
            heapq.heappush(self._waiting, waiting)
            self._changed.notify()

    def _deliver_all(self) -> None:
        while waiting := self._next_due():
            self._deliver(waiting)

    def _next_due(self) -> _Waiting | None:
        """Wait for the next ending that is due. None: closed."""
        with self._changed:
            while not self._is_closed:
                if not self._waiting:
                    self._changed.wait()
                elif (wait_s := self._waiting[0].due_s - monotonic()) > 0:
                    self._changed.wait(wait_s)
                else:
                    return heapq.heappop(self._waiting)
        return None

    def _deliver(self, waiting: _Waiting) -> None:
        job, attempt = waiting.job, waiting.num_attempts + 1
        told = Delivery(ended=job.ended or "", num_attempts=attempt)
        try:
            post_ending(self._webhook, job)
        except Undelivered as error:
            is_given_up = not error.is_temporary or attempt >= BACKOFF.num_attempts
            self._record(job, told.model_copy(update={"error": str(error), "is_given_up": is_given_up}))
            wait_s = None if is_given_up else BACKOFF.wait_s(attempt)
            values = {"job_id": job.id, "error": str(error), "attempt": attempt, "next_attempt_in_s": wait_s}
            LOGGER.warning("webhook not delivered", extra={"values": values})
            if wait_s is not None:
                self._put(_Waiting(monotonic() + wait_s, job, attempt))
        else:
            self._record(job, told.model_copy(update={"delivered": now()}))
            LOGGER.info("webhook delivered", extra={"values": {"job_id": job.id, "attempt": attempt}})

    def _record(self, job: Job, told: Delivery) -> None:
        if self._latest[job.id] != job.ended:
            return  # the job was resumed and has ended again: the file speaks of that ending
        folder = self._jobs / job.id
        try:
            # the lock: the runner removes half-written files when an attempt of the job ends
            with suppress(FileNotFoundError), locked(folder):  # the job was deleted meanwhile
                write_json(folder / DELIVERY, told.model_dump(mode="json"))
        except (StorageError, OSError) as error:
            values = {"job_id": job.id, "error": str(error)}
            LOGGER.error("webhook record not written; it may be sent again", extra={"values": values})  # noqa: TRY400
