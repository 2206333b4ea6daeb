"""Many clients at once creating, pausing, resuming, cancelling and deleting over HTTP. Every answer must be one the API documents."""

import json
import random
import urllib.error
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.services import Service

NUM_CLIENTS = 16
DATASET = {"source": {"kind": "sample", "length": "brief"}, "rendering": {"mode": "micro"}, "max_samples": 4}
ALLOWED = {200, 202, 204, 404, 409}


class Crowd:
    """Clients of one service, who count the answers by status."""

    def __init__(self, service: Service, seed: int = 0) -> None:
        self.statuses: Counter[int] = Counter()
        self.created: set[str] = set()
        self.deleted: set[str] = set()
        self._service = service
        self._seed = seed

    def call(self, num_calls: int) -> None:
        """Make so many calls at once, by many clients."""
        with ThreadPoolExecutor(NUM_CLIENTS) as clients:
            list(clients.map(self._one, range(num_calls)))

    def cancel_all(self) -> None:
        """End what is still open."""
        with ThreadPoolExecutor(NUM_CLIENTS) as clients:
            list(clients.map(lambda job_id: self._send("POST", f"/api/jobs/{job_id}/cancel"), self.created - self.deleted))

    def missing_or_stuck(self) -> list[str]:
        """Wait for the end of every job; return those that have none."""
        faults = []
        for job_id in self.created - self.deleted:
            try:
                self._service.wait_job(job_id)
            except (urllib.error.HTTPError, AssertionError) as error:
                faults.append(f"{job_id}: {error}")
        return faults

    def unexpected(self) -> dict[int, int]:
        """Return the statuses that no client should ever get, and how often they came."""
        return {status: count for status, count in self.statuses.items() if status not in ALLOWED}

    def _one(self, number: int) -> None:
        chance = random.Random(self._seed * 1_000_003 + number)
        known = sorted(self.created)
        action = chance.choice(("create", "pause", "resume", "cancel", "delete", "show"))
        if action == "create" or not known:
            job = self._send("POST", "/api/dataset/generate", {**DATASET, "name": f"crowd{self._seed}-{number}"})
            if job:
                self.created.add(job["id"])
        elif action == "delete":
            job_id = chance.choice(known)
            if self._send("DELETE", f"/api/jobs/{job_id}") is not None:
                self.deleted.add(job_id)
        elif action == "show":
            self._send("GET", f"/api/jobs/{chance.choice(known)}")
        else:
            self._send("POST", f"/api/jobs/{chance.choice(known)}/{action}")

    def _send(self, method: str, path: str, body: object = None) -> dict[str, str] | None:
        """Return the answer; None when the request was refused."""
        try:
            answer = self._service.call(method, path, body)
        except urllib.error.HTTPError as error:
            self.statuses[error.code] += 1
            return None
        except json.JSONDecodeError:  # 204 has no body
            answer = {}
        self.statuses[200] += 1
        with suppress(TypeError):
            return dict(answer)
        return {}
