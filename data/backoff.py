"""Waits between the attempts of a call that fails with a temporary error."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """The number of attempts of a call, and the waits between them."""

    num_attempts: int = 10
    first_wait_s: float = 1.0
    max_wait_s: float = 120.0

    def wait_s(self, attempt: int) -> float:
        """Return the wait in seconds after failed attempt number `attempt` (from 1): it doubles each time, up
        to the maximum, times a random factor of 0.5 to 1 that spreads the clients."""
        return min(self.max_wait_s, self.first_wait_s * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
