"""What a score is worth, on the page of a real training: the verdict, the bars, the control by one click, and
the next steps."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watched_page
from tests.browser.shop_window import HOSTILE
from tests.browser.site import Site
from tests.browser.test_jobs import wait_for_state
from tests.browser.test_screens import AXE, check_by_axe, open_job
from tests.machine import require
from tests.services import Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DATASET = {
    "name": "verdict-news",
    "source": {"kind": "sample", "length": "brief"},
    "max_samples": 240,
    "rendering": {"mode": "micro"},
}
TRAINING = {
    "preset": "quick_test",
    "dataset": DATASET["name"],
    "model": "tiny",
    "output": "beginner",
    "max_steps": 4,
    "max_length": 32,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "eval_steps": 2,
    "save_steps": 4,
    "num_eval_samples": 2,
    "num_test_samples": 12,
}
WIDTHS = (1440, 768, 390)


@pytest.fixture(scope="module")
def training(working_site: Site) -> str:
    """The address of a training of four steps, which saw eight samples."""
    client = Client(port=int(working_site.address.rpartition(":")[2]))
    client.run_job("/api/dataset/generate", DATASET)
    job = client.run_job("/api/model/train", TRAINING)
    return f"{working_site.address}/jobs/{job['id']}"


@pytest.fixture(scope="module")
def control(browser: Browser, training: str) -> Iterator[str]:
    """The address of the control, which one click on the page of the training made."""
    with watched_page(browser) as page:
        page.goto(training)
        verdict = page.locator("#job-verdict")
        expect(verdict).to_contain_text("Whether it reads the pages or guesses is not measured yet.")
        verdict.get_by_role("button", name="Does it read or guess?").click()
        page.wait_for_url(lambda address: not address.startswith(training))
        wait_for_state(page, "Done")
        yield page.url


def test_a_short_training_is_said_to_be_one(page: Page, training: str) -> None:
    page.goto(training)
    verdict = page.locator("#job-verdict")
    sentence = verdict.get_by_role("heading")
    expect(sentence).to_contain_text(
        re.compile(r"Worse than copying .*: [\d.]+ against [\d.]+; 4 steps are too few")
    )
    expect(sentence).to_contain_text(re.compile(r"\), and \d+ take about \d+ (seconds?|minutes?) here\."))
    expect(verdict.locator("figcaption")).to_contain_text("Test ROUGE-L of 12 samples, with 95% intervals")
    expect(verdict.locator(".score-bar").first).to_contain_text(
        re.compile(r"beginner\s*[\d.]+ [\d.]+ to [\d.]+")
    )
    expect(page.locator("#job-figures")).to_contain_text("Validation ROUGE-L")
    expect(page.get_by_role("region", name="Scores")).to_contain_text("Test scores")
    require(AXE.exists(), "no axe-core: npm ci")
    check_by_axe(page)


def test_one_click_makes_the_control_and_both_pages_then_use_it(
    page: Page, training: str, control: str
) -> None:
    for address in (control, training):
        page.goto(address)
        verdict = page.locator("#job-verdict")
        expect(verdict.locator(".verdict__level")).to_have_text("Below copying")
        expect(verdict).to_contain_text(
            re.compile(r"It does read the pages: with blank ones its score is [\d.]+")
        )
        expect(verdict.locator(".score-bar--blank-pages")).to_contain_text(
            re.compile(r"Blank pages\s*[\d.]+")
        )
        expect(verdict.get_by_role("button")).to_have_count(0)


def test_a_next_step_opens_its_form(page: Page, control: str, training: str) -> None:
    for address in (training, control):
        page.goto(address)
        page.get_by_role("link", name="Score it on another dataset").click()
        expect(page.locator("#panel-use [data-field=dataset] :focus")).to_have_count(1)


def test_the_model_is_tried_in_the_playground(page: Page, control: str, training: str) -> None:
    for address in (training, control):
        page.goto(address)
        page.get_by_role("link", name="Try it on a document").click()
        expect(page.get_by_label("Model", exact=True)).to_have_value("beginner")


def test_training_on_from_a_model_fills_the_form(page: Page, training: str) -> None:
    page.goto(training)
    page.get_by_role("link", name="Train on from it").click()
    page.wait_for_selector("#train-form:not([aria-busy])")
    expect(page.get_by_label("Model", exact=True)).to_have_value("beginner")
    expect(page.get_by_label("Dataset", exact=True)).to_have_value(str(DATASET["name"]))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_verdict_fits_every_width(page: Page, control: str, training: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(training)
    expect(page.locator(".score-bar")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_in_a_verdict_stay_text_and_a_refused_control_says_why(
    page: Page, still_site: Site
) -> None:
    require(AXE.exists(), "no axe-core: npm ci")
    open_job(page, still_site, f"lab/{HOSTILE}")
    verdict = page.locator("#job-verdict")
    expect(verdict.locator(".score-bar--model")).to_contain_text(HOSTILE)
    expect(verdict.locator(".score-bar--text-model")).to_contain_text(HOSTILE)
    expect(verdict.locator(".verdict__notes")).to_contain_text("9 of 40 texts are looping.")
    verdict.get_by_role("button", name="Does it read or guess?").click()
    expect(verdict.get_by_role("alert")).to_contain_text("There is no dataset")
    check_by_axe(page)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.title() != "owned"
    assert page.locator("img[src='x']").count() == 0
