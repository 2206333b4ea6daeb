"""Access checks: hosts, origins, content types, tokens, rates, and the headers of every answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.errors import InvalidInput
from tests.web_ui.conftest import HOST, SAMPLE
from web_ui.app import create_app
from web_ui.settings import Settings

TOKEN = "canary-7f3a9b-api-token"


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.fixture
def locked(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client(api_token=TOKEN)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:5000",
        "localhost",
        "localhost:5001",
        "127.0.0.1:80",
        "localhost.evil.example:5000",
        "",
        "0.0.0.0:5000",
    ],
)
def test_a_wrong_host_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/api/jobs", base_url=f"http://{HOST}", headers={"Host": host})
    assert code_of(answer) == (421, "unknown_host")


@pytest.mark.parametrize("host", ["localhost:5000", "LOCALHOST:5000", "127.0.0.1:5000", "[::1]:5000"])
def test_the_names_of_this_machine_with_the_port_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/api/jobs", headers={"Host": host}).status_code == 200


def test_an_ipv6_address_is_answered_as_clients_write_it(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(api_token=TOKEN, host="fd00::7")
    assert client.get("/api/health", headers={"Host": "[fd00::7]:5000"}).status_code == 200


def test_on_port_80_a_host_without_port_is_answered(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(port=80)
    assert [
        client.get("/api/jobs", headers={"Host": host}).status_code
        for host in ("localhost", "localhost:80", "evil")
    ] == [200, 200, 421]


@pytest.mark.parametrize("host", ["gpu-box:5000", "gpu-box", "proxy.lab:8443"])
def test_further_host_names_can_be_allowed(make_client: Callable[..., FlaskClient], host: str) -> None:
    client = make_client(allowed_hosts="gpu-box, proxy.lab:8443")
    assert client.get("/api/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:8888"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/dataset/generate"), ("DELETE", "/api/jobs/x"), ("PUT", "/api/uploads/a.txt")],
)
def test_changes_from_another_site_are_refused(
    client: FlaskClient, headers: dict[str, str], method: str, path: str
) -> None:
    assert code_of(client.open(path, method=method, json=SAMPLE, headers=headers)) == (403, "forbidden")


def test_changes_from_a_page_of_the_service_are_allowed(client: FlaskClient) -> None:
    headers = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/dataset/generate", json=SAMPLE, headers=headers).status_code == 202


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_type_that_an_html_form_can_send_is_refused(client: FlaskClient, media: str) -> None:
    answer = client.post("/api/dataset/generate", data='{"name": "demo"}', content_type=media)
    assert code_of(answer) == (415, "unsupported_media_type")


def test_no_answer_opens_the_api_to_other_sites(client: FlaskClient) -> None:
    answers = [
        client.get("/api/jobs", headers={"Origin": "http://evil.example"}),
        client.options("/api/jobs"),
    ]
    assert not any(
        name.lower().startswith("access-control") for answer in answers for name, _ in answer.headers
    )


@pytest.mark.parametrize(
    "path", ["/api/jobs", "/api/nothing", "/login", "/static/any/css/base.css", "/api/health"]
)
def test_every_answer_carries_the_protective_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "gpu-box"])
def test_a_service_without_a_token_that_other_machines_can_reach_does_not_start(
    tmp_path: Path, host: str
) -> None:
    with pytest.raises(InvalidInput, match="without a token") as caught:
        create_app(Settings(workspace=tmp_path, host=host))
    assert "DEEPSYNTH_API_TOKEN" in caught.value.hint
    assert create_app(Settings(workspace=tmp_path, host=host, api_token=TOKEN))
    assert create_app(Settings(workspace=tmp_path, host=host, published_on_loopback=True))


def test_a_remote_client_is_refused_even_if_the_server_listens_publicly(client: FlaskClient) -> None:
    assert code_of(client.get("/api/jobs", environ_base={"REMOTE_ADDR": "10.0.0.9"})) == (403, "forbidden")


@pytest.mark.parametrize(
    "path",
    ["/api/jobs", "/api/system", "/metrics", "/api/openapi.json", "/api/datasets/x/pages/train/0/1.png"],
)
def test_requests_without_the_token_are_refused(locked: FlaskClient, path: str) -> None:
    assert code_of(locked.get(path)) == (401, "unauthorized")


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ünïcode"])
def test_a_wrong_bearer_token_is_refused(locked: FlaskClient, token: str) -> None:
    assert code_of(locked.get("/api/jobs", headers={"Authorization": f"Bearer {token}"}))[0] == 401


def test_the_bearer_token_opens_the_api(locked: FlaskClient) -> None:
    assert locked.get("/api/jobs", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_wrong_tokens_are_limited_without_limiting_requests_with_the_token(
    make_client: Callable[..., FlaskClient],
) -> None:
    client = make_client(api_token=TOKEN, max_changes_per_minute=3)
    good, bad = ({"Authorization": f"Bearer {token}"} for token in (TOKEN, "wrong"))
    assert [client.get("/api/health", headers=bad).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert (
        client.post("/login", data={"token": "wrong"}).status_code
        == client.post("/api/jobs/x/pause").status_code
        == 429
    )
    client.set_cookie("deepsynth_session", "0" * 64, domain="localhost")
    assert client.get("/api/jobs").status_code == 429
    assert client.get("/api/jobs", headers=good).status_code == 200
    assert client.post("/api/jobs/x/pause", headers=good).status_code == 404
    assert client.post("/login", data={"token": TOKEN}).status_code == 302
    assert client.get("/api/jobs").status_code == 200


def test_pages_lead_to_the_login_and_the_token_opens_them(locked: FlaskClient) -> None:
    assert locked.get("/jobs?kind=training").headers["Location"] == "/login?next=/jobs?kind%3Dtraining"
    assert locked.post("/login", data={"token": "wrong"}).status_code == 401
    answer = locked.post("/login", data={"token": TOKEN})
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict"))
    assert TOKEN not in cookie
    assert locked.get("/api/jobs").status_code == 200
    assert b"Log out" in locked.get("/jobs").data
    assert [locked.post("/logout").headers["Location"] for _ in range(2)] == [
        "/login",
        "/login",
    ]  # the second time without a login
    assert locked.get("/api/jobs").status_code == 401


def test_a_browser_stores_no_page_of_a_service_with_a_login(client: FlaskClient, locked: FlaskClient) -> None:
    locked.post("/login", data={"token": TOKEN})
    assert [each.get("/jobs").headers["Cache-Control"] for each in (client, locked)] == [
        "no-cache",
        "no-store",
    ]


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [("/jobs?kind=training#log", "/jobs?kind=training#log"), ("", "/"),
     ("//evil.example", "/"), ("/\\evil.example", "/"),
     ("https://evil.example/", "/"), ("/\t/evil.example", "/")],
)  # fmt: skip
def test_logging_in_leads_back_to_a_page_of_this_service_only(
    locked: FlaskClient, wanted: str, leads_to: str
) -> None:
    assert locked.post("/login", data={"token": TOKEN, "next": wanted}).headers["Location"] == leads_to


def test_a_forged_cookie_is_refused(locked: FlaskClient) -> None:
    locked.set_cookie("deepsynth_session", "0" * 64, domain="localhost")
    assert locked.get("/api/jobs").status_code == 401


def test_health_is_open_but_hides_paths_without_the_token(locked: FlaskClient, tmp_path: Path) -> None:
    answer = locked.get("/api/health")
    assert answer.status_code == 200
    assert answer.get_json()["problems"] == []
    assert str(tmp_path) not in answer.text


def test_changing_requests_are_limited_by_client(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(max_changes_per_minute=3)
    answers = [client.post("/api/jobs/x/pause") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert client.get("/api/jobs").status_code == 200
