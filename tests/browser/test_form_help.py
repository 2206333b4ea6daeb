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
from tests.browser.test_screens import check_by_axe

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
    tab.get_by_label("ID", exact=True).fill("news/none")
    tab.get_by_label("ID", exact=True).press("Enter")
    expect(tab.get_by_text("127.0.0.1 cannot be reached")).to_have_count(1, timeout=60_000)
    expect(tab.locator("#source-note")).to_contain_text("by itself in 2")
    with tab.expect_request("**/api/dataset/inspect"):
        tab.get_by_role("button", name="Try again").click()


def test_memory_without_a_gpu_is_no_promise(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    sizes = tab.locator("#memory-sizes .badge")
    expect(sizes.first).to_have_text("16 GB: fits")
    assert "badge--ok" not in (sizes.first.get_attribute("class") or "")


def test_settings_are_found_by_their_words_and_what_is_invalid_stays(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.locator("#advanced-box > summary").click()
    count = tab.locator("#advanced-box .option-finder [role=status]")
    num_settings = tab.locator("#advanced .field").count()
    assert num_settings > 40
    expect(count).to_have_text(f"{num_settings} settings")
    search = tab.get_by_label("Find a setting")
    search.fill("WARMUP ratio")
    expect(tab.locator("#advanced .field:visible label")).to_have_text(["Warmup ratio"])
    expect(tab.locator("#advanced .group:visible")).to_have_count(1)
    expect(count).to_have_text(f"1 of {num_settings} settings")
    search.fill("twice the rank")  # which stands in what more there is to say of it
    expect(tab.locator('[data-field="lora_alpha"] .field__more')).to_be_visible()
    search.fill("adamw_torch")  # a value
    expect(tab.locator("#advanced .field:visible label")).to_have_text(["Optim"])
    search.fill("")
    tab.get_by_label("Learning rate", exact=True).fill("seven")
    tab.get_by_label("Name of the result").fill("never_made")
    tab.get_by_role("button", name="Start training").click()
    expect(tab.locator('[data-field="learning_rate"] .field__error')).not_to_be_empty()
    search.fill("warmup ratio")
    expect(tab.get_by_label("Learning rate", exact=True)).to_be_visible()
    expect(count).to_have_text(f"2 of {num_settings} settings")


def test_a_refused_setting_shows_although_the_search_left_it_out(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.locator("#advanced-box > summary").click()
    tab.get_by_label("Learning rate", exact=True).fill("seven")
    search = tab.get_by_label("Find a setting")
    search.fill("warmup")
    expect(tab.get_by_label("Learning rate", exact=True)).to_be_hidden()
    search.press("Enter")  # which sends no form
    expect(tab.locator("[data-form-error]")).to_be_hidden()
    tab.get_by_role("button", name="Start training").click()
    expect(tab.get_by_label("Learning rate", exact=True)).to_be_focused()


def test_only_what_was_changed_is_shown_and_nothing_of_it_is_sent(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.locator("#advanced-box > summary").click()
    rate = tab.get_by_label("Learning rate", exact=True)
    rate.fill("2e-4")
    command = tab.locator("#cli-text").inner_text()
    tab.get_by_label("Only what I changed").check()
    expect(tab.locator("#advanced .field:visible label")).to_have_text(["Learning rate"])
    assert tab.locator("#cli-text").inner_text() == command
    tab.locator("#reset-all").click()
    expect(tab.locator("#advanced .field:visible")).to_have_count(0)
    tab.get_by_label("Only what I changed").uncheck()
    expect(rate).to_be_visible()
    open_form(tab, site, "/custom")
    tab.get_by_text("More about the dataset").click()
    tab.get_by_label("Num workers").fill("1")
    tab.locator("details[open]").get_by_label("Only what I changed").check()
    expect(tab.locator("#more-fields .field:visible label")).to_have_text(["Num workers"])


def test_a_field_says_one_sentence_and_more_at_a_press(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.locator("#advanced-box > summary").click()
    box = tab.locator('[data-field="per_device_train_batch_size"]')
    expect(box.locator(".field__note")).to_have_text("Samples that one GPU trains on at the same time.")
    expect(box.locator(".field__more")).to_be_hidden()
    ask = box.get_by_role("button", name="More")
    ask.click()
    expect(ask).to_have_attribute("aria-expanded", "true")
    expect(box.locator(".field__more")).to_contain_text("From 1 to 1024.")
    expect(box.locator(".field__more")).to_contain_text("Here: fits 24 GB")
    for width in (390, 820, 1440):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    check_by_axe(tab)
    ask.click()
    expect(box.locator(".field__more")).to_be_hidden()
