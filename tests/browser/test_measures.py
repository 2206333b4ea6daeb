"""What ROUGE does not show, on the page of an evaluation and beside each sample."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data.dataset.shards import read_texts
from data.store.workspace import Workspace
from tests.browser.conftest import watched_page
from tests.browser.site import Site
from tests.finished_jobs import finish_evaluation, make_brief_dataset
from web_ui.jobs.job import Job

pytestmark = pytest.mark.browser

NUM_SAMPLES = 24
FIRST_LOOK_MS = 30_000
"""The first look at a result makes its index, in a process of its own."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Job]]:
    """A service over an evaluation whose texts hold one more made-up number from sample to sample, up to
    five."""
    site = Site(tmp_path_factory.mktemp("measures") / "workspace")
    workspace = Workspace.create(Path(site.workspace))
    folder = make_brief_dataset(workspace, "brief", NUM_SAMPLES)
    texts = [
        f"{row['summary']} {' '.join(['it was', *(f'{90017 + each}' for each in range(number % 6))])}"
        for number, row in enumerate(read_texts(folder, "train"))
    ]
    job = finish_evaluation(workspace, "judged", texts, model="mine", dataset="brief", split="train")
    site.start_web()
    yield site, job
    site.stop_all()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched_page(browser) as page:
        yield page


def test_an_evaluation_shows_its_measures_below_the_scores(page: Page, judged: tuple[Site, Job]) -> None:
    site, job = judged
    page.goto(f"{site.address}/jobs/{job.id}")
    scores = page.get_by_role("region", name="Scores")
    expect(scores.get_by_role("columnheader", name="The model's lead")).to_be_visible()
    expect(scores.get_by_role("row").last).to_contain_text("higher on")
    measures = page.get_by_role("region", name="Measures beyond ROUGE")
    row = measures.get_by_role("row", name="Facts not in the document")
    expect(row).to_contain_text("made up or misread. Lower is better.")
    model, lead, *_ = row.get_by_role("cell").all_inner_texts()
    assert float(model.partition("%")[0]) > 0
    assert lead == "0.0%"
    expect(page.get_by_role("list", name="Facts found by place")).to_contain_text("page 1")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_measures_fit_every_width(page: Page, judged: tuple[Site, Job], width: int) -> None:
    site, job = judged
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.address}/jobs/{job.id}")
    expect(page.get_by_role("region", name="Measures beyond ROUGE")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_samples_are_sorted_by_made_up_facts_and_show_their_measures(
    page: Page, judged: tuple[Site, Job]
) -> None:
    site, _ = judged
    page.goto(f"{site.address}/samples/evaluations/judged")
    order = page.get_by_label("Order of the samples")
    expect(order).to_be_visible(timeout=FIRST_LOOK_MS)
    order.select_option("unsupported")
    expect(page.locator(".sample-entry").first).to_contain_text("90021")
    line = page.locator(".sample-measures")
    expect(line).to_contain_text("chrF")
    expect(line).to_contain_text("Coverage")
    expect(line).to_contain_text("×")
