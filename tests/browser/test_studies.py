"""The pages of studies: a plan is started, its cells are shown, and its jobs are asked as a whole."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_screens import AXE, check_by_axe
from tests.machine import require
from tests.web_ui.studies.test_study_jobs import PLAN

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTHS = (1440, 768, 390)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service whose runners are started later: the jobs of a study wait."""
    site = Site(tmp_path_factory.mktemp("studies") / "workspace")
    site.start_web()
    yield site
    site.stop_all()


def start(page: Page, site: Site, plan: object) -> None:
    page.goto(f"{site.address}/jobs/studies")
    page.get_by_label("Plan").fill(plan if isinstance(plan, str) else json.dumps(plan))
    page.get_by_role("button", name="Start the study").click()


def test_a_plan_is_started_and_its_jobs_are_cancelled_as_a_whole(tab: Page, site: Site) -> None:
    start(tab, site, PLAN)
    tab.wait_for_url("**/jobs/studies/rates")
    cells = tab.get_by_role("region", name="Cells")
    expect(cells.get_by_role("row")).to_have_count(3)
    expect(cells).to_contain_text("Waiting")
    tab.get_by_role("button", name="Cancel").click()
    expect(tab.locator("#toasts")).to_contain_text("5 jobs took the request.")
    site.start_runner("cpu")
    site.start_runner("gpu")
    expect(tab.locator("#study-sentence")).to_contain_text("5 of 5 jobs have ended", timeout=20_000)
    tab.get_by_role("link", name="Studies").click()
    expect(tab.get_by_role("link", name="rates")).to_be_visible()


def test_a_plan_is_estimated_without_a_job(tab: Page, site: Site) -> None:
    tab.goto(f"{site.address}/jobs/studies")
    tab.get_by_label("Plan").fill(json.dumps({**PLAN, "name": "dear"}))
    tab.get_by_role("button", name="What will it cost?").click()
    expect(tab.locator("#study-estimate")).to_contain_text("2 trainings, 2 scores with blank pages. Up to ")
    tab.get_by_label("Plan").fill("{")
    tab.get_by_role("button", name="What will it cost?").click()
    expect(tab.locator("#study-error")).to_contain_text("The plan is not JSON")
    expect(tab.locator("#study-estimate")).to_be_hidden()
    assert tab.get_by_role("link", name="dear").count() == 0


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("{", "The plan is not JSON"),
        (
            {**PLAN, "name": "bad", "axes": {"dataset.rendering.mode": ["base"]}},
            "The cell with mode base cannot run",
        ),
        ({**PLAN, "name": "<b>"}, "name must be letters"),
    ],
)
def test_a_wrong_plan_is_refused_in_words(tab: Page, site: Site, plan: object, words: str) -> None:
    start(tab, site, plan)
    expect(tab.locator("#study-error")).to_contain_text(words)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_fit_every_width_and_pass_axe(tab: Page, site: Site, width: int) -> None:
    require(AXE.exists(), "axe is not installed: npm ci")
    tab.set_viewport_size({"width": width, "height": 900})
    for path in ("studies", "studies/rates"):
        tab.goto(f"{site.address}/jobs/{path}")
        expect(tab.locator("main .card").first).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        check_by_axe(tab)
