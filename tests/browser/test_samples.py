"""The samples viewer: list, one sample with its page, keys, search, marks, histogram, deep links, damage."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data.dataset.shards import read_texts
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.browser.conftest import watched_page
from tests.browser.shop_window import HOSTILE
from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe
from tests.finished_jobs import make_brief_dataset
from training.options.run_folder import EVALUATION_CONFIG, PREDICTIONS, TEXT_PREDICTIONS

pytestmark = pytest.mark.browser

NUM_SAMPLES = 45
NAME = "looked-at"
FIRST_LOOK_MS = 30_000
"""The first look at a result makes its index, in a process of its own."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service over a dataset and an evaluation of it: each third text is exact, each fifth hostile."""
    site = Site(tmp_path_factory.mktemp("samples") / "workspace")
    workspace = Workspace.create(Path(site.workspace))
    folder = make_brief_dataset(workspace, NAME, NUM_SAMPLES)
    lines, by_text_model = [], []
    for number, row in enumerate(read_texts(folder, "train")):
        words = row["summary"].split()
        written = (
            words if number % 3 == 0 else [*words[: number % 7], HOSTILE if number % 5 == 0 else "Zanzibar"]
        )
        line = {
            "document_id": row["document_id"],
            "prediction": " ".join(written),
            "reference": row["summary"],
        }
        lines.append(
            json.dumps({**line, "num_tokens": len(written), "cut": number == 4, "looping": False}) + "\n"
        )
        by_text_model.append(json.dumps({**line, "prediction": f"{words[0]} by text."}) + "\n")
    evaluation = workspace.evaluation(NAME)
    evaluation.mkdir()
    (evaluation / PREDICTIONS).write_text("".join(lines))
    (evaluation / TEXT_PREDICTIONS).write_text("".join(by_text_model))
    write_json(
        evaluation / EVALUATION_CONFIG, {"dataset": NAME, "split": "train", "text_model": "lab/text-model"}
    )
    site.start_web()
    yield site
    site.stop_all()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with watched_page(browser) as page:
        page.goto(f"{site.address}/samples/evaluations/{NAME}")
        expect(page.locator(".sample-entry")).to_have_count(20, timeout=FIRST_LOOK_MS)
        yield page


def open_sample(page: Page) -> str:
    return page.locator(".sample-detail__name").inner_text()


def test_page_prediction_and_reference_stand_together_from_the_worst(page: Page) -> None:
    scores = [float(text) for text in page.locator(".sample-entry .score").all_inner_texts()]
    assert scores == sorted(scores)
    for part in (".paper img", ".sample-text:has-text('Prediction')", ".sample-text:has-text('Reference')"):
        expect(page.locator(part)).to_be_visible()
    expect(page.locator(".word--extra, .word--unsupported").first).to_be_visible()
    expect(page.locator(".paper img")).not_to_have_js_property("naturalWidth", 0)


def test_the_text_models_summary_is_a_third_column_and_the_document_has_its_length(page: Page) -> None:
    texts = page.locator(".sample-text")
    expect(texts).to_have_count(3)
    expect(texts.last).to_contain_text("Text model lab/text-model")
    expect(texts.last).to_contain_text("by text.")
    facts = page.locator(".sample-detail__facts")
    expect(facts).to_contain_text(re.compile(r"\d+ tokens written · document of \d+ text tokens"))
    page.set_viewport_size({"width": 1440, "height": 900})
    tops = [(text.bounding_box() or {"y": -index})["y"] for index, text in enumerate(texts.all())]
    assert len(set(tops)) == 1
    check_by_axe(page)


def test_the_arrow_keys_go_through_all_samples(page: Page) -> None:
    seen = [open_sample(page)]
    for _ in range(NUM_SAMPLES - 1):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".sample-detail__name")).not_to_have_text(seen[-1])
        seen.append(open_sample(page))
    assert len(set(seen)) == NUM_SAMPLES
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".sample-detail__name")).to_have_text(seen[-2])
    page.get_by_label("Search the samples").press("ArrowLeft")
    expect(page.locator(".sample-detail__name")).to_have_text(seen[-2])


def test_search_marks_and_bars_narrow_the_list_and_are_in_the_address(page: Page) -> None:
    page.locator(".chip", has_text="Exact match").click()
    expect(page.locator(".samples__side > p")).to_have_text(f"15 of {NUM_SAMPLES} samples")
    expect(page.locator(".sample-entry .score").first).to_have_text("100.0")
    page.locator(".chip", has_text="Exact match").click()
    page.get_by_role("button", name=re.compile("ROUGE-L 95 to 100")).click()
    expect(page.locator(".samples__side > p")).to_have_text(f"15 of {NUM_SAMPLES} samples")
    page.get_by_label("Search the samples").fill("zanzibar")
    expect(page.locator(".samples__side > p")).to_have_text(f"0 of {NUM_SAMPLES} samples")
    page.get_by_role("button", name=re.compile("ROUGE-L 95 to 100")).click()
    expect(page.locator(".sample-entry").first).to_contain_text("Zanzibar")
    page.reload()
    expect(page.get_by_label("Search the samples")).to_have_value("zanzibar")
    expect(page.locator(".sample-entry").first).to_contain_text("Zanzibar")


def test_the_focus_stays_where_the_user_is(page: Page) -> None:
    search = page.get_by_label("Search the samples")
    search.click()
    page.keyboard.type("zan", delay=60)
    expect(page.locator(".sample-entry").first).to_contain_text("Zanzibar")
    expect(page.locator(".samples__side > p")).not_to_have_text(f"{NUM_SAMPLES} samples")
    page.keyboard.type("zibar", delay=60)
    expect(search).to_be_focused()
    expect(search).to_have_value("zanzibar")
    search.fill("")
    expect(page.locator(".samples__side > p")).to_have_text(f"{NUM_SAMPLES} samples")
    chip = page.locator(".chip", has_text="Exact match")
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".samples__side > p")).to_have_text(f"15 of {NUM_SAMPLES} samples")
    expect(chip).to_be_focused()
    entry = page.locator(".sample-entry").nth(4)
    entry.click()
    expect(entry).to_be_focused()
    expect(entry).to_have_attribute("aria-current", "true")


def test_a_link_opens_the_same_sample(page: Page) -> None:
    page.get_by_label("Order of the samples").select_option("random")
    expect(page).to_have_url(re.compile("order=random"))
    for _ in range(23):
        before = open_sample(page)
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".sample-detail__name")).not_to_have_text(before)
    name, address = (
        open_sample(page),
        page.get_by_role("link", name="Link to this sample").get_attribute("href"),
    )
    page.goto("about:blank")
    page.goto(f"http://{site_host(page, address)}")
    expect(page.locator(".sample-detail__name")).to_have_text(name)


def site_host(page: Page, address: str | None) -> str:
    page.go_back()
    return page.evaluate("location.host") + (address or "")


def test_hostile_texts_stay_text_and_the_document_is_read_on_demand(page: Page) -> None:
    page.get_by_label("Search the samples").fill("onerror")
    expect(page.locator(".sample-entry").first).to_contain_text(HOSTILE[:10])
    assert page.title() == f"Samples of {NAME} · DeepSynth"
    page.get_by_text("Text of the document").click()
    expect(page.locator(".sample-document")).not_to_have_text("Loading…")
    assert len(page.locator(".sample-document").inner_text()) > 30


def test_a_page_opens_at_full_size(page: Page) -> None:
    page.locator(".paper button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 768, 390])
def test_no_width_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_download_holds_what_is_selected(page: Page) -> None:
    page.locator(".chip", has_text="Cut off").click()
    expect(page.locator(".sample-entry")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSONL").click()
    [line] = Path(download.value.path()).read_text().splitlines()
    assert json.loads(line)["row"] == 4


def test_a_dataset_has_splits(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/samples/datasets/{NAME}")
    expect(page.locator(".sample-text")).to_contain_text("Summary", timeout=FIRST_LOOK_MS)
    expect(page.locator(".sample-detail__facts")).to_contain_text(re.compile(r"document of \d+ text tokens"))
    page.get_by_text("Validation", exact=True).click()
    expect(page.locator(".sample-detail__name")).to_have_text(
        re.compile("^validation"), timeout=FIRST_LOOK_MS
    )
    expect(page).to_have_url(re.compile("split=validation"))


def test_stored_datasets_lead_to_their_samples(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/jobs#stored")
    page.get_by_role("link", name=f"Samples of {NAME}").click()
    expect(page).to_have_url(re.compile(f"/samples/datasets/{NAME}"))
    expect(page.locator(".sample-entry").first).to_be_visible(timeout=FIRST_LOOK_MS)
