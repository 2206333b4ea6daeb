"""What the forms do for their users: names, labels, page sizes, and new datasets without a reload."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from tests.browser.site import Site
from tests.browser.test_forms import field, open_form

pytestmark = [pytest.mark.browser]

NEWS = {
    "name": "news",
    "source": {"kind": "sample", "length": "brief"},
    "rendering": {"mode": "micro"},
    "max_samples": 4,
    "num_workers": 1,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with one dataset and one model, and without a runner."""
    workspace = Workspace.create(tmp_path_factory.mktemp("help") / "workspace")
    generate(DatasetConfig.model_validate(NEWS), workspace, Silent())
    workspace.model("trained_model").mkdir()
    site = Site(workspace.root, {"HF_ENDPOINT": "http://127.0.0.1:9"})
    site.start_web()
    yield site
    site.stop_all()


def write_rows(path: Path, **columns: str) -> Path:
    path.write_text("".join(json.dumps({**columns, "id": number}) + "\n" for number in range(3)))
    return path


def test_a_result_gets_a_free_name_until_the_user_types_one(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    assert field(tab, "Name of the result") == "trained_model_2"
    tab.locator("label.choice", has_text="low memory").click()
    (site.workspace / "models" / "trained_model_2").mkdir()
    tab.reload()
    tab.wait_for_selector("form:not([aria-busy])")
    assert field(tab, "Name of the result") == "trained_model_3"
    tab.get_by_label("Name of the result").fill("mine")
    tab.reload()
    tab.wait_for_selector("form:not([aria-busy])")
    assert field(tab, "Name of the result") == "mine"


def test_an_uploaded_file_names_the_dataset_and_long_columns_are_whole(
    tab: Page, site: Site, tmp_path: Path
) -> None:
    column = "the_text_of_the_document_as_the_office_published_it_in_its_own_language"
    open_form(tab, site, "/custom")
    tab.get_by_text("Your files").click()
    chooser = tab.get_by_label("Choose files to upload")
    chooser.set_input_files(write_rows(tmp_path / "news.jsonl", **{column: "A story. " * 9, "summary": "S."}))
    expect(tab.get_by_label("Name", exact=True)).to_have_value("news_2")
    header = tab.get_by_role("columnheader", name=column)
    expect(header).to_be_visible()
    assert header.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
    tab.get_by_label("Name", exact=True).fill("my_own")
    chooser.set_input_files(write_rows(tmp_path / "other.jsonl", document="A story. " * 9, summary="Short."))
    expect(tab.locator("#rows")).to_contain_text("A story")
    assert field(tab, "Name") == "my_own"


def test_an_open_form_learns_of_a_new_dataset_and_keeps_the_choice(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    dataset = tab.get_by_label("Dataset", exact=True)
    expect(dataset.locator("option")).to_have_count(1)
    shutil.copytree(site.workspace / "datasets" / "news", site.workspace / "datasets" / "a_new_one")
    tab.evaluate(
        "document.dispatchEvent(new Event('visibilitychange'))"
    )  # as when the tab is looked at again
    expect(dataset.locator("option")).to_have_count(2)
    assert field(tab, "Dataset") == "news"


def test_a_jobs_end_is_news_for_an_open_form(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    answer = tab.request.get(f"{site.address}/api/system").json()
    ending = {
        "id": "20991231-000000-0000",
        "kind": "dataset",
        "title": "fresh",
        "state": "succeeded",
        "ended": "2099-12-31T00:00:00+00:00",
    }
    tab.route("**/api/system", lambda route: route.fulfill(json={**answer, "endings": [ending]}))
    with tab.expect_request("**/api/datasets"):
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(tab.locator("#toasts")).to_contain_text("fresh is done")
    tab.unroute("**/api/system")


def test_a_refusal_uses_labels_and_says_nothing_twice(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom")
    tab.get_by_role("button", name="Make the dataset").click()
    expect(tab.locator("[data-form-error]")).to_have_text("Correct “Name”, then try again.")
    expect(tab.locator('[data-field="name"] .field__error')).to_have_text("is required")
    tab.get_by_label("Name", exact=True).fill("fine")
    tab.get_by_label("Overflow").select_option("shrink")
    tab.get_by_text("More about the pages").click()
    tab.get_by_label("Min font size px").fill("40")
    tab.get_by_role("button", name="Make the dataset").click()
    expect(tab.locator("[data-form-error]")).to_contain_text("raise “Font size px”")
    expect(tab.locator(".preview")).to_contain_text("“Min font size px” is 40")
    expect(tab.get_by_text("rendering.")).to_have_count(0)


def test_a_smaller_page_is_offered_and_micro_hides_what_it_cannot_use(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom")
    tab.get_by_label("Font size px", exact=True).fill("18")
    tab.get_by_label("Length").select_option("brief")
    tab.get_by_role("button", name="Use mode tiny").click()
    expect(tab.get_by_label("Mode")).to_have_value("tiny")
    expect(tab.locator(".preview__notes")).to_contain_text("Within the budget")
    tab.get_by_label("Mode").select_option("micro")
    expect(tab.get_by_label("Font size px", exact=True)).to_be_hidden()
    expect(tab.get_by_label("Overflow")).to_be_visible()
    expect(tab.locator(".preview__numbers")).to_contain_text("26 px")  # the typed 18 px are not sent
    tab.get_by_label("Mode").select_option("base")
    expect(tab.get_by_label("Font size px", exact=True)).to_have_value("18")


def test_the_preview_is_whole_in_a_window_and_before_the_name_on_a_phone(tab: Page, site: Site) -> None:
    tab.set_viewport_size({"width": 1280, "height": 900})
    open_form(tab, site, "/custom")
    tab.locator(".banners").evaluate("banners => banners.remove()")  # a runner runs, as usual
    expect(tab.locator(".preview__summary")).not_to_be_empty()
    expect(tab.locator(".preview__summary")).to_be_in_viewport(ratio=1)
    tab.set_viewport_size({"width": 390, "height": 844})
    places = [
        tab.locator(place).bounding_box() or {"y": -1} for place in ("#source", "#preview", "#main-fields")
    ]
    assert [place["y"] for place in places] == sorted(place["y"] for place in places)


def test_a_hub_out_of_reach_is_said_once_with_a_countdown(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom?source_kind=hub")
    tab.get_by_label("Id", exact=True).fill("news/none")
    tab.get_by_label("Id", exact=True).press("Enter")
    expect(tab.get_by_text("127.0.0.1 cannot be reached")).to_have_count(1, timeout=60_000)
    expect(tab.locator("#source-note")).to_contain_text("by itself in 2")
    with tab.expect_request("**/api/dataset/inspect"):
        tab.get_by_role("button", name="Try again").click()


def test_memory_without_a_gpu_is_no_promise(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    sizes = tab.locator("#memory-sizes .badge")
    expect(sizes.first).to_have_text("16 GB: fits")
    assert "badge--ok" not in (sizes.first.get_attribute("class") or "")
