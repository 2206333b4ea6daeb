"""The jobs that ended last, for the pages that tell their users of it."""

from collections.abc import Iterable
from heapq import nlargest

from web_ui.api.schemas import Ending
from web_ui.jobs.job import Job, State

TOLD_STATES = frozenset({State.SUCCEEDED, State.FAILED})
"""Not cancelled: who cancels a job knows."""
MAX_ENDINGS = 10


def latest_endings(jobs: Iterable[Job]) -> list[Ending]:
    """Return the last MAX_ENDINGS jobs that succeeded or failed, the latest first."""
    ended = [(job.ended, job.id, job) for job in jobs if job.ended and job.state in TOLD_STATES]
    return [
        Ending(id=job.id, kind=job.kind, title=job.title, state=job.state, ended=ended)
        for ended, _, job in nlargest(MAX_ENDINGS, ended)
    ]
