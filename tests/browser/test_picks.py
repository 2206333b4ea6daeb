"""Several jobs of the list at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.config import DatasetConfig
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe, open_tab
from web_ui.jobs.job import CONTROL, STATE, Control, JobState, State, now, read_json_file
from web_ui.jobs.store import JobStore

pytestmark = [pytest.mark.browser]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A service without runners: `done-1` and `done-2` have ended, `waits` waits."""
    site = Site(tmp_path / "workspace")
    workspace = Workspace.create(Path(site.workspace))
    store = JobStore(workspace)
    for name in ("done-1", "done-2", "waits"):
        config = {"name": name, "source": {"kind": "sample"}, "max_samples": 4}
        job = store.create("dataset", DatasetConfig.model_validate(config))
        if name != "waits":
            ended = JobState(state=State.SUCCEEDED, attempts=1, started=now(), ended=now())
            write_json(workspace.jobs / job.id / STATE, ended.model_dump(mode="json"))
    site.start_web()
    yield site
    site.stop_all()


def test_ticked_jobs_are_deleted_and_cancelled_together(page: Page, site: Site) -> None:
    open_tab(page, site, "/jobs")
    picks = page.get_by_role("group", name="Chosen jobs")
    expect(picks).to_be_hidden()
    for name in ("done-1", "done-2", "waits"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    expect(picks).to_contain_text("3 jobs chosen")
    check_by_axe(page)
    picks.get_by_role("button", name="Cancel 1 job").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel 1 job").click()
    expect(page.locator("#toasts")).to_contain_text("Cancelling: 1 job.")
    [waiting] = [job for job in JobStore(Workspace(Path(site.workspace))).all() if job.title == "waits"]
    control = read_json_file(Path(site.workspace) / "jobs" / waiting.id / CONTROL, Control)
    assert control is not None
    assert control.desired == "cancel"
    for name in ("done-1", "done-2"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    picks.get_by_role("button", name="Delete 2 jobs").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 2 jobs").click()
    expect(page.locator(".job-row")).to_have_count(1)
    expect(picks).to_be_hidden()
