"""The whole way in a real browser: make a dataset, train on it, watch, pause, resume, lose the service,
delete."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watched_page
from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe
from tests.machine import require_tesseract

pytestmark = [pytest.mark.browser, pytest.mark.slow]

JOB_S = 240_000
DATASET = "browser-news"
SHORT = {"Max "
         "steps": "12", "Per device train batch "
                        "size": "1", "Gradient accumulation steps": "1", "Logging steps": "1",
         "Eval steps": "6", "Num eval samples": "2", "Save steps": "6"}  # fmt: skip


def submit_dataset(page: Page, site: Site, name: str, max_samples: int) -> None:
    page.goto(f"{site.address}/custom")
    page.wait_for_selector("#custom-form:not([aria-busy])")
    page.get_by_label("Length", exact=True).select_option("brief")
    page.get_by_label("Mode", exact=True).select_option("micro")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Max samples").fill(str(max_samples))
    page.get_by_role("button", name="Make the dataset").click()
    page.wait_for_url("**/jobs/2*")


def submit_training(page: Page, site: Site, output: str, **changes: str) -> None:
    page.goto(f"{site.address}/train?dataset={DATASET}")
    page.wait_for_selector("#train-form:not([aria-busy])")
    page.get_by_label("Name of the result").fill(output)
    page.locator("#advanced-box > summary").click()
    for label, value in {**SHORT, **changes}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/jobs/2*")


def wait_for_state(page: Page, words: str) -> None:
    expect(page.locator("#job-head .state-pill")).to_have_text(words, timeout=JOB_S)


@pytest.fixture(scope="module")
def dataset(browser: Browser, working_site: Site) -> Iterator[str]:
    """The address of the job that made a small dataset through the form."""
    with watched_page(browser) as page:
        submit_dataset(page, working_site, DATASET, 40)
        wait_for_state(page, "Done")
        yield page.url


@pytest.fixture(scope="module")
def training(browser: Browser, working_site: Site, dataset: str) -> Iterator[str]:
    """The address of a finished training that was paused and resumed on its way."""
    with watched_page(browser) as page:
        submit_training(page, working_site, "first")
        page.get_by_role("button", name="Pause").click(
            timeout=JOB_S
        )  # while the libraries load: heard after the first step
        wait_for_state(page, "Paused")
        page.get_by_role("button", name="Resume").click()
        wait_for_state(page, "Done")
        yield page.url


def test_a_finished_dataset_shows_its_pages(page: Page, working_site: Site, dataset: str) -> None:
    page.goto(f"{dataset}#samples")
    first = page.locator(".page-thumb img").first
    first.wait_for()
    expect(first).to_have_js_property("naturalWidth", 320)
    page.locator(".page-thumb").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_report_shows_compression_and_character_errors(page: Page, dataset: str) -> None:
    require_tesseract()
    page.goto(dataset)
    ask = page.get_by_role("button", name="Make a report")
    ask.press("Enter")
    expect(page.get_by_role("region", name="Densest pages").get_by_role("row")).to_have_count(11)
    ocr = page.get_by_role("region", name="Readers").get_by_role("row", name=re.compile("^tesseract"))
    expect(ocr).to_contain_text(re.compile(r"8\d+\.\d\d%"), timeout=JOB_S)
    expect(ask).to_be_enabled()
    expect(ask).to_be_focused()


def test_a_model_reads_pages_and_stands_beside_tesseract(page: Page, dataset: str) -> None:
    page.goto(dataset)
    expect(page.get_by_label("Let a model read it")).to_have_value("tiny")
    page.get_by_role("button", name="Check reading").click()
    rate = page.locator("dd", has_text=re.compile(r"^\d+\.\d\d%"))
    expect(rate).to_be_visible(timeout=JOB_S)
    expect(page.get_by_role("region", name="Fonts").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("heading", name="The page shows")).to_have_count(2)
    expect(page.locator(".paper img").first).to_have_js_property("naturalWidth", 320)
    check_by_axe(page)
    page.goto(dataset)
    page.get_by_role("button", name="Make a report").click()
    row = page.get_by_role("region", name="Readers").get_by_role("row", name=re.compile("^tiny on test"))
    expect(row).to_contain_text("%", timeout=JOB_S)


def test_a_training_shows_its_pages_within_three_seconds(
    page: Page, working_site: Site, dataset: str
) -> None:
    page.goto(f"{working_site.address}/train?dataset={DATASET}")
    page.wait_for_selector("#train-form:not([aria-busy])")
    page.get_by_label("Name of the result").fill("at-once")
    started_s = time.monotonic()
    page.get_by_role("button", name="Start training").click()
    pages = page.get_by_role("region", name="First pages").get_by_role("button")
    expect(pages).to_have_count(4, timeout=10_000)
    expect(pages.first.locator("img")).to_have_js_property("complete", True)
    passed_s = time.monotonic() - started_s
    assert passed_s < 3, f"{passed_s:.1f} s"
    expect(page.locator("#overview-empty")).to_be_hidden()
    check_by_axe(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()


def test_a_taken_name_is_said_while_typing(page: Page, working_site: Site, dataset: str) -> None:
    page.goto(f"{working_site.address}/custom")
    page.wait_for_selector("#custom-form:not([aria-busy])")
    page.get_by_label("Name", exact=True).press_sequentially(DATASET)
    expect(page.locator('[data-field="name"] .field__error')).to_contain_text("already")


def test_a_paused_and_resumed_training_shows_curves_batch_and_predictions(page: Page, training: str) -> None:
    page.goto(training)
    expect(page.locator(".chart", has_text="Loss").locator("canvas").first).to_be_visible()
    expect(page.locator(".chart", has_text="ROUGE")).to_be_visible()
    page.get_by_role("tab", name="Samples").click()
    expect(page.locator(".sample-text", has_text="Reference")).to_be_visible()
    expect(page.locator(".paper img")).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("radio", name="First batch").check()
    expect(page.locator(".sample-text", has_text="The model learns to write")).to_be_visible()
    expect(page.get_by_text("The exact input of the first step.")).to_be_visible()
    check_by_axe(page)
    expect(page.locator(".paper img")).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("tab", name="Files").click()
    expect(page.get_by_role("link", name="metrics.json")).to_be_visible()


def test_a_refresh_shows_a_running_job_again_until_it_is_cancelled_and_deleted(
    page: Page, working_site: Site, dataset: str
) -> None:
    submit_dataset(page, working_site, "refreshed", 20_000)
    wait_for_state(page, "Running")
    page.reload()
    wait_for_state(page, "Running")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()
    wait_for_state(page, "Cancelled")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the job").click()
    page.wait_for_url("**/jobs")
    expect(page.get_by_role("link", name=DATASET, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="refreshed")).to_have_count(0)


def test_a_restarted_service_is_noticed_and_the_job_goes_on(
    page: Page, working_site: Site, dataset: str
) -> None:
    submit_dataset(page, working_site, "restarted", 400)
    working_site.stop("web")
    expect(page.locator("#trouble")).to_contain_text("Connection lost.", timeout=30_000)
    working_site.start_web()
    expect(page.locator("#trouble")).to_be_hidden(timeout=30_000)
    wait_for_state(page, "Done")


def test_a_finished_training_is_scored_from_its_page(page: Page, training: str) -> None:
    page.goto(f"{training}#use")
    block = page.locator("#panel-use")
    block.get_by_label("Max samples").fill("none")
    block.get_by_role("button", name="Evaluate").click()
    expect(block.locator('[data-field="max_samples"] .field__error')).to_contain_text(
        "must be a whole number"
    )
    block.get_by_label("Max samples").fill("2")
    block.get_by_label("Split").select_option("test")
    block.get_by_label("Blank pages").check()
    block.get_by_role("button", name="Evaluate").click()
    page.wait_for_url(lambda address: not address.startswith(training))
    wait_for_state(page, "Done")
    row = page.get_by_role("row", name="first")
    expect(row.get_by_role("cell").first).to_contain_text(re.compile(r"[\d.]+ to [\d.]+"))
    expect(page.locator("#job-texts .sample-detail")).to_contain_text("Reference")
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_role("row", name="Blank pages")).to_contain_text("on")


def test_a_finished_training_summarises_documents_from_its_page(
    page: Page, training: str, tmp_path: Path
) -> None:
    page.goto(f"{training}#use")
    form = page.locator("#prediction-form")
    form.get_by_role("button", name="Summarise", exact=True).click()
    missing = form.locator("#field-inputs-error")
    expect(missing).to_contain_text("Drop or choose a document")
    for name in ("Oslo storm.txt", "report.docx"):
        (tmp_path / name).write_text("Ada Berg opened a library in Oslo.")
    form.get_by_label("Choose documents").set_input_files(
        [tmp_path / "Oslo storm.txt", tmp_path / "report.docx", tmp_path / "Oslo storm.txt"]
    )
    expect(form.locator("#chosen-documents li")).to_have_count(2)
    expect(missing).to_be_empty()
    form.get_by_label("Max pages").fill("none")
    form.get_by_role("button", name="Summarise", exact=True).click()
    expect(form.locator("[data-form-error]")).to_be_visible()
    form.get_by_label("Max pages").fill("4")
    expect(form.locator("[data-form-error]")).to_be_hidden()
    expect(form.get_by_role("status")).to_contain_text("report.docx has an unsupported file type")
    form.get_by_role("button", name="Leave out Oslo_storm-2.txt").click()
    form.get_by_role("button", name="Summarise", exact=True).click()
    page.wait_for_url(lambda address: not address.startswith(training))
    wait_for_state(page, "Done")
    expect(page.locator("#job-texts .sample-entry")).to_have_count(1)
    expect(page.locator("#job-texts .sample-entry")).to_contain_text("Oslo_storm.txt")
    expect(page.get_by_role("button", name="Page 1 of Oslo_storm.txt")).to_be_visible()


def test_a_training_is_run_again_with_changes(page: Page, training: str) -> None:
    page.goto(training)
    page.get_by_role("link", name="Run again with changes").click()
    page.wait_for_selector("#train-form:not([aria-busy])")
    expect(page.locator("#like-earlier")).to_contain_text("The settings of first. Nothing is changed yet.")
    expect(page.get_by_label("Name of the result")).to_have_value("first_2")
    page.locator("#advanced-box > summary").click()
    expect(page.get_by_label("Max steps", exact=True)).to_have_value("12")
    page.get_by_label("Max steps", exact=True).fill("9")
    expect(page.locator("#like-earlier")).to_contain_text("Changed: Max steps 12 → 9.")
    page.reload()
    page.wait_for_selector("#train-form:not([aria-busy])")
    expect(page.get_by_label("Max steps", exact=True)).to_have_value("9")


def test_the_page_of_a_finished_training_fits_a_phone(page: Page, training: str) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{training}#use")
    expect(page.locator("#panel-use").get_by_label("Max samples")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_a_training_said_is_in_its_log(page: Page, training: str) -> None:
    page.goto(f"{training}#log")
    expect(page.locator("#job-messages")).to_contain_text("parameters of tiny")
