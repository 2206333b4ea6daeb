"""The first screen of an empty workspace, and the demo by one click."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service without runners over an empty workspace."""
    site = Site(Path(tmp_path_factory.mktemp("empty")) / "workspace")
    site.start_web()
    yield site
    site.stop_all()


def test_an_empty_workspace_opens_with_three_pictures(page: Page, empty_site: Site) -> None:
    page.goto(empty_site.address + "/")
    expect(page).to_have_url(f"{empty_site.address}/start")
    expect(page.locator(".story .sheet")).to_have_count(3)
    picture = page.get_by_alt_text("The same document as one page image")
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 640
    check_by_axe(page)


def test_one_click_queues_the_demo_and_opens_its_training(page: Page, empty_site: Site) -> None:
    page.goto(f"{empty_site.address}/start")
    page.get_by_role("button", name="Run the demo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("demo_model")
    expect(page.locator("#job-head")).to_contain_text("Starts after demo_news")
    page.get_by_role("link", name="DeepSynth").click()  # the workspace is not empty any more
    expect(page).to_have_url(f"{empty_site.address}/benchmarks")


def test_a_refusal_is_shown_on_the_first_screen(page: Page, empty_site: Site) -> None:
    page.goto(f"{empty_site.address}/start")
    refusal = (
        '{"error": {"code": "rate", "message": "Too many jobs wait.", "hint": "Cancel one.", "fields": {}}}'
    )
    page.route(
        "**/api/demo", lambda route: route.fulfill(status=429, body=refusal, content_type="application/json")
    )
    page.get_by_role("button", name="Run the demo").click()
    expect(page.get_by_role("alert")).to_have_text("Too many jobs wait. Cancel one.")
    expect(page.get_by_role("button", name="Run the demo")).to_be_enabled()


def test_each_benchmark_shows_a_page_of_its_shape(page: Page, empty_site: Site) -> None:
    page.goto(f"{empty_site.address}/benchmarks")
    pictures = page.locator(".choice__picture img")
    expect(pictures).to_have_count(5)
    for index in range(5):
        assert pictures.nth(index).evaluate("image => image.decode().then(() => image.naturalWidth)") == 256
