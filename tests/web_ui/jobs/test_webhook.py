"""The webhook, with a receiver that listens: who is told of what, signature, retries, restarts, no secret."""

import hashlib
import hmac
import json
import subprocess
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.web_ui.jobs.world import World
from web_ui.commands.doctor import check_webhook
from web_ui.jobs.delivery_record import Delivery, read_delivery
from web_ui.jobs.job import STATE, JobState, State
from web_ui.jobs.webhook import DELIVERY_HEADER, SIGNATURE_HEADER

SECRET = "webhook-secret-canary"
HUB_TOKEN = "hf_canary12345"


class Receiver:
    """A web server that answers with `statuses` in turn, then with 200, and keeps what it was sent."""

    def __init__(self) -> None:
        self.statuses, self.requests = list[int](), list[tuple[Message, bytes]]()
        self.gate = threading.Event()  # no answer before it is set
        self.gate.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.headers, body))
                receiver.gate.wait(30)
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DEEPSYNTH_WEBHOOK_URL": f"http://127.0.0.1:{self.server.server_port}/hook/url-canary",
            "DEEPSYNTH_WEBHOOK_SECRET": SECRET,
            "DEEPSYNTH_PUBLIC_URL": "https://deep.example/",
            "HF_TOKEN": HUB_TOKEN,
        }

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.gate.set()
    receiver.server.shutdown()
    receiver.server.server_close()


def start(world: World, receiver: Receiver) -> "subprocess.Popen[bytes]":
    """Start a runner with the webhook, and wait until it has noted since when it tells endings."""
    runner = world.start_runner(**receiver.environment)
    world.wait_for((world.workspace.runners / "cpu-webhook.json").exists, "the runner to know its webhook")
    return runner


def told(world: World, job_id: str) -> Delivery | None:
    return read_delivery(world.workspace.jobs / job_id)


def wait_until_told(world: World, job_id: str) -> None:
    world.wait_for(lambda: (found := told(world, job_id)) and found.delivered, f"{job_id} to be told")


def test_an_ending_is_told_signed_and_tried_again_until_accepted(world: World, receiver: Receiver) -> None:
    receiver.statuses[:] = [503, 429]
    start(world, receiver)
    job_id = world.submit("news")
    wait_until_told(world, job_id)
    assert [message["id"] for message in receiver.messages()] == [job_id] * 3
    assert len({headers[DELIVERY_HEADER] for headers, _ in receiver.requests}) == 1
    for headers, body in receiver.requests:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers[SIGNATURE_HEADER] == f"sha256={digest}"
    job, message = world.store.get(job_id), receiver.messages()[0]
    assert message == {
        "event": "job.ended",
        "id": job_id,
        "kind": "count",
        "title": "news",
        "state": "succeeded",
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
        "result": {"total": 10},
        "error": None,
        "url": f"https://deep.example/jobs/{job_id}",
    }


def test_a_failure_is_told_without_secrets_and_each_ending_of_a_job_anew(
    world: World, receiver: Receiver
) -> None:
    start(world, receiver)
    job_id = world.submit("crashing", misbehaviour="crash")
    wait_until_told(world, job_id)
    first = receiver.messages()[0]
    assert (first["state"], first["result"]) == ("failed", None)
    assert first["error"]["message"] == "RuntimeError: boom with ***"
    world.store.request_resume(job_id)
    world.wait_for(lambda: len(receiver.requests) == 2, "the second failure to be told")
    wait_until_told(world, job_id)
    texts = [
        world.log.read_text(),
        *(path.read_text(errors="replace") for path in world.workspace.root.rglob("*") if path.is_file()),
        *(f"{headers}{body.decode()}" for headers, body in receiver.requests),
    ]
    assert not [text for text in texts if SECRET in text or HUB_TOKEN in text or "url-canary" in text]


def test_a_runner_that_is_killed_before_the_delivery_leaves_it_to_the_next(
    world: World, receiver: Receiver
) -> None:
    receiver.statuses[:] = [503] * 4
    runner = start(world, receiver)
    job_id = world.submit("news")
    world.wait_for(lambda: told(world, job_id), "the first attempt")
    runner.kill()
    runner.wait()
    receiver.statuses.clear()
    start(world, receiver)
    wait_until_told(world, job_id)
    num_requests = len(receiver.requests)
    later = world.submit("later")
    wait_until_told(world, later)
    assert [message["id"] for message in receiver.messages()[num_requests:]] == [later]


def test_jobs_that_ended_before_a_webhook_was_set_are_never_told(world: World, receiver: Receiver) -> None:
    runner = world.start_runner()
    old = [world.submit(f"old-{number}") for number in range(3)]
    for job_id in old:
        world.wait_for_end(job_id)
    runner.kill()
    runner.wait()
    start(world, receiver)
    new = world.submit("new")
    wait_until_told(world, new)
    assert [message["id"] for message in receiver.messages()] == [new]
    assert [told(world, job_id) for job_id in old] == [None] * 3


@pytest.mark.parametrize("status", [302, 307, 404])
def test_a_refusal_or_redirect_is_given_up_at_once_and_doctor_says_it(
    world: World, receiver: Receiver, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.statuses[:] = [status]
    start(world, receiver)
    job_id = world.submit("news")
    world.wait_for(lambda: (found := told(world, job_id)) and found.is_given_up, "it to be given up")
    assert world.store.get(job_id).state == State.SUCCEEDED
    assert "webhook not delivered" in world.log.read_text()
    assert len(receiver.requests) == 1
    for name, value in receiver.environment.items():
        monkeypatch.setenv(name, value)
    (finding,) = check_webhook(world.workspace)
    assert finding.level == "notice"
    assert f"HTTP {status}" in finding.detail
    assert "canary" not in f"{finding}"
    monkeypatch.delenv("DEEPSYNTH_WEBHOOK_URL")  # as in a shell that does not read .env
    (finding,) = check_webhook(world.workspace)
    assert finding.detail.startswith("set for a runner; 0 jobs told, 1 not")


def test_a_receiver_that_never_answers_holds_up_no_job(world: World, receiver: Receiver) -> None:
    receiver.gate.clear()
    start(world, receiver)
    first = world.submit("first")
    world.wait_for(lambda: receiver.requests, "the receiver to be asked")
    assert world.wait_for_end(first).state == State.SUCCEEDED
    assert world.wait_for_end(world.submit("second")).state == State.SUCCEEDED
    assert len(receiver.requests) == 1


def test_an_ending_while_no_runner_was_there_is_told_by_the_next(world: World, receiver: Receiver) -> None:
    runner = start(world, receiver)
    job_id = world.submit("slow", num_steps=20, step_s=0.05)
    world.wait_for_steps(job_id)
    runner.kill()
    runner.wait()
    world.wait_for(lambda: not world.processes(job_id), "the worker to end alone")
    start(world, receiver)
    wait_until_told(world, job_id)
    state = JobState.model_validate_json((world.workspace.jobs / job_id / STATE).read_bytes())
    assert [message["ended"] for message in receiver.messages()] == [state.ended]
