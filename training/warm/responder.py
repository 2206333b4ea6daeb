"""The responder of a warm model: documents wait in a queue, and are summarised together.

A document joins between two steps of those that are running, so nobody waits for the end of a batch. Reading
pages holds up the next token of the others: at most `MAX_JOINING_PAGES` join at a time, and a longer document
has a queue of its own and is read in parts, which take a third of the time while others run.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from threading import Condition
from time import monotonic
from typing import Final

from data.errors import DeepSynthError, Unavailable
from training.generation.attention_maps import attend_words
from training.generation.decoding_batch import DecodingBatch, can_join_rows
from training.generation.decoding_row import DecodingRow
from training.generation.generate_text import generate_token_ids
from training.generation.long_prompt import LongPrompt
from training.generation.summarizer import Summarizer
from training.models.device import free_memory, is_out_of_memory
from training.options.warm_protocol import WordAttention, as_line
from training.warm.answer_rates import AnswerRates
from training.warm.tickets import Ticket

LOGGER: Final = logging.getLogger("deepsynth.warm")
MAX_JOINING_PAGES: Final = 4
PART_PAGES: Final = 2
"""Pages of a part of a long document."""


class Responder:
    """Answers tickets: `submit` runs in the threads of connections, all else in the thread of the model."""

    def __init__(self, summarizer: Summarizer, max_waiting: int, rates: AnswerRates) -> None:
        """Start with an empty queue.

        Args:
            max_waiting: tickets that may wait; more are refused.
            rates: counts the answers.
        """
        self._summarizer, self._max_waiting, self._rates = summarizer, max_waiting, rates
        self._waiting: deque[Ticket] = deque()
        self._waiting_long: deque[Ticket] = deque()
        self._reading: tuple[Ticket, LongPrompt] | None = None
        """The long document that is read now, in parts."""
        self._read_on_s = 0.0
        """When the next part is read while others run, in seconds of the monotonic clock."""
        self._changed = Condition()
        self._closed: DeepSynthError | None = None
        self._running: list[Ticket] = []
        self._batch = self._new_batch()

    @property
    def is_idle(self) -> bool:
        return not self.num_waiting and not self._running and not self._reading

    @property
    def num_waiting(self) -> int:
        return len(self._waiting) + len(self._waiting_long)

    @property
    def num_running(self) -> int:
        return len(self._running)

    def submit(self, ticket: Ticket) -> int:
        """Put a ticket at the end of its queue, and return how many are before it.

        Raises:
            Busy: the queue is full.
            DeepSynthError: the responder was closed.
        """
        with self._changed:
            if self._closed:
                raise self._closed
            if self.num_waiting >= self._max_waiting:
                raise Busy(f"{self.num_waiting} requests wait for the model already.")
            self._queue_of(ticket).append(ticket)
            self._changed.notify()
            return self.num_waiting - 1 + len(self._running)

    def wait(self, timeout_s: float) -> None:
        """Return once a ticket waits, or after `timeout_s`."""
        with self._changed:
            if not self.num_waiting:
                self._changed.wait(timeout_s)

    def turn(self) -> None:
        """Let waiting documents join, and generate one token of each running one."""
        self._drop_withdrawn()
        if self._batch:
            self._read_on(self._batch)
        joining = self._next_tickets()
        if joining and self._batch:
            self._join(joining)
        elif joining:
            self._answer_whole(joining)
        if self._batch and self._running:
            self._step(self._batch)

    def close(self, error: DeepSynthError) -> None:
        """Answer all tickets with an error, also those that still come."""
        with self._changed:
            self._closed = error
        self.fail_all(error)

    def fail_all(self, error: DeepSynthError) -> None:
        """Answer all tickets with an error."""
        with self._changed:
            reading = [self._reading[0]] if self._reading else []
            tickets = [*self._running, *reading, *self._waiting, *self._waiting_long]
            self._waiting.clear()
            self._waiting_long.clear()
        self._running, self._reading = [], None
        self._batch = self._new_batch()
        for ticket in tickets:
            ticket.fail(error)

    def _new_batch(self) -> DecodingBatch | None:
        summarizer = self._summarizer
        if not can_join_rows(summarizer.model):
            return None
        return DecodingBatch(summarizer.model, summarizer.collator, summarizer.decoding)

    def _drop_withdrawn(self) -> None:
        """Drop the work of clients that are gone; they hold no place in a queue either."""
        gone = [ticket for ticket in self._running if ticket.is_withdrawn.is_set()]
        if gone and self._batch:
            self._batch.drop([ticket.row for ticket in gone if ticket.row])
            self._running = [ticket for ticket in self._running if ticket not in gone]
        if self._reading and self._reading[0].is_withdrawn.is_set():
            self._reading = None
        with self._changed:
            for queue in (self._waiting, self._waiting_long):
                for ticket in [ticket for ticket in queue if ticket.is_withdrawn.is_set()]:
                    queue.remove(ticket)

    def _queue_of(self, ticket: Ticket) -> deque[Ticket]:
        is_long = self._batch is not None and len(ticket.sample.pages) > MAX_JOINING_PAGES
        return self._waiting_long if is_long else self._waiting

    def _read_on(self, batch: DecodingBatch) -> None:
        """Read the next pages of a long document, or begin with the next one if there is room for it."""
        if self._reading is None:
            with self._changed:
                if not self._waiting_long or self._room < 1:
                    return
                ticket = self._waiting_long.popleft()
            ticket.queue_s = monotonic() - ticket.arrived_s
            self._reading = ticket, batch.begin(ticket.sample, ticket.max_new_tokens, ticket.collator)
        ticket, prompt = self._reading
        started_s = monotonic()
        if started_s < self._read_on_s and (self._running or self._waiting):
            return
        try:
            has_joined = batch.read_on(prompt, PART_PAGES)
        except (DeepSynthError, RuntimeError) as error:
            self._reading = None
            self._refuse_or_retry([ticket], error)
            return
        ended_s = monotonic()
        self._read_on_s = ended_s + 2 * (ended_s - started_s)
        if has_joined:
            self._reading = None
            self._run([ticket], [prompt.row])

    @property
    def _room(self) -> int:
        """How many documents more may run."""
        return self._summarizer.decoding.batch_size - len(self._running) - (self._reading is not None)

    def _next_tickets(self) -> list[Ticket]:
        """Take the tickets that join now from the queue: as many as there is room for."""
        taken: list[Ticket] = []
        with self._changed:
            num_pages = 0
            while self._waiting and len(taken) < self._room:
                ticket = self._waiting[0]
                num_pages += len(ticket.sample.pages)
                has_other_prompt = bool(taken) and ticket.prompt != taken[0].prompt
                if has_other_prompt or (taken and self._running and num_pages > MAX_JOINING_PAGES):
                    break
                taken.append(self._waiting.popleft())
        for ticket in taken:
            ticket.queue_s = monotonic() - ticket.arrived_s
        return taken

    def _join(self, tickets: Sequence[Ticket]) -> None:
        """Let tickets join the batch; if not all can, one by one, so that one document spoils no other."""
        assert self._batch is not None  # noqa: S101 - `turn` asked
        try:
            rows = self._batch.join(
                [ticket.sample for ticket in tickets],
                [ticket.max_new_tokens for ticket in tickets],
                tickets[0].collator,
            )
        except (DeepSynthError, RuntimeError) as error:
            self._refuse_or_retry(tickets, error)
            return
        self._run(tickets, rows)

    def _run(self, tickets: Sequence[Ticket], rows: Sequence[DecodingRow]) -> None:
        """Send the first token of tickets whose rows have joined."""
        for ticket, row in zip(tickets, rows, strict=True):
            ticket.row = row
            self._running.append(ticket)
            self._send(ticket)

    def _refuse_or_retry(self, tickets: Sequence[Ticket], error: DeepSynthError | RuntimeError) -> None:
        free_memory()
        if len(tickets) > 1:
            for ticket in tickets:
                self._join([ticket])
        elif isinstance(error, DeepSynthError):
            tickets[0].fail(error)
        elif is_out_of_memory(error) and self._running:
            with self._changed:  # it fits once others have ended
                self._queue_of(tickets[0]).appendleft(tickets[0])
        else:
            tickets[0].fail(as_known_error(error))

    def _step(self, batch: DecodingBatch) -> None:
        try:
            batch.step()
        except RuntimeError as error:
            if not is_out_of_memory(error) or len(self._running) == 1:
                self.fail_all(as_known_error(error))
                return
            latest = self._running.pop()
            batch.drop([latest.row] if latest.row else [])
            latest.fail(as_known_error(error), retry_after_s=10)
            free_memory()
            return
        for ticket in list(self._running):
            self._send(ticket)

    def _send(self, ticket: Ticket) -> None:
        """Send the new text of a running ticket, and its end."""
        ticket.send_text()
        if ticket.row and ticket.row.is_done:
            self._attend(ticket, ticket.row)
            ticket.end()
            self._running.remove(ticket)
            self._rates.count(ticket)

    def _attend(self, ticket: Ticket, row: DecodingRow) -> None:
        """Send where the model looked, if the request asks for it; nothing if that fails: a summary without
        maps is better than none."""
        if not ticket.with_attention:
            return
        words: list[WordAttention] = []
        try:
            words = attend_words(self._summarizer.model, ticket.collator, ticket.sample, row.text_ids)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                LOGGER.exception("no attention maps")
            free_memory()
        ticket.lines.put(as_line({"event": "attention", "words": [word.model_dump() for word in words]}))

    def _answer_whole(self, tickets: Sequence[Ticket]) -> None:
        """Answer tickets one after the other with whole texts: rows of this model cannot join others."""
        summarizer = self._summarizer
        for ticket in tickets:
            decoding = replace(summarizer.decoding, max_new_tokens=ticket.max_new_tokens)
            try:
                (ids,) = generate_token_ids(summarizer.model, ticket.collator, [ticket.sample], decoding)
            except (DeepSynthError, RuntimeError) as error:
                ticket.fail(error if isinstance(error, DeepSynthError) else as_known_error(error))
                continue
            end = int(ticket.collator.token_layout.tokenizer.eos_token_id)
            row = DecodingRow(
                prompt_ids=[], max_new_tokens=ticket.max_new_tokens, eos_token_id=end, token_ids=ids
            )
            self._run([ticket], [row])


class Busy(DeepSynthError):
    """The queue of a warm model is full."""

    code, http_status = "busy", 429


def as_known_error(error: RuntimeError) -> DeepSynthError:
    """Return an error of torch in the user's words."""
    if is_out_of_memory(error):
        return Unavailable(
            "The device has too little memory for this document beside the others.",
            hint="Send it again later, or split it.",
        )
    return DeepSynthError(
        f"The model failed on this document: {error}", hint="The job's log has the details."
    )
