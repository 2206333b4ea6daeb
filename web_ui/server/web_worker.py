"""gunicorn's threaded worker with a limit on waiting for a client, so that stalled ones hold no thread."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

from web_ui.settings import Settings

MIN_BYTES_PER_S = 1024
"""A client that sends more slowly than this uses up its waiting budget."""


class SlowClientSocket(socket.socket):
    """A client's connection with a waiting budget in seconds. Waiting for bytes uses it up, received bytes
    restore it, and at 0 the connection counts as closed."""

    def __init__(self, connection: socket.socket, waiting_budget_s: float) -> None:
        super().__init__(fileno=connection.detach())
        self._waiting_budget_s = self._max_waiting_s = waiting_budget_s
        self.setblocking(True)

    def setblocking(self, is_blocking: bool) -> None:
        if self.fileno() >= 0:
            self.settimeout(self._max_waiting_s if is_blocking else 0)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receive bytes. Returns b"" (end of stream) once the waiting budget is used up; raises TimeoutError
        before that, as `socket.recv` does."""
        if self._waiting_budget_s <= 0:
            return b""
        given_s, began_s = self.gettimeout() or self._max_waiting_s, monotonic()
        try:
            self.settimeout(min(given_s, self._waiting_budget_s))
            received = super().recv(size, flags)
        except TimeoutError:
            self._waiting_budget_s -= monotonic() - began_s
            if self._waiting_budget_s > 0:
                raise
            return b""
        finally:
            self.settimeout(given_s)
        earned_s = len(received) / MIN_BYTES_PER_S
        self._waiting_budget_s = min(
            self._max_waiting_s, self._waiting_budget_s - (monotonic() - began_s) + earned_s
        )
        return received

    def sendall(self, content: Any, flags: int = 0, /) -> None:
        with _report_as_closed():
            super().sendall(content, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        with _report_as_closed():
            return super().sendfile(file, offset, count)


class SlowClientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker in `deepsynth serve`."""

    def init_process(self) -> None:
        self.waiting_budget_s = Settings.from_environment().client_timeout_s
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, SlowClientSocket):
            conn.sock = SlowClientSocket(conn.sock, self.waiting_budget_s)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Serve one request and close the connection in this thread; gunicorn's main loop would block on a
        slow client."""
        result = super().handle(conn)
        if result is False:
            util.close_graceful(conn.sock)
        return result


@contextmanager
def _report_as_closed() -> Iterator[None]:
    """Turn a timeout on sending into a closed connection, which gunicorn does not log as an error."""
    try:
        yield
    except TimeoutError as error:
        raise ConnectionResetError(errno.ECONNRESET, "the client does not read its answer") from error
