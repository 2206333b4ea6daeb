"""Ten thousand jobs in one workspace."""

import json

from tests.web_ui.jobs.world import World
from web_ui.jobs.job import REQUEST, STATE

NUM_JOBS = 10_000


def add_ended_jobs(world: World) -> None:
    """Add NUM_JOBS ended jobs to the workspace: half succeeded, half failed."""
    for number in range(NUM_JOBS):
        folder = world.workspace.jobs / f"20260101-{number // 10:06d}-{number % 10:04x}"
        folder.mkdir()
        created = "2026-01-01T00:00:00+00:00"
        request = {
            "id": folder.name,
            "kind": "count",
            "role": "cpu",
            "created": created,
            "config": {},
            "title": "old",
        }
        (folder / REQUEST).write_text(json.dumps(request))
        (folder / STATE).write_text(
            json.dumps({"state": "succeeded" if number % 2 else "failed", "attempts": 1})
        )
