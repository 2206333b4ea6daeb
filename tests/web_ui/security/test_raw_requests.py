"""Requests that no test client sends, to the real server over a socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.services import Service
from web_ui.server.serve import NUM_THREADS


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(workspace=tmp_path_factory.mktemp("raw") / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPSYNTH_CLIENT_TIMEOUT_S", "1")
        service.start()
    yield service
    service.stop()


def send(service: Service, *parts: bytes) -> bytes:
    """Send raw bytes and return all bytes that the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def head(service: Service, line: str, *headers: str, host: str | None = None) -> bytes:
    named = host or f"127.0.0.1:{service.port}"
    return "\r\n".join([line, f"Host: {named}", "Connection: close", *headers, "", ""]).encode("latin-1")


def test_a_chunked_upload_arrives_whole(service: Service) -> None:
    chunks = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (b"x" * 700_000, b"y" * 700_000)]
    start = head(
        service,
        "PUT /api/uploads/chunked.txt HTTP/1.1",
        "Content-Type: application/octet-stream",
        "Transfer-Encoding: chunked",
    )
    assert b" 201 " in send(service, start, *chunks, b"0\r\n\r\n").partition(b"\r\n")[0]
    assert (service.workspace / "uploads" / "chunked.txt").read_bytes() == b"x" * 700_000 + b"y" * 700_000


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script_Name", "PATH_INFO", "SCRIPT-NAME"])
def test_a_client_does_not_move_the_addresses_of_the_service(service: Service, name: str) -> None:
    answer = send(service, head(service, "GET / HTTP/1.1", f"{name}: /x"))
    assert b"\r\nLocation: /start\r\n" in answer
    missing = send(service, head(service, "GET /static HTTP/1.1", f"{name}: /x"))
    assert b" 404 " in missing.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("Content-Length: 1000", b"half"),
        ("Transfer-Encoding: chunked", b"4\r\nhalf\r\n"),
        ("Transfer-Encoding: chunked", b"9\r\nhalf"),
        ("Transfer-Encoding: chunked", b"zz\r\nhalf"),
    ],
)
def test_an_interrupted_upload_leaves_no_file(service: Service, header: str, part: bytes) -> None:
    start = head(
        service, "PUT /api/uploads/cut.txt HTTP/1.1", "Content-Type: application/octet-stream", header
    )
    assert send(service, start, part).split()[1] in (b"400", b"422")
    assert not list((service.workspace / "uploads").glob("*cut.txt*"))


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("GET /api/jobs HTTP/1.1", ["Host: evil.example"]),
        ("GET /api/jobs/..%2f..%2fetc%2fpasswd/log HTTP/1.1", []),
        ("GET /api/../../etc/passwd HTTP/1.1", []),
        ("GET /static/../../settings.py HTTP/1.1", []),
        ("GET /api/jobs/\x00 HTTP/1.1", []),
        ("POST /api/jobs/x/pause HTTP/1.1", ["Origin: http://evil.example"]),
        (
            "POST /api/dataset/generate HTTP/1.1",
            ["Content-Type: application/json", "Content-Length: 99999999999"],
        ),
        ("POST /api/dataset/generate HTTP/1.1", ["Content-Type: application/json", "Content-Length: -1"]),
        ("POST /api/dataset/generate HTTP/1.1", ["Content-Length: 2", "Transfer-Encoding: chunked"]),
    ],
)
def test_a_hostile_request_is_refused_and_the_service_keeps_running(
    service: Service, line: str, headers: list[str]
) -> None:
    status = send(service, head(service, line, *headers)).partition(b"\r\n")[0]
    assert status.split()[1].startswith(b"4"), status
    assert service.call("GET", "/api/health")["role"] == "cpu"


def test_a_wrong_host_name_is_refused(service: Service) -> None:
    assert b" 421 " in send(
        service, head(service, "GET /api/jobs HTTP/1.1", host=f"evil.example:{service.port}")
    )


@pytest.mark.parametrize(
    "begun",
    [
        "GET / HTTP/1.1\r\nHost:",
        "POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Type: "
        "application/x-www-form-urlencoded\r\nContent-Length: 999\r\n\r\nto",
    ],
    ids=["headers", "body"],
)
def test_slow_clients_do_not_block_the_threads(service: Service, begun: str) -> None:
    slow = [socket.create_connection(("127.0.0.1", service.port), timeout=20) for _ in range(2 * NUM_THREADS)]
    for connection in slow:
        connection.sendall(begun.format(host=f"127.0.0.1:{service.port}").encode())
    is_over = threading.Event()
    trickle = threading.Thread(target=send_slowly, args=(slow, is_over))
    trickle.start()
    try:
        assert service.call("GET", "/api/health")["role"] == "cpu"
    finally:
        is_over.set()
        trickle.join()
        for connection in slow:
            connection.close()


def send_slowly(connections: list[socket.socket], is_over: threading.Event) -> None:
    while not is_over.wait(0.1):
        for connection in connections:
            with suppress(OSError):  # closed by the service
                connection.send(b"x")
