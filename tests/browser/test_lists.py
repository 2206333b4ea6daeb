"""Lists and addresses: pages of jobs, the history of filters, files of a job, addresses that lead nowhere."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe, open_job, open_tab

pytestmark = [pytest.mark.browser]


def test_older_jobs_begin_at_the_top(page: Page, still_site: Site) -> None:
    def list_few(route: Route) -> None:
        joint = "&" if "?" in route.request.url else "?"
        route.continue_(url=f"{route.request.url}{joint}limit=4")

    page.route("**/api/jobs*", list_few)
    page.set_viewport_size({"width": 390, "height": 500})
    open_tab(page, still_site, "/jobs")
    page.get_by_role("button", name="Older").click()
    page.wait_for_url("**offset=4")
    expect(page.get_by_role("heading", name="Monitor Jobs")).to_be_in_viewport()


def test_back_takes_a_filter_back_and_stays_in_the_tab(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/custom")
    open_tab(page, still_site, "/jobs")
    page.get_by_role("searchbox", name="Search").press_sequentially("paused", delay=20)
    expect(page.locator(".job-row")).to_have_count(1)
    page.get_by_role("combobox", name="Kind").select_option("dataset")
    expect(page.locator("#jobs-none")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("combobox", name="Kind")).to_have_value("")
    expect(page.locator(".job-row")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("")
    assert "/jobs" in page.url


def test_files_are_a_tree_whose_open_folders_stay_open(page: Page, still_site: Site) -> None:
    folder = still_site.workspace / "models" / "slow" / "checkpoints" / "step-10"
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"12345")
    open_job(page, still_site, "slow")
    page.get_by_role("tab", name="Files").click()
    tree = page.locator("#panel-files")
    expect(tree.get_by_role("link", name="weights.bin")).to_be_hidden()
    tree.get_by_text("checkpoints/").click()
    expect(tree.locator("summary", has_text="step-10/")).to_contain_text("1 file, 5 B")
    tree.get_by_text("step-10/").click()
    expect(tree.get_by_role("link", name="weights.bin")).to_be_visible()
    (folder / "more.bin").write_bytes(b"1")
    page.get_by_role("tab", name="Log").click()
    page.get_by_role("tab", name="Files").click()
    expect(tree.get_by_role("link", name="more.bin")).to_be_visible()


def test_an_address_that_leads_nowhere_is_a_page(page: Page, still_site: Site) -> None:
    answer = page.goto(f"{still_site.address}/nonsense")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing at /nonsense.")).to_be_visible()
    check_by_axe(page)
    page.get_by_role("link", name="Custom Dataset").click()
    page.wait_for_url("**/custom")
