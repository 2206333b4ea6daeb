"""The look of the screen: pills of states, samples left of numbers, cards of presets, at three widths."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe, open_job, open_tab

pytestmark = [pytest.mark.browser]

WIDTHS_PX = (390, 820, 1440)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element lies in its page, in pixels."""

    left: float
    top: float
    width: float


def place_of(element: Locator) -> Place:
    element.wait_for()
    box = element.bounding_box()
    assert box is not None
    return Place(box["x"], box["y"], box["width"])


def look_of(shown: Locator) -> tuple[str, str | None]:
    """Return the words and the classes of the pill in an element."""
    pill = shown.locator(".state-pill")
    return pill.inner_text(), pill.get_attribute("class")


def show_gpu(page: Page, memory_gb: float) -> None:
    """Let the service of a page say that its machine has one GPU."""
    gpu = {
        "index": 0,
        "name": "Example GPU",
        "memory_total_gb": memory_gb,
        "memory_used_gb": 0.5,
        "load_percent": 0,
    }
    page.unroute_all()
    page.route("**/api/system", lambda route: route.fulfill(json={**route.fetch().json(), "gpus": [gpu]}))


def at_widths(page: Page) -> Iterator[int]:
    """Give the page each width, and look for sideways scrolling at each."""
    for width in WIDTHS_PX:
        page.set_viewport_size({"width": width, "height": 900})
        yield width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_state_has_one_look_in_the_list_on_its_page_and_among_experiments(
    page: Page, still_site: Site
) -> None:
    open_tab(page, still_site, "/jobs")
    seen = [look_of(page.locator(".job-row", has_text="fast"))]
    open_job(page, still_site, "fast")
    seen.append(look_of(page.locator("#job-head")))
    page.goto(f"{still_site.address}/jobs/experiments")
    seen.append(look_of(page.locator("tr", has_text="fast")))
    assert seen == [("Done", "badge state-pill badge--ok")] * 3  # no other test changes an ended job


def test_an_evaluation_shows_its_samples_left_of_its_numbers_where_there_is_room(
    page: Page, still_site: Site
) -> None:
    open_job(page, still_site, "lab/")
    for width in at_widths(page):
        samples, numbers = (place_of(page.locator(name)) for name in ("#job-texts", "#job-result"))
        if width == WIDTHS_PX[-1]:
            assert samples.left + samples.width <= numbers.left
            assert abs(samples.top - numbers.top) < 40
        else:
            assert (samples.left, samples.top > numbers.top) == (numbers.left, True)
    check_by_axe(page)


def test_presets_are_cards_with_pages_memory_and_no_promise_without_a_gpu(
    page: Page, still_site: Site
) -> None:
    open_tab(page, still_site, "/train")
    cards = page.locator("#presets .choice")
    expect(cards).to_have_count(4)
    papers = [card.locator(".page-drawing__paper").count() for card in cards.all()]
    assert papers == [2, 1, 8, 1]  # the pages of one batch
    expect(cards.first).to_contain_text("18.8 GB, on a GPU of 24 GB")
    expect(page.locator("#presets-note")).to_contain_text("This machine has no GPU")
    expect(page.get_by_text("recommended here")).to_have_count(0)
    for width in at_widths(page):
        tops = {place_of(card).top for card in cards.all()}
        assert len(tops) == (4 if width == WIDTHS_PX[0] else 1)
    check_by_axe(page)


def test_the_preset_for_the_gpu_here_is_recommended_and_chosen(page: Page, still_site: Site) -> None:
    for memory_gb, expected in ((16.0, "Low memory"), (24.0, "Default"), (80.0, "High memory")):
        show_gpu(page, memory_gb)
        open_tab(page, still_site, "/train")
        recommended = page.locator("#presets .choice", has_text="recommended here")
        expect(recommended).to_have_count(1)
        expect(recommended.locator(".choice__name")).to_have_text(expected, ignore_case=True)
        expect(recommended.locator("input")).to_be_checked()
    show_gpu(page, 16.0)
    page.reload()
    expect(page.locator("#presets .choice", has_text="Default")).to_contain_text("too large for the GPU here")


def test_numbers_alone_take_the_whole_width(page: Page, still_site: Site) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    open_job(page, still_site, "fast")
    page.wait_for_selector(".chart .u-legend")
    expect(page.locator(".overview__samples")).to_be_hidden()
    assert place_of(page.locator("#job-charts")).width > 1200


def test_a_charts_main_line_has_a_fading_area(page: Page, still_site: Site) -> None:
    page.add_init_script("""
        window.numFills = 0;
        const { createLinearGradient } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.createLinearGradient = function (...place) {
          window.numFills += 1;
          return createLinearGradient.apply(this, place);
        };
    """)
    open_job(page, still_site, "slow")
    page.wait_for_selector(".chart .u-legend")
    page.wait_for_function("window.numFills > 0")
