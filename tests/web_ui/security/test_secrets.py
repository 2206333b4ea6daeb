"""No answer, log line or file of the workspace shows a token of the environment."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE
from web_ui.jobs import redaction

CANARY = "canary-3c1d55-never-to-be-seen"


def test_no_answer_log_or_file_holds_a_token(
    make_client: Callable[..., FlaskClient], workspace: Workspace, log_lines: list[str]
) -> None:
    url = f"https://hooks.example/{CANARY}"
    client = make_client(api_token=CANARY, hub_token=CANARY, webhook_url=url, webhook_secret=CANARY)
    headers = {"Authorization": f"Bearer {CANARY}"}
    answers = [client.post("/login", data={"token": CANARY}), client.post("/login", data={"token": "wrong"})]
    paths = [
        rule.rule
        for rule in client.application.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and "<" not in rule.rule
    ]
    answers += [client.get(path, headers=headers) for path in paths]
    answers += [client.get(path) for path in paths]
    answers.append(client.post("/api/dataset/generate", json=SAMPLE, headers=headers))
    answers.append(
        client.post("/api/dataset/generate", json={**SAMPLE, "hub_token": CANARY}, headers=headers)
    )
    texts = [f"{answer.headers}{answer.get_data(as_text=True)}" for answer in answers]
    files = [
        path.read_bytes().decode(errors="replace") for path in workspace.root.rglob("*") if path.is_file()
    ]
    assert log_lines
    assert files
    assert not [text for text in (*texts, *log_lines, *files) if CANARY in text]


def test_a_stored_token_is_redacted_at_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    redaction._stored_token.cache_clear()
    try:
        assert redaction.redact_json({"fields": {"url": f"a {CANARY} b"}, "list": [CANARY], "done": 1}) == {
            "fields": {"url": "a *** b"},
            "list": ["***"],
            "done": 1,
        }
    finally:
        redaction._stored_token.cache_clear()


def test_html_in_a_name_is_returned_as_json(client: FlaskClient) -> None:
    answer = client.post("/api/dataset/generate", json={**SAMPLE, "name": "<img src=x onerror=alert(1)>"})
    assert answer.mimetype == "application/json"
    assert json.loads(answer.text)["error"]["fields"]["name"]
