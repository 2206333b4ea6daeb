"""The least of an HTTP/1.1 server that the stand-in needs: keep-alive, HEAD, ranges, chunked bodies, dropped
connections."""

import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]

    def form(self, name: str) -> list[str]:
        return parse_qs(self.body.decode()).get(name, [])


@dataclass
class Answer:
    """Status 0 drops the connection. A body that is not bytes is sent as JSON."""

    status: int
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    def part(self, request: Request) -> "Answer":
        """Return what the request's Range asks for."""
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if not match:
            return self
        start, end = int(match[1]), int(match[2] or len(self.body) - 1)
        content = self.body[start : end + 1]
        span = {"Content-Range": f"bytes {start}-{start + len(content) - 1}/{len(self.body)}"}
        return Answer(206, content, {**self.headers, **span})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answer: Callable[[Request], Answer]

    def _handle(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = type(self).answer(Request(self.command, self.path, headers, self._body(headers)))
        if not answer.status:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        is_json = not isinstance(answer.body, bytes)
        content = json.dumps(answer.body).encode() if is_json else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json" if is_json else "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815 - names that the standard library calls

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *arguments: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        return  # clients are killed on purpose here


class HttpServer:
    """Serves one function on a free loopback port, each connection in its own thread."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        handler = type("BoundHandler", (Handler,), {"answer": staticmethod(answer)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
