"""Rate limit per client: a token bucket that holds one minute of requests and refills steadily."""

from threading import Lock
from time import monotonic

MAX_CLIENTS = 10_000


class RateLimit:
    """At most `per_minute` requests per minute from each client; 0: no limit."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def count_request(self, client: str) -> float:
        """Count one request. Returns 0 if it is allowed, otherwise the seconds to wait."""
        if not self.per_minute:
            return 0.0
        now_s, rate = monotonic(), self.per_minute / 60
        with self._lock:
            if len(self._buckets) >= MAX_CLIENTS:
                self._buckets.clear()
            tokens, then_s = self._buckets.get(client, (float(self.per_minute), now_s))
            tokens = min(float(self.per_minute), tokens + (now_s - then_s) * rate)
            passes = tokens >= 1
            self._buckets[client] = (tokens - passes, now_s)
        return 0.0 if passes else (1 - tokens) / rate
