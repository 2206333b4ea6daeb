"""The connection of a request's client."""

import select
import socket
from collections.abc import Callable, Mapping
from typing import Any


def client_watch(environment: Mapping[str, Any]) -> Callable[[], bool]:
    """Return a function that says whether the client of a request closed its connection.

    Args:
        environment: of the request (WSGI); gunicorn puts the client's socket into it.
    """
    connection = environment.get("gunicorn.socket")
    if connection is None:
        return lambda: False

    def is_gone() -> bool:
        readable, _, _ = select.select([connection], [], [], 0)
        try:
            # Not `connection.recv`: the service's own sockets count the time that a client is silent.
            return bool(readable) and socket.socket.recv(connection, 1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    return is_gone
