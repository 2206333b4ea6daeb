"""Every tab as users meet it: accessible, calm on a phone, honest about errors, and never running what it
shows."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop_window import HOSTILE
from tests.browser.site import REPOSITORY, Site
from tests.machine import require, require_tesseract

pytestmark = [pytest.mark.browser]

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("/benchmarks", "/custom", "/train", "/jobs")
PAGES = (*TABS, "/jobs/experiments")
FIRST_PAGE_LIMIT_BYTES = 275_000
"""48 kB of them are the font, and 40 kB on the first tab are the pictures of pages."""
READING_MS = 120_000
RULES: dict[Literal["light", "dark"], list[str]] = {"light": [], "dark": ["color-contrast"]}
"""Of axe; none: all."""

DRAWN_TEXTS = """
window.drawnTexts = [];
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  window.drawnTexts.push(text);
  fillText.call(this, text, ...place);
};
"""
"""Keeps what the charts of a page write."""


def open_tab(page: Page, site: Site, path: str) -> None:
    page.goto(site.address + path)
    page.wait_for_selector("form:not([aria-busy]), .job-row, #job-page:not([hidden])", state="attached")
    expect(page.locator("#system-load")).not_to_be_empty()


def open_job(page: Page, site: Site, title: str) -> None:
    open_tab(page, site, "/jobs")
    page.locator(".job-row").get_by_role("link", name=title).first.click()
    page.wait_for_selector("#job-page:not([hidden])")


def check_by_axe(page: Page) -> None:
    """Look at the page as it is now; in the dark theme at its colours, which are all that differs."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    for theme, rules in RULES.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found = page.evaluate("options => axe.run(options)", {"runOnly": rules} if rules else {})
        assert found["passes"], theme
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]] == [], theme


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_a_tab(page: Page, still_site: Site, path: str) -> None:
    require(AXE.exists(), "no axe-core: npm ci")
    open_tab(page, still_site, path)
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    check_by_axe(page)


def test_axe_finds_nothing_on_the_pages_of_jobs(page: Page, still_site: Site) -> None:
    require(AXE.exists(), "no axe-core: npm ci")
    open_job(page, still_site, HOSTILE)
    expect(page.locator("#job-error")).to_contain_text("last line of the log")
    page.get_by_role("tab", name="Log").click()
    check_by_axe(page)
    open_job(page, still_site, "slow")
    page.wait_for_selector(".chart .u-legend")
    check_by_axe(page)
    for name, content in (("Samples", ".empty"), ("Settings", "table"), ("Files", ".file-tree")):
        page.get_by_role("tab", name=name).click()
        page.wait_for_selector(f"#panel-{name.lower()} {content}")
        check_by_axe(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").wait_for()
    check_by_axe(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scrolling(page: Page, still_site: Site, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    open_tab(page, still_site, path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_hostile_names_and_errors_stay_text(page: Page, still_site: Site) -> None:
    open_job(page, still_site, HOSTILE)
    expect(page.locator("#job-error")).to_contain_text(HOSTILE)
    expect(page.locator("#job-error")).to_contain_text("last line of the log")
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_role("cell", name=HOSTILE)).to_be_visible()
    assert page.title() != "owned"
    assert page.locator("img[src='x']").count() == 0


def test_the_pages_of_a_preview_are_read_back(page: Page, still_site: Site) -> None:
    require_tesseract()
    open_tab(page, still_site, "/custom")
    page.locator(".preview .page-thumb").first.wait_for()
    check = page.get_by_role("button", name="Check legibility")
    check.click()
    expect(page.locator(".preview__numbers dd", has_text="%")).to_be_visible(timeout=READING_MS)
    expect(check).to_be_focused()
    expect(check).to_be_disabled()


@pytest.mark.parametrize("path", PAGES)
def test_a_tab_is_light_asks_for_nothing_twice_and_shares_what_it_loads(
    page: Page, still_site: Site, path: str
) -> None:
    page.add_init_script("window.setTimeout = () => 0")  # so nothing is looked at again
    loaded = "performance.getEntriesByType('resource').map(({ name, transferSize }) => [name, transferSize])"
    open_tab(page, still_site, path)
    answers = page.evaluate(loaded)
    assert 0 < sum(size for _, size in answers) < FIRST_PAGE_LIMIT_BYTES
    addresses = [address for address, _ in answers]
    assert [address for address in addresses if addresses.count(address) > 1] == []
    open_tab(page, still_site, "/benchmarks")
    kept = {address.rpartition("/")[2] for address, size in page.evaluate(loaded) if size == 0}
    assert kept >= {"style.css", "frame.js", "api.js"}


def test_a_missing_runner_is_said_with_its_command(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/jobs")
    expect(page.locator("#runner-banners")).to_contain_text("No CPU runner is alive")
    expect(page.locator("#runner-banners code").first).to_contain_text("deepsynth run-jobs --role cpu")


def test_wrong_values_are_said_beside_their_fields(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/custom")
    page.get_by_label("Name", exact=True).fill("../escape")
    page.get_by_label("Font size px", exact=True).fill("5000")
    page.get_by_role("button", name="Make the dataset").click()
    expect(page.locator('[data-field="name"] .field__error')).to_contain_text("must be letters")
    expect(page.locator('[data-field="rendering.font_size_px"] .field__error')).to_contain_text("at most 96")
    expect(page.get_by_label("Font size px", exact=True)).to_have_attribute("aria-invalid", "true")
    assert "/custom" in page.url


def test_an_advanced_setting_out_of_range_is_opened_and_explained(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/train")
    page.locator("#advanced-box > summary").click()
    page.get_by_label("Learning rate", exact=True).fill("seven")
    expect(page.locator('[data-field="learning_rate"] .field__changed')).to_contain_text("Changed from 0.001")
    expect(page.locator('[data-field="learning_rate"] .field__error')).to_contain_text("must be a number")
    page.locator('[data-field="learning_rate"]').get_by_role("button", name="Reset").click()
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.001")


def test_the_equivalent_commands_follow_the_form(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/train")
    page.get_by_label("Name of the result").fill("mine")
    page.locator("label.choice", has_text="low memory").click()
    expect(page.locator("#cli-text")).to_contain_text("--preset low_memory --output mine")
    expect(page.locator("#rest-text")).to_contain_text('"preset":"low_memory"')


def test_a_model_too_large_for_small_gpus_is_said(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/train")
    page.get_by_label("Model", exact=True).fill("deepseek-ai/DeepSeek-OCR")
    expect(page.locator("#memory")).to_contain_text("16 GB: too small")


def test_filters_live_in_the_address(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/jobs")
    page.get_by_role("searchbox", name="Search").fill("paused")
    expect(page.locator(".job-row")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("paused")
    expect(page.locator(".job-row")).to_have_count(1)
    page.get_by_role("combobox", name="Kind").select_option("dataset")
    expect(page.locator("#jobs-none")).to_be_visible()


def test_tabs_are_addresses_and_back_goes_back(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/custom")
    page.get_by_role("link", name="Train Model").click()
    page.wait_for_url("**/train")
    page.go_back()
    page.wait_for_url("**/custom")
    expect(page.get_by_role("heading", name="Custom Dataset")).to_be_visible()


def test_subtabs_work_by_keyboard_and_survive_a_refresh(page: Page, still_site: Site) -> None:
    open_job(page, still_site, "slow")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Log")).to_be_focused()
    expect(page.locator("#panel-log")).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")
    page.get_by_role("link", name="Skip to the content").press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("#panel-log")).to_be_visible()


def test_the_log_is_searched_by_line(page: Page, still_site: Site) -> None:
    open_job(page, still_site, HOSTILE)
    page.get_by_role("tab", name="Log").click()
    expect(page.locator("#panel-log .log__note")).to_have_text("3 lines")
    page.get_by_role("searchbox", name="Search the log").fill("last")
    expect(page.locator("#panel-log pre")).to_have_text("last line of the log")
    expect(page.locator("#panel-log .log__note")).to_have_attribute("aria-live", "polite")


def test_a_chart_zooms_by_dragging_and_back(page: Page, still_site: Site) -> None:
    open_job(page, still_site, "slow")
    plot = page.locator(".chart", has_text="Loss").locator(".u-over").first
    plot.drag_to(plot, source_position={"x": 60, "y": 50}, target_position={"x": 160, "y": 60})
    whole = page.locator(".chart", has_text="Loss").get_by_role("button", name="Whole range")
    whole.click()
    expect(whole).to_be_hidden()


def test_a_search_for_a_learning_rate_is_one_curve_with_its_suggestion(page: Page, still_site: Site) -> None:
    page.add_init_script(DRAWN_TEXTS)
    open_job(page, still_site, "rates")
    chart = page.locator(".chart:visible")
    expect(chart).to_have_count(1)
    mark = chart.locator(".chart__mark")
    expect(mark).to_have_text("suggested: 1.00e-4")
    place, whole = mark.bounding_box(), chart.locator(".u-over").bounding_box()
    assert place is not None
    assert whole is not None
    assert (place["x"] - whole["x"]) / whole["width"] == pytest.approx(3 / 5, abs=0.02)
    ticks = page.evaluate("window.drawnTexts")
    assert {"1e-7", "1e-6", "1e-5", "1e-4", "0.001", "0.01"} <= set(ticks)
    expect(page.locator("#job-figures")).to_be_hidden()
    expect(page.get_by_role("tab", name="Samples")).to_be_hidden()


def test_the_theme_can_be_switched_and_stays(page: Page, still_site: Site) -> None:
    page.emulate_media(color_scheme="light")
    open_tab(page, still_site, "/train")
    page.get_by_role("button", name="Dark theme").click()
    page.goto(still_site.address + "/jobs")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.evaluate(
        "document.cookie = 'deepsynth_theme=light; path=/'"
    )  # chosen on a later page, before going back to this one
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"


def test_the_first_tab_stop_skips_to_the_content(page: Page, still_site: Site) -> None:
    open_tab(page, still_site, "/jobs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_job_that_is_gone_says_so(page: Page, still_site: Site) -> None:
    page.goto(still_site.address + "/jobs/20200101-000000-0000")
    expect(page.get_by_text("There is no such job.")).to_be_visible()


def test_every_module_is_short() -> None:
    modules = [*Path(REPOSITORY, "web_ui/static/js").rglob("*.js")]
    assert modules
    assert [path.name for path in modules if len(path.read_text().splitlines()) > 150] == []
