"""The service about itself: health, system, pages, Prometheus, and a light start."""

import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import web_ui
from data.store.events import EVENTS, EventLog
from data.store.files import read_json, write_json
from data.store.workspace import Workspace
from evaluation.training_metrics import METRICS
from tests.web_ui.conftest import SAMPLE
from web_ui.jobs.heartbeat import write_heartbeat
from web_ui.jobs.job import REQUEST, STATE, JobState, State

STATIC = Path(web_ui.__file__).resolve().parent / "static"
HEAVY = ("torch", "transformers", "datasets", "pyarrow", "skia", "PIL", "pandas")


def test_health_without_a_runner_is_degraded_and_says_how_to_start_one(client: FlaskClient) -> None:
    answer = client.get("/api/health")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert "deepsynth run-jobs --role cpu" in answer.get_json()["problems"][0]


def test_health_with_a_runner_is_ok(client: FlaskClient, workspace: Workspace) -> None:
    write_heartbeat(workspace, "cpu", "2026-11-23T08:00:00+00:00", 1, ())
    assert client.get("/api/health").get_json() == {
        "status": "ok",
        "role": "cpu",
        "version": "0.1.0",
        "problems": [],
    }


def test_health_with_a_full_disk_is_degraded(
    client: FlaskClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_heartbeat(workspace, "cpu", "2026-11-23T08:00:00+00:00", 1, ())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))  # type: ignore[attr-defined]
    assert "0.00 GB are free" in client.get("/api/health").get_json()["problems"][0]


def test_health_without_its_workspace_is_failing(client: FlaskClient, workspace: Workspace) -> None:
    shutil.rmtree(workspace.root)
    answer = client.get("/api/health")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "failing")


def test_a_runner_is_shown_with_the_jobs_that_wait_for_it_also_those_just_resumed(
    client: FlaskClient,
) -> None:
    ids = [
        client.post("/api/dataset/generate", json=SAMPLE | {"name": name}).get_json()["id"]
        for name in ("one", "two")
    ]
    client.post(f"/api/jobs/{ids[0]}/pause")

    def waiting() -> list[int]:
        return [
            runner["num_waiting"]
            for runner in client.get("/api/system").get_json()["runners"]
            if runner["role"] == "cpu"
        ]

    assert waiting() == [1]
    client.post(f"/api/jobs/{ids[0]}/resume")
    assert waiting() == [2]


def test_the_system_is_shown_with_both_runners(client: FlaskClient, workspace: Workspace) -> None:
    write_heartbeat(workspace, "gpu", "2026-11-23T08:00:00+00:00", 1, ("20261123-080000-aaaa",))
    system = client.get("/api/system").get_json()
    runners = {runner["role"]: runner for runner in system["runners"]}
    assert (runners["gpu"]["is_alive"], runners["cpu"]["is_alive"]) == (True, False)
    assert runners["gpu"]["running"] == ["20261123-080000-aaaa"]
    assert system["memory"]["total_gb"] > system["memory"]["service_gb"] > 0
    assert system["disk"]["free_gb"] > 0
    assert isinstance(system["gpus"], list)


@pytest.mark.parametrize(
    "path", ["/benchmarks", "/custom", "/train", "/jobs", "/jobs/20261123-080000-aaaa", "/login"]
)
def test_every_tab_is_a_page_without_inline_script_or_style(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert not [mark for mark in ("<script>", " style=", " onclick=", "javascript:") if mark in answer.text]


def reachable_modules(*first: str) -> set[str]:
    found: set[str] = set()
    waiting = [STATIC / name for name in first]
    while waiting:
        path = waiting.pop()
        if (name := path.relative_to(STATIC).as_posix()) not in found:
            found.add(name)
            waiting += [
                (path.parent / other).resolve() for other in re.findall(r'from "(\.[^"]+)"', path.read_text())
            ]
    return found


def test_a_page_names_every_module_that_its_script_needs_and_no_other(client: FlaskClient) -> None:
    named = set(
        re.findall(
            r'rel="modulepreload" href="/static/[0-9a-f]+/([^"]+)"',
            client.get("/jobs/20261123-080000-aaaa").text,
        )
    )
    assert {"js/job.js", "js/charts/chart-moves.js", "vendor/uplot/uPlot.esm.js"} <= named
    assert named.isdisjoint({"js/monitor/use-model.js", "js/train.js"})
    assert named == reachable_modules("js/frame.js", "js/job.js")


def test_a_browser_asks_once_for_what_a_page_needs_until_it_changes(client: FlaskClient) -> None:
    addresses = re.findall(r'"(/static/[0-9a-f]+/[^"]+)"', client.get("/benchmarks").text)
    assert {name.rpartition("/")[2] for name in addresses} >= {"style.css", "frame.js", "logo.svg"}
    answers = [client.get(address) for address in addresses]
    assert {(answer.status_code, answer.cache_control.max_age) for answer in answers} == {
        (200, 365 * 24 * 3600)
    }
    # The address of a page that was opened before an update.
    earlier = client.get("/static/0123/js/frame.js")
    assert (earlier.status_code, earlier.cache_control.max_age) == (200, 0)


@pytest.mark.parametrize(
    ("chosen", "mark"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("<b>", ""), (None, "")],
)
def test_the_chosen_theme_comes_with_the_page(client: FlaskClient, chosen: str | None, mark: str) -> None:
    if chosen:
        client.set_cookie("deepsynth_theme", chosen)
    assert f'<html lang="en"{mark}>' in client.get("/train").text


def test_the_root_leads_to_the_first_screen_until_something_is_made(
    client: FlaskClient, workspace: Workspace
) -> None:
    assert client.get("/").headers["Location"] == "/start"
    workspace.dataset("news").mkdir()
    assert client.get("/").headers["Location"] == "/benchmarks"


def test_a_hostile_job_id_stays_text_on_its_page(client: FlaskClient) -> None:
    assert "<img src=x" not in client.get("/jobs/%3Cimg%20src=x%20onerror=alert(1)%3E").text


def test_prometheus_reads_jobs_runners_and_disk(client: FlaskClient) -> None:
    client.post("/api/dataset/generate", json=SAMPLE)
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'deepsynth_jobs{kind="dataset",state="queued"} 1' in lines
    assert 'deepsynth_runner_alive{role="cpu"} 0' in lines
    assert all(line.startswith("#") or float(line.rpartition(" ")[2]) >= 0 for line in lines)


def test_prometheus_tells_rates_and_waits_whatever_else_the_files_hold(
    client: FlaskClient, workspace: Workspace
) -> None:
    healthy, odd, ancient = (
        workspace.jobs / client.post("/api/dataset/generate", json={**SAMPLE, "name": name}).get_json()["id"]
        for name in ("a", "b", "c")
    )
    progress = {"done": 1, "total": None, "unit": "samples", "counts": {}, "rate": 7.5, "eta_s": None}
    created = read_json(healthy / REQUEST)["created"]
    for folder, rate in ((healthy, 7.5), (odd, "fast")):
        write_json(folder / STATE, JobState(state=State.RUNNING, started=created).model_dump(mode="json"))
        EventLog(folder / EVENTS).append("progress", **{**progress, "rate": rate})
    write_json(ancient / REQUEST, read_json(ancient / REQUEST) | {"created": "yesterday"})
    lines = client.get("/metrics").text.splitlines()
    assert f'deepsynth_render_rate{{job_id="{healthy.name}"}} 7.5' in lines
    assert 'deepsynth_queue_wait_seconds{role="cpu"} 0' in lines
    assert 'deepsynth_jobs{kind="unknown",state="failed"} 1' in lines
    jobs = {job["id"]: job for job in client.get("/api/jobs").get_json()["jobs"]}
    assert (jobs[odd.name]["progress"], jobs[ancient.name]["error"]["code"]) == (None, "storage_failed")


def test_log_lines_are_json_and_name_the_job(client: FlaskClient, log_lines: list[str]) -> None:
    job_id = client.post("/api/dataset/generate", json=SAMPLE).get_json()["id"]
    client.post(f"/api/jobs/{job_id}/pause")
    lines = [json.loads(line) for line in log_lines]
    assert [(line["method"], line["status"], line["job_id"]) for line in lines] == [
        ("POST", 202, job_id),
        ("POST", 200, job_id),
    ]


def test_an_unexpected_error_says_nothing_of_its_inside(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("web_ui.jobs.store.JobStore.get", fail)
    answer = client.get("/api/jobs/x")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (500, "internal")
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.get_json()["error"]["hint"]


def test_a_service_that_answers_its_pages_has_imported_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from web_ui.app import create_app; from web_ui.settings "
        "import Settings;"
        "client = create_app(Settings(workspace=Path(sys.argv[1]))).test_client();"
        "paths = ['/api/health', '/api/jobs', '/api/system', '/train', '/api/training/presets', "
        "'/api/datasets/presets', '/api/models'];"
        "statuses = [client.get(path, base_url='http://localhost:5000').status_code for path in paths];"
        f"print([name for name in {HEAVY} if name in sys.modules], set(statuses))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] {200}"


def test_a_page_names_the_metrics_in_the_order_of_their_table(client: FlaskClient) -> None:
    page = client.get("/jobs").get_data(as_text=True)
    named = re.search(r"data-metrics='([^']*)'", page)
    assert named
    assert list(json.loads(html.unescape(named[1]))) == list(METRICS)


def test_the_last_jobs_that_succeeded_or_failed_are_shown_the_latest_first(
    client: FlaskClient, workspace: Workspace
) -> None:
    ends = [*[State.SUCCEEDED] * 10, State.FAILED, State.CANCELLED, State.PAUSED]
    ids = []
    for minute, state in enumerate(ends):
        answer = client.post("/api/dataset/generate", json={**SAMPLE, "name": f"demo-{minute}"})
        ids.append(answer.get_json()["id"])
        time = f"2026-11-23T08:{minute:02}:00+00:00"
        ended = JobState(state=state, attempts=1, ended=None if state == State.PAUSED else time)
        write_json(workspace.jobs / ids[-1] / STATE, ended.model_dump(mode="json"))
    endings = client.get("/api/system").get_json()["endings"]
    assert [ending["id"] for ending in endings] == ids[10:0:-1]
    assert endings[0] == {
        "id": ids[10],
        "kind": "dataset",
        "title": "demo-10",
        "state": "failed",
        "ended": "2026-11-23T08:10:00+00:00",
    }


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_an_address_that_leads_nowhere_is_a_page_for_a_browser_and_json_for_others(
    client: FlaskClient, make_client: Callable[..., FlaskClient]
) -> None:
    for path in ("/nonsense<i>", "/samples/none/demo"):
        page = client.get(path, headers=BROWSER)
        assert (page.status_code, page.mimetype, "<i>" in page.text) == (404, "text/html", False), path
        assert client.get(path).get_json()["error"]["code"] == "not_found"
    assert client.get("/api/nonsense", headers=BROWSER).get_json()["error"]["code"] == "not_found"
    locked = make_client(api_token="a-token-long-enough-for-tests").get("/nonsense", headers=BROWSER)
    assert (locked.status_code, "/login" in locked.headers["Location"]) == (302, True)
