"""How many requests a warm model answered, and its rates in the last minute."""

from collections import deque
from time import monotonic
from typing import Final

from training.warm.tickets import Ticket

WINDOW_S: Final = 60.0


class AnswerRates:
    """Counts the answered tickets. Called by the thread of the model alone."""

    def __init__(self, num_answered: int = 0) -> None:
        """Begin to count at `num_answered`: that of earlier attempts of the job."""
        self.num_answered = num_answered
        self._latest: deque[tuple[float, int, float, float]] = deque()
        """Of each answer in the window: when, its tokens, its time in the queue and to the first token."""

    def count(self, ticket: Ticket) -> None:
        """Count an answered ticket."""
        self.num_answered += 1
        num_tokens = ticket.num_tokens
        self._latest.append((monotonic(), num_tokens, ticket.queue_s, ticket.first_token_s or 0.0))

    def metrics(self) -> dict[str, float]:
        """Return the metrics of the last minute; times are medians in seconds."""
        now_s = monotonic()
        while self._latest and now_s - self._latest[0][0] > WINDOW_S:
            self._latest.popleft()
        if not self._latest:
            return {"samples_per_s": 0.0, "tokens_per_s": 0.0}
        span_s = max(1.0, now_s - self._latest[0][0])
        return {
            "samples_per_s": len(self._latest) / span_s,
            "tokens_per_s": sum(each[1] for each in self._latest) / span_s,
            "queue_s": _median([each[2] for each in self._latest]),
            "first_token_s": _median([each[3] for each in self._latest]),
        }


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
