"""Jobs that end are told in every open tab: by a message, a mark of a hidden tab, a notification."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from data.config import DatasetConfig
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.browser.site import Site
from web_ui.jobs.job import OUTCOME, STATE, Job, JobState, Outcome, State, now
from web_ui.jobs.store import JobStore

pytestmark = [pytest.mark.browser]

SOON_MS = 20_000
HOSTILE = "<img src=x onerror=document.title='owned'>"
PERMIT_NOTIFICATIONS = """
window.shown = [];
window.Notification = class extends Notification {
  static permission = 'granted';
  static requestPermission = async () => 'granted';
  constructor(title, options) {
    super(title, options);
    window.shown.push({title: this.title, tag: this.tag});
  }
};
"""
"""A headless browser never permits notifications: here it does, and lists those that the page makes."""
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
"""Playwright's pages are always in view: this tells the page otherwise."""


class Jobs:
    """The jobs of a site without runners, which end when a test says so."""

    def __init__(self, site: Site) -> None:
        self._workspace = Workspace.create(Path(site.workspace))
        self._store = JobStore(self._workspace)

    def queue(self, name: str) -> Job:
        config = {"name": name, "source": {"kind": "sample"}, "max_samples": 4}
        return self._store.create("dataset", DatasetConfig.model_validate(config))

    def end(self, job: Job, state: State = State.SUCCEEDED, title: str = "") -> None:
        """Write the files of an ended job, as worker and runner do."""
        folder, time = self._workspace.jobs / job.id, now()
        if title:
            request: dict[str, Any] = {"id": job.id, "kind": job.kind, "role": job.role, "title": title}
            write_json(folder / "request.json", request | {"created": job.created, "config": job.config})
        failure = {"code": "failed", "message": "It broke.", "hint": "Mend it.", "fields": {}}
        status = "succeeded" if state == State.SUCCEEDED else "failed"
        error = None if state == State.SUCCEEDED else failure
        outcome = Outcome(attempt=1, status=status, ended=time, result={}, error=error)
        write_json(folder / OUTCOME, outcome.model_dump(mode="json"))
        write_json(folder / STATE, JobState(state=state, attempts=1, ended=time).model_dump(mode="json"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "workspace")
    site.start_web()
    yield site
    site.stop_all()


@pytest.fixture
def jobs(site: Site) -> Jobs:
    return Jobs(site)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(SOON_MS)
    yield context
    context.close()


def open_tab(context: BrowserContext, site: Site, path: str) -> Page:
    """Open a tab, and wait for the first answer of the service."""
    page = context.new_page()
    page.goto(site.address + path)
    expect(page.locator("#system-load")).not_to_be_empty()
    return page


def test_every_tab_tells_an_ending_once_as_text_and_none_tells_old_ones(
    context: BrowserContext, site: Site, jobs: Jobs
) -> None:
    jobs.end(jobs.queue("old"))
    job = jobs.queue("hostile")
    tabs = [open_tab(context, site, path) for path in ("/jobs", "/benchmarks")]
    jobs.end(job, State.FAILED, title=HOSTILE)
    for page in tabs:
        expect(page.locator(".toast")).to_have_text([f"Dataset {HOSTILE} failed.OpenClose"], timeout=SOON_MS)
        assert page.title().endswith("DeepSynth")
    first = tabs[0]
    first.locator(".toast").get_by_role("link", name="Open").click()
    first.wait_for_url(f"**/jobs/{job.id}")
    expect(first.locator("#system-load")).not_to_be_empty()
    expect(first.locator(".toast")).to_have_count(0)
    fresh = open_tab(context, site, "/train")
    expect(fresh.locator(".toast")).to_have_count(0)


def test_many_endings_are_one_message(context: BrowserContext, site: Site, jobs: Jobs) -> None:
    waiting = [jobs.queue(f"news-{number}") for number in range(5)]
    page = open_tab(context, site, "/benchmarks")
    page.evaluate(HIDE, True)
    for job in waiting:
        jobs.end(job)
    page.evaluate(HIDE, False)
    expect(page.locator(".toast")).to_have_text(["5 jobs ended.OpenClose"], timeout=SOON_MS)


def test_a_hidden_tab_is_marked_until_it_is_looked_at_and_notifies_if_the_user_wished(
    context: BrowserContext, site: Site, jobs: Jobs
) -> None:
    context.add_init_script(PERMIT_NOTIFICATIONS)
    job = jobs.queue("news")
    page = open_tab(context, site, f"/jobs/{job.id}")
    switch = page.get_by_role("button", name="Notify me when a job ends")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    # a hidden page asks every half minute; what a page in view reads as it is hidden comes at once
    page.evaluate("() => Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    jobs.end(job)
    expect(page).to_have_title("(1) news · DeepSynth", timeout=SOON_MS)
    assert "logo-unread" in (page.locator("link[rel=icon]").get_attribute("href") or "")
    assert [shown["title"] for shown in page.evaluate("window.shown")] == ["Dataset news is done."]
    assert page.evaluate("window.shown[0].tag").startswith(job.id)
    page.evaluate(HIDE, False)
    expect(page).not_to_have_title("(1) news · DeepSynth")
    assert "logo-unread" not in (page.locator("link[rel=icon]").get_attribute("href") or "")
    expect(page.locator(".toast", has_text="is done")).to_have_count(0)


def test_nothing_is_notified_without_the_users_wish(context: BrowserContext, site: Site, jobs: Jobs) -> None:
    context.add_init_script(PERMIT_NOTIFICATIONS)
    job = jobs.queue("news")
    page = open_tab(context, site, "/benchmarks")
    page.evaluate("() => Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    jobs.end(job)
    expect(page).to_have_title("(1) Benchmark Datasets · DeepSynth", timeout=SOON_MS)
    assert page.evaluate("window.shown") == []


def test_a_hidden_tab_asks_nothing_while_no_job_is_active(context: BrowserContext, site: Site) -> None:
    page = open_tab(context, site, "/benchmarks")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("() => Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    page.wait_for_timeout(9000)
    assert asked == []
