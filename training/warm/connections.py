"""The socket of a warm model: a thread for each connection reads one request, and writes its events."""

import select
import socket
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from threading import Thread
from typing import Any, Final

from pydantic import ValidationError

from data.errors import DeepSynthError, InvalidInput
from training.options.warm_protocol import MAX_REQUEST_BYTES, SOCKET, WarmRequest, as_line, socket_address
from training.warm.documents import read_document
from training.warm.responder import Busy, Responder
from training.warm.tickets import Ticket, error_event

REQUEST_TIMEOUT_S: Final = 30.0
"""Time in which a client must send its request, and take each event."""
POLL_S: Final = 0.2
BUSY_RETRY_S: Final = 2
_UNREADY_SOCKET: Final = "model.sock-unready"


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, path: str, current: Callable[[], tuple[Responder, Any]]) -> None:
        self.current = current
        super().__init__(path, _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away; other errors stop this connection alone, and stand in the log."""
        super().handle_error(request, client_address)


class _Connection(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(REQUEST_TIMEOUT_S)
        with suppress(OSError):  # the client is gone, or does not read
            try:
                self._answer(self._read_request())
            except DeepSynthError as error:
                retry_after_s = BUSY_RETRY_S if isinstance(error, Busy) else None
                self.request.sendall(as_line(error_event(error, retry_after_s)))

    def _read_request(self) -> WarmRequest:
        with self.request.makefile("rb") as lines:
            line = lines.readline(MAX_REQUEST_BYTES + 1)
        if not line:
            raise ConnectionResetError("the client went away")
        if len(line) > MAX_REQUEST_BYTES:
            raise InvalidInput(
                f"The request is larger than {MAX_REQUEST_BYTES >> 20} MiB.",
                hint="Send fewer or smaller pages.",
            )
        try:
            return WarmRequest.model_validate_json(line)
        except ValidationError as error:
            raise InvalidInput(f"The request is malformed: {error.errors()[0]['msg']}.") from error

    def _answer(self, request: WarmRequest) -> None:
        responder, summarizer = self.server.current()
        ticket, read = read_document(request, summarizer)
        num_before = responder.submit(ticket)
        try:
            self.request.sendall(as_line({"event": "waiting", "num_before": num_before}))
            self.request.sendall(as_line(read))
            self._relay(ticket)
        finally:
            ticket.is_withdrawn.set()

    def _relay(self, ticket: Ticket) -> None:
        """Write the events of a ticket until its end, or until the client is gone."""
        while True:
            try:
                line = ticket.lines.get(timeout=POLL_S)
            except Empty:
                if self._is_closed():
                    return
                continue
            if line is None:
                return
            self.request.sendall(line)

    def _is_closed(self) -> bool:
        readable, _, _ = select.select([self.request], [], [], 0)
        return bool(readable) and self.request.recv(1, socket.MSG_PEEK) == b""


@contextmanager
def listening(folder: Path, current: Callable[[], tuple[Responder, Any]]) -> Iterator[None]:
    """Answer connections to the socket in a folder, in threads, inside this block.

    Args:
        folder: of the job.
        current: returns the responder and the summarizer that answer now.
    """
    path, unready = folder / SOCKET, folder / _UNREADY_SOCKET
    unready.unlink(missing_ok=True)  # of an attempt that was killed
    with socket_address(unready) as address:
        server = _Server(address, current)
    unready.chmod(0o600)
    unready.replace(path)  # whoever sees the socket may connect to it
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": POLL_S}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        server.shutdown()
        server.server_close()
