"""Many clients create, pause, resume, cancel and delete jobs over HTTP at the same time.

Every answer must be documented in the API. A client that gets no answer, because the server was killed,
repeats its request; a request that creates a job has an idempotency key.
"""

import http.client
import json
import random
import time
import urllib.error
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.services import Service

NUM_CLIENTS = 16
DATASET = {"source": {"kind": "sample", "length": "brief"}, "rendering": {"mode": "micro"}, "max_samples": 4}
TIMEOUT_S = 60.0
ALLOWED = {200, 202, 204, 404, 409}


class Crowd:
    """Clients of one service, which count the answers by status."""

    def __init__(self, service: Service, seed: int = 0) -> None:
        self.statuses: Counter[int] = Counter()
        self.created: set[str] = set()
        self.deleted: set[str] = set()
        self._repeated: set[tuple[str, str]] = set()
        self._service = service
        self._seed = seed

    def call(self, num_calls: int) -> None:
        """Make `num_calls` calls, NUM_CLIENTS at a time."""
        with ThreadPoolExecutor(NUM_CLIENTS) as clients:
            list(clients.map(self._call_once, range(num_calls)))

    def cancel_all(self) -> None:
        """Cancel all jobs that the clients created and have not deleted."""
        with ThreadPoolExecutor(NUM_CLIENTS) as clients:
            list(
                clients.map(
                    lambda job_id: self._send("POST", f"/api/jobs/{job_id}/cancel"),
                    self.created - self.deleted,
                )
            )

    def missing_or_stuck(self) -> list[str]:
        """Wait for all jobs. Returns the jobs that do not end, and listed jobs that no client created."""
        faults = []
        for job_id in self.created - self.deleted:
            try:
                self._service.wait_job(job_id)
            except (urllib.error.HTTPError, AssertionError) as error:
                faults.append(f"{job_id}: {error}")
        listed = {job["id"] for job in self._service.call("GET", "/api/jobs?limit=1000")["jobs"]}
        return faults + [
            f"{job_id}: created twice, or not deleted" for job_id in listed - (self.created - self.deleted)
        ]

    def unexpected(self) -> dict[int, int]:
        """Return the number of answers for each status that no client should get."""
        return {status: count for status, count in self.statuses.items() if status not in ALLOWED}

    def _call_once(self, number: int) -> None:
        chance = random.Random(self._seed * 1_000_003 + number)
        known = sorted(self.created)
        action = chance.choice(("create", "pause", "resume", "cancel", "delete", "show"))
        if action == "create" or not known:
            name = f"crowd{self._seed}-{number}"
            job = self._send(
                "POST", "/api/dataset/generate", {**DATASET, "name": name}, {"Idempotency-Key": name}
            )
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

    def _send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> dict[str, str] | None:
        """Return the answer. None if the request was refused."""
        try:
            answer = self._call_until_answered(method, path, body, headers)
        except urllib.error.HTTPError as error:
            self.statuses[error.code] += 1
            # a repeated deletion, of which the first answer was lost
            was_done = error.code == 404 and (method, path) in self._repeated
            return {} if was_done else None
        except json.JSONDecodeError:  # 204 has no body
            answer = {}
        self.statuses[200] += 1
        return answer

    def _call_until_answered(
        self, method: str, path: str, body: object, headers: dict[str, str] | None
    ) -> dict[str, str]:
        deadline_s = time.monotonic() + TIMEOUT_S
        while True:
            try:
                return dict(self._service.call(method, path, body, headers))
            except urllib.error.HTTPError:
                raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline_s:
                    raise
                self._repeated.add((method, path))
                time.sleep(0.1)
