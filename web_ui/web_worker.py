"""gunicorn's threaded worker, made to wait for a client only so long: else eight stalled ones would hold every thread for ever."""

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
"""A client that sends less than this uses its patience up."""


class PatientSocket(socket.socket):
    """A client's connection. Waiting for bytes uses patience up, received bytes earn it back; without any left it has ended."""

    def __init__(self, connection: socket.socket, patience_s: float) -> None:
        super().__init__(fileno=connection.detach())
        self._patience_s = self._most_s = patience_s
        self.setblocking(True)

    def setblocking(self, is_blocking: bool) -> None:
        if self.fileno() >= 0:
            self.settimeout(self._most_s if is_blocking else 0)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receive as usual; b"", as at the end of a stream, once the patience is used up. Raises TimeoutError as usual."""
        if self._patience_s <= 0:
            return b""
        given_s, began_s = self.gettimeout() or self._most_s, monotonic()
        try:
            self.settimeout(min(given_s, self._patience_s))
            received = super().recv(size, flags)
        except TimeoutError:
            self._patience_s -= monotonic() - began_s
            if self._patience_s > 0:
                raise
            return b""
        finally:
            self.settimeout(given_s)
        earned_s = len(received) / MIN_BYTES_PER_S
        self._patience_s = min(self._most_s, self._patience_s - (monotonic() - began_s) + earned_s)
        return received

    def sendall(self, content: Any, flags: int = 0, /) -> None:
        with _as_gone():
            super().sendall(content, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        with _as_gone():
            return super().sendfile(file, offset, count)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """The worker that `deepsynth serve` starts."""

    def init_process(self) -> None:
        self.patience_s = Settings.from_environment().client_timeout_s
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(conn.sock, self.patience_s)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Serve one request, and say goodbye in this thread: gunicorn's only loop would wait for the client's answer."""
        result = super().handle(conn)
        if result is False:
            util.close_graceful(conn.sock)
        return result


@contextmanager
def _as_gone() -> Iterator[None]:
    """Take a client that does not read its answer for one that has left, which gunicorn passes over in silence."""
    try:
        yield
    except TimeoutError as error:
        raise ConnectionResetError(errno.ECONNRESET, "the client does not read its answer") from error
