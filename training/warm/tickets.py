"""A request on its way through a warm model: its events, its row, and whether it is still wanted."""

from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event
from time import monotonic
from typing import Any

from data.errors import DeepSynthError
from evaluation.loops import is_looping
from training.generation.decoding_row import DecodingRow
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.options.warm_protocol import EndEvent, as_line


@dataclass(slots=True, eq=False, kw_only=True)
class Ticket:
    """A document that waits for its summary. The responder writes `lines`, its connection reads them."""

    sample: PageSample
    collator: Collator
    """With the prompt of the request."""
    max_new_tokens: int
    with_attention: bool = False
    arrived_s: float = field(default_factory=monotonic)
    lines: "SimpleQueue[bytes | None]" = field(default_factory=SimpleQueue)
    """Events as lines; None: there are no more."""
    is_withdrawn: Event = field(default_factory=Event)
    """Set by the connection: the client is gone."""
    row: DecodingRow | None = None
    queue_s: float = 0.0
    first_token_s: float | None = None
    _num_sent: int = 0
    """Characters of the text that were sent."""

    @property
    def prompt(self) -> str:
        return self.collator.token_layout.prompt

    @property
    def num_tokens(self) -> int:
        """Tokens of the summary so far."""
        return len(self.row.text_ids) if self.row else 0

    def send_text(self) -> None:
        """Send the text that is new. A character whose bytes are not complete yet is held back."""
        if self.first_token_s is None:
            self.first_token_s = monotonic() - self.arrived_s
        text = self._text()
        if text.endswith("\ufffd") and self.row and not self.row.is_done:
            return
        if len(text) > self._num_sent:
            self.lines.put(as_line({"event": "text", "text": text[self._num_sent :]}))
            self._num_sent = len(text)

    def end(self) -> None:
        """Send the end of the summary."""
        row = self.row
        assert row is not None  # noqa: S101 - only a ticket with a row ends
        text = self._text()
        self._close(
            EndEvent(
                text=text,
                num_tokens=self.num_tokens,
                is_cut=not row.has_end,
                is_looping=is_looping(text),
                queue_s=self.queue_s,
                first_token_s=self.first_token_s or 0.0,
                total_s=monotonic() - self.arrived_s,
            ).model_dump(mode="json")
        )

    def fail(self, error: DeepSynthError, retry_after_s: int | None = None) -> None:
        """Send an error instead of a summary."""
        self._close(error_event(error, retry_after_s))

    def _close(self, event: dict[str, Any]) -> None:
        self.lines.put(as_line(event))
        self.lines.put(None)

    def _text(self) -> str:
        ids = self.row.text_ids if self.row else []
        return str(self.collator.token_layout.tokenizer.decode(ids, skip_special_tokens=True)).strip()


def error_event(error: DeepSynthError, retry_after_s: int | None = None) -> dict[str, Any]:
    """Return the event that says why there is no summary."""
    return {"event": "error", **error.as_dict(), "status": error.http_status, "retry_after_s": retry_after_s}
