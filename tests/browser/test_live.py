"""What a page does while jobs go on: it follows what they write, leaves alone what its reader holds, and says
what goes wrong."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from data.store.events import EVENTS, EventLog
from data.store.workspace import Workspace
from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe, open_job, open_tab
from web_ui.jobs.job import LOG
from web_ui.jobs.store import JobStore

pytestmark = [pytest.mark.browser]

RUNNING = "running-dataset"


@dataclass(frozen=True, slots=True)
class Worker:
    """Stands for the process of a job that goes on."""

    folder: Path
    events: EventLog

    def measure(self, step: int) -> None:
        self.events.append("metric", step=step, values={"train_loss": 1 / step})
        self.events.append(
            "progress", done=step, total=2000, unit="samples", counts={"kept": step}, rate=12.5, eta_s=1.0
        )

    def use(self, cpu_load_percent: float, memory_gb: float) -> None:
        self.events.append(
            "usage",
            values={"cpu_load_percent": cpu_load_percent, "memory_gb": memory_gb, "gpu_load_percent": 93},
        )

    def print(self, first: int, last: int) -> None:
        with (self.folder / LOG).open("a") as log:
            log.writelines(f"line {number}\n" for number in range(first, last + 1))


@pytest.fixture
def worker(still_site: Site) -> Iterator[Worker]:
    workspace = Workspace(still_site.workspace)
    jobs, _ = JobStore(workspace).list(None, None, 0, 50, RUNNING)
    folder = workspace.jobs / jobs[0].id
    events = EventLog(folder / EVENTS)
    yield Worker(folder, events)
    events.close()


def test_tiles_follow_what_the_job_uses_of_the_machine(page: Page, still_site: Site, worker: Worker) -> None:
    worker.use(50, 1.5)
    open_job(page, still_site, RUNNING)
    memory = page.locator("#job-figures .figure", has=page.get_by_text("Memory", exact=True))
    expect(memory.locator("dd")).to_have_text("1.50 GB")
    worker.use(87.4, 2.345)
    expect(memory.locator("dd")).to_contain_text("2.35 GB", timeout=10_000)
    expect(memory.get_by_role("img", name="Memory over the time")).to_be_visible()
    load = page.locator("#job-figures .figure", has=page.get_by_text("Processor load", exact=True))
    expect(load.locator("dd")).to_contain_text("87%")
    expect(page.locator("#job-figures")).to_contain_text("GPU load")
    check_by_axe(page)


def test_a_chart_follows_the_training_to_its_newest_step(
    page: Page, still_site: Site, worker: Worker
) -> None:
    worker.measure(10)
    worker.measure(20)
    open_job(page, still_site, RUNNING)
    loss = page.locator(".chart", has=page.get_by_role("heading", name="Loss"))
    step = loss.locator(".u-legend .u-value").first
    expect(step).to_have_text("20")
    pause = page.locator("#job-actions button").first.element_handle()
    for number in (30, 40):
        worker.measure(number)
    expect(step).to_have_text("40")
    loss.locator(".u-over").hover(
        position={"x": loss.locator(".u-over").evaluate("element => element.clientWidth") - 1, "y": 20}
    )
    expect(step).to_have_text("40")
    expect(loss.get_by_role("button", name="Whole range")).to_be_hidden()
    loss.get_by_role("group").press("+")
    expect(loss.get_by_role("button", name="Whole range")).to_be_visible()
    loss.get_by_role("group").press("0")
    expect(loss.get_by_role("button", name="Whole range")).to_be_hidden()
    assert pause is not None
    assert pause.evaluate("element => element.isConnected")


def test_what_a_job_warns_of_stands_in_its_overview_each_thing_once(
    page: Page, still_site: Site, worker: Worker
) -> None:
    for text in "abbcdefghi":
        worker.events.append("message", text=f"Warning {text}.", level="warning")
    worker.events.append("message", text="All is well.", level="info")
    open_job(page, still_site, RUNNING)
    warnings = page.get_by_role("region", name="Warnings")
    expect(warnings.locator(".notice")).to_have_text([f"Warning {text}." for text in "abcdfghi"])
    warnings.get_by_role("link", name="log").click()
    expect(page.locator("#job-messages")).to_contain_text("Warning e.")


def test_a_finished_dataset_lists_what_it_lost_by_reason(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/jobs")
    page.locator(".job-row").get_by_role("link", name="articles", exact=True).click()
    losses = page.locator('section[aria-label="Losses"]')
    expect(losses.locator("tbody tr")).to_have_text(
        [
            "Rejected1 of 2,000below 0.1%",
            "the line is not JSON1below 0.1%",
            "Merged as duplicates0 of 2,0000%",
        ]
    )
    link = losses.get_by_role("link", name="Rejected rows with their reasons")
    expect(link).to_have_attribute("href", re.compile(r"/api/jobs/.*/artifacts/rejected\.jsonl$"))


def test_a_focused_button_of_the_list_keeps_its_focus(page: Page, still_site: Site, worker: Worker) -> None:
    open_tab(page, still_site, "/jobs")
    row = page.locator(".job-row", has=page.get_by_role("link", name=RUNNING, exact=True))
    row.locator(".job-row__action > *").focus()
    worker.measure(1234)
    expect(row).to_contain_text("1,234 of 2,000 samples")
    expect(row.locator(".job-row__action > *")).to_be_focused()


def test_a_log_read_by_keyboard_stays_where_it_is(page: Page, still_site: Site, worker: Worker) -> None:
    worker.print(1, 200)
    open_job(page, still_site, RUNNING)
    page.get_by_role("tab", name="Log").click()
    text = page.get_by_role("region", name="Log", exact=True)
    expect(page.locator(".log__note")).to_have_text("200 lines")
    text.evaluate("element => getSelection().setBaseAndExtent(element.firstChild, 0, element.firstChild, 6)")
    text.press("Home")
    expect(page.get_by_label("Follow")).not_to_be_checked()
    worker.print(201, 250)
    expect(page.locator(".log__note")).to_have_text("250 lines")
    assert page.evaluate("String(getSelection())") == "line 1"
    expect(page.locator(".log__note")).to_have_attribute("aria-live", "off")
    assert text.evaluate("element => element.scrollTop") == 0
    text.press("End")
    expect(page.get_by_label("Follow")).to_be_checked()


def test_a_service_in_trouble_is_said_and_an_ended_login_leads_to_a_new_one(
    page: Page, still_site: Site
) -> None:
    answer = {
        "status": 429,
        "error": {"code": "internal", "message": "The disk is full.", "hint": "Free some space."},
    }

    def refuse(route: Route) -> None:
        route.fulfill(
            status=int(str(answer["status"])), content_type="application/json", body=json.dumps(answer)
        )

    open_tab(page, still_site, "/jobs?kind=dataset")
    page.route("**/api/jobs?kind=dataset", refuse)
    expect(page.locator("#trouble")).to_contain_text(
        "The disk is full. Free some space. This page shows the state of"
    )
    answer["status"] = 401
    page.wait_for_url("**/login?next=%2Fjobs%3Fkind%3Ddataset")


def test_a_resumed_job_without_its_runner_waits_and_says_for_what(page: Page, still_site: Site) -> None:
    open_job(page, still_site, "paused-training")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#job-head .state-pill")).to_have_text("Waiting")
    expect(page.locator("#job-head [data-slot=progress]")).to_have_text("Waits for the GPU runner")
    expect(page.locator("#runner-banners")).to_contain_text("No GPU runner is alive")


def test_a_button_pressed_leaves_the_focus_where_the_next_one_stands(page: Page, still_site: Site) -> None:
    open_job(page, still_site, "waiting")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_be_focused()
    expect(page.locator("#job-head .state-pill")).to_have_text("Pausing")
    open_tab(page, still_site, "/jobs")
    page.get_by_role("button", name="Resume waiting").press("Enter")
    expect(page.get_by_role("button", name="Cancel waiting")).to_be_focused()


def test_a_wait_for_a_restart_counts_down_and_ends_in_the_new_state(page: Page, still_site: Site) -> None:
    """The service answers as it does for a job whose worker vanished, which none does here on its own."""
    end = (datetime.now(UTC) + timedelta(seconds=6)).replace(microsecond=0)

    def answer(route: Route) -> None:
        is_over = datetime.now(UTC) >= end
        waits = {"state": "interrupted", "retry_at": end.isoformat()}
        own = {"state": "running", "retry_at": None} if is_over else waits
        route.fulfill(json={**route.fetch().json(), **own, "desired": "run"})

    page.route(re.compile(r"/api/jobs/[-\w]+$"), answer)
    open_job(page, still_site, RUNNING)
    position = page.locator("#job-head [data-slot=progress]")
    expect(position).to_have_text(re.compile(r"trying again in [3-6] s$"))
    # Two seconds of them: the expectation looks once a second.
    expect(position).to_have_text(
        re.compile("^Stopped unexpectedly; trying again in [12] s$"), timeout=15_000
    )
    expect(page.locator("#job-head .state-pill")).to_have_text("Running")
    expect(position).to_contain_text("samples")


def test_messages_and_settings_have_the_labels_of_the_form(
    page: Page, still_site: Site, worker: Worker
) -> None:
    text = "The longest document needs 9 pages: raise rendering.max_pages, or set seed to another value."
    worker.events.append("message", text=text, level="warning")
    open_job(page, still_site, RUNNING)
    warning = page.locator("#job-warnings .notice", has_text="longest document")
    expect(warning).to_have_text(
        "The longest document needs 9 pages: raise “Max pages”, or set “Seed” to another value."
    )
    page.get_by_role("tab", name="Log").click()
    expect(page.locator("#job-messages")).to_contain_text("raise “Max pages”")
    page.get_by_role("tab", name="Settings").click()
    pages = page.get_by_role("region", name="Rendering")
    expect(pages.get_by_role("row", name="Max pages")).to_contain_text("32")
    expect(pages.get_by_role("row", name=re.compile("^Font size px"))).to_contain_text("the mode's own size")
    expect(page.locator("#panel-settings")).not_to_contain_text("rendering.")
    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_by_axe(page)


def test_errors_in_the_list_have_the_labels_of_the_form(page: Page, still_site: Site) -> None:
    """The service answers as if its datasets had failed, which none does here on its own."""
    error = {"code": "invalid_input", "message": "Raise rendering.max_pages.", "hint": "", "fields": {}}

    def answer(route: Route) -> None:
        listed = route.fetch().json()
        failed = {"state": "failed", "desired": None, "error": error}
        listed["jobs"] = [job | (failed if job["kind"] == "dataset" else {}) for job in listed["jobs"]]
        route.fulfill(json=listed)

    page.route(re.compile(r"/api/jobs(\?.*)?$"), answer)
    page.goto(f"{still_site.address}/jobs")
    expect(page.locator(".job-row", has_text="Raise “Max pages”.").first).to_be_visible()
