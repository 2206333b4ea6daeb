"""The three forms: what stands on the screen is what is sent, over refreshes, links, changes of mind and lost
connections."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from tests.browser.site import Site
from tests.hub.stand_in import StandInHub

pytestmark = [pytest.mark.browser]

LOOK_MS = 60_000
DATASETS = {"micro-news": ("brief", "micro"), "base-articles": ("article", "base")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with a stand-in Hub and two finished datasets, and without a runner or a Hub token."""
    with StandInHub(tmp_path_factory.mktemp("hub")) as hub:
        fill(hub)
        workspace = Workspace.create(tmp_path_factory.mktemp("forms") / "workspace")
        for name, (length, mode) in DATASETS.items():
            config = {
                "name": name,
                "source": {"kind": "sample", "length": length},
                "rendering": {"mode": mode},
                "max_samples": 4,
            }
            generate(DatasetConfig.model_validate({**config, "num_workers": 1}), workspace, Silent())
        site = Site(workspace.root, hub.environment(HF_TOKEN=""))
        site.start_web()
        yield site
        site.stop_all()


def fill(hub: StandInHub) -> None:
    """Put a dataset of two configurations on the Hub."""
    content = io.BytesIO()
    pq.write_table(pa.table({"body": ["A long story. " * 9] * 3, "abstract": ["Short."] * 3}), content)
    splits = "".join(f"  - split: {split}\n    path: NAME/{split}.parquet\n" for split in ("train", "test"))
    configs = "".join(
        f"- config_name: {name}\n  data_files:\n{splits.replace('NAME', name)}" for name in ("short", "long")
    )
    files = {
        f"{name}/{split}.parquet": content.getvalue()
        for name in ("short", "long")
        for split in ("train", "test")
    }
    hub.repository("news/several").put({"README.md": f"---\nconfigs:\n{configs}---\n".encode(), **files})


def open_form(page: Page, site: Site, path: str) -> None:
    page.goto(site.address + path)
    page.wait_for_selector("form:not([aria-busy])")


def reload(page: Page) -> None:
    page.reload()
    page.wait_for_selector("form:not([aria-busy])")


def field(page: Page, label: str) -> str:
    return page.get_by_label(label, exact=True).input_value()


def test_settings_typed_before_a_refresh_are_sent_after_it(tab: Page, site: Site) -> None:
    """8 is the default preset's own value: compared with that one it would be left out, and the low-memory
    preset's 16 would run."""
    open_form(tab, site, "/train")
    tab.locator("label.choice", has_text="low memory").click()
    tab.locator("#advanced-box > summary").click()
    tab.get_by_label("Gradient accumulation steps").fill("8")
    reload(tab)
    expect(tab.locator("#rest-text")).to_contain_text('"preset":"low_memory"')
    expect(tab.locator("#rest-text")).to_contain_text('"gradient_accumulation_steps":8')
    expect(tab.locator("#changed-count")).to_have_text("1 changed from the preset")


def test_another_preset_starts_every_unedited_setting_anew(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.locator("#advanced-box > summary").click()
    tab.get_by_label("Learning rate", exact=True).fill("0.001")
    tab.locator("label.choice", has_text="quick test").click()
    assert (field(tab, "Num eval samples"), field(tab, "Learning rate")) == ("16", "0.001")
    tab.locator("label.choice", has_text="default").click()
    assert (field(tab, "Num eval samples"), field(tab, "Learning rate")) == ("64", "0.001")


def test_typing_a_model_keeps_edits_and_the_cursor(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.locator("#advanced-box > summary").click()
    tab.get_by_label("Max steps").fill("none")
    expect(tab.locator('[data-field="max_steps"] .field__error')).to_contain_text("must be")
    model = tab.get_by_label("Model", exact=True)
    model.fill("")
    model.press_sequentially("deepseek-ai/DeepSeek-OCR", delay=30)
    expect(tab.locator("#rest-text")).to_contain_text('"model":"deepseek-ai/DeepSeek-OCR"')
    tab.wait_for_timeout(600)  # the estimate's answer must not take the cursor to the wrong field
    expect(model).to_be_focused()
    assert (field(tab, "Max steps"), field(tab, "Train")) == ("none", "dense")


def test_a_link_chooses_the_dataset_over_a_draft_and_once_only(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    tab.get_by_label("Dataset", exact=True).select_option("micro-news")
    tab.get_by_label("Name of the result").fill("mine")
    open_form(tab, site, "/train?dataset=base-articles&output=evil")
    assert (field(tab, "Dataset"), field(tab, "Name of the result")) == ("base-articles", "mine")
    assert tab.url.endswith("/train")
    reload(tab)
    assert field(tab, "Dataset") == "base-articles"
    open_form(tab, site, "/train?dataset=none")
    assert field(tab, "Dataset") == "base-articles"
    expect(tab.locator('[data-field="dataset"] .field__error')).to_have_text(
        "There is no finished dataset none; base-articles is chosen instead."
    )


def test_pages_that_the_model_cannot_read_are_said_before_the_start(tab: Page, site: Site) -> None:
    open_form(tab, site, "/train")
    assert field(tab, "Dataset") == "micro-news"
    expect(tab.locator("#mismatch")).to_be_hidden()
    tab.get_by_label("Dataset", exact=True).select_option("base-articles")
    expect(tab.locator("#mismatch")).to_contain_text(
        "The model tiny does not read pages of 1024 px (mode base)"
    )
    expect(tab.locator("#mismatch")).to_contain_text("Models that do: deepseek-ai/DeepSeek-OCR")
    memory = tab.locator("#memory")
    expect(memory).to_contain_text("one page of 1024 px (mode base) a sample")
    start = tab.get_by_role("button", name="Start training")
    expect(start).to_be_disabled()
    expect(start).to_have_accessible_description(re.compile("does not read the pages"))
    start.press("Enter")
    tab.get_by_label("Name of the result").press("Enter")
    assert tab.url.endswith("/train")
    estimated = memory.text_content() or ""
    tab.locator("label.choice", has_text="quick test").click()
    expect(memory).not_to_have_text(estimated)
    expect(start).to_be_disabled()
    tab.get_by_role("link", name="Make a dataset of micro pages").click()
    tab.wait_for_selector("form:not([aria-busy])")
    assert (field(tab, "Length"), field(tab, "Mode")) == ("brief", "micro")


def test_what_varies_is_previewed_refused_beside_its_field_and_kept_for_another_run(
    tab: Page, site: Site
) -> None:
    open_form(tab, site, "/custom?source_kind=sample&source.length=brief&rendering.mode=tiny")
    tab.locator("summary", has_text="More about the pages").click()
    vary = tab.get_by_label("Vary", exact=True)
    vary.fill("font_size_px: 10, 300")
    expect(tab.locator("#preview")).to_contain_text(
        "font_size_px takes numbers from 6 to 96", timeout=LOOK_MS
    )
    vary.fill("font_size_px: 10; margin_px: 5 to 40")
    expect(tab.locator("#preview .preview__numbers")).to_contain_text(
        re.compile(r"Style.*font size px 10, margin px \d+"), timeout=LOOK_MS
    )
    tab.get_by_label("Name", exact=True).fill("varied")
    with tab.expect_response("**/api/dataset/generate") as answered:
        tab.get_by_role("button", name="Make the dataset").click()
    assert (
        answered.value.request.post_data_json["rendering"]["vary"] == "font_size_px: 10; margin_px: 5 to 40"
    )
    tab.wait_for_url("**/jobs/*")
    open_form(tab, site, f"/custom?from={tab.url.rpartition('/')[2]}")
    assert field(tab, "Vary") == "font_size_px: 10; margin_px: 5 to 40"
    expect(tab.locator("#like-earlier-changes")).to_have_text("Nothing is changed yet.")
    tab.locator("summary", has_text="More about the pages").click()
    vary.fill("")
    expect(tab.locator("#like-earlier-changes")).to_have_text(
        "Changed: Vary font_size_px: 10; margin_px: 5 to 40 → empty."
    )


def test_publishing_without_a_token_is_said_before_the_start(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom")
    tab.get_by_label("Publish to the Hugging Face Hub").check()
    expect(tab.locator("#no-hub-token")).to_contain_text("HF_TOKEN")


def test_several_files_are_one_source_and_what_is_chosen_of_it_survives_a_refresh_only(
    tab: Page, site: Site, tmp_path: Path
) -> None:
    rows = [
        {"body": f"A long story number {number}. " * 5, "abstract": "Short.", "title": "News"}
        for number in range(3)
    ]
    for split in ("train", "test"):
        (tmp_path / f"{split}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows) + "not JSON\n"
        )
    open_form(tab, site, "/custom")
    tab.get_by_text("Your files").click()
    tab.get_by_label("Choose files to upload").set_input_files(
        [tmp_path / "train.jsonl", tmp_path / "test.jsonl"]
    )
    expect(tab.locator("#splits")).to_contain_text("train")
    expect(tab.locator("#splits")).to_contain_text("test")
    expect(tab.locator("#row-problems")).to_contain_text("1 of the first rows cannot be read")
    assert (field(tab, "Document"), field(tab, "Summary")) == ("body", "abstract")
    tab.get_by_label("Summary", exact=True).select_option("title")
    tab.locator("#splits").get_by_role("button", name="test").click()
    expect(tab.locator(".preview__summary")).to_have_text("News")
    reload(tab)
    expect(tab.locator("#rows")).to_contain_text("A long story")
    assert (field(tab, "Path"), field(tab, "Summary"), field(tab, "Splits")) == (
        "upload:files",
        "title",
        "test",
    )
    tab.get_by_text("Hugging Face Hub", exact=True).click()
    expect(tab.locator(".preview .page-thumb")).to_have_count(0)
    assert field(tab, "Splits") == ""


def test_a_source_that_is_not_there_is_said_beside_its_field(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom?source_kind=none")
    open_form(tab, site, "/custom?source_kind=files")
    tab.get_by_label("Path", exact=True).fill("upload:none.jsonl")
    expect(tab.locator('[data-field="source.path"] .field__error')).to_contain_text("There is no file")
    tab.get_by_label("Path", exact=True).fill("upload:none.json")
    expect(tab.locator('[data-field="source.path"] .field__error')).to_contain_text("none.json.")
    tab.get_by_label("Name", exact=True).fill("fine")
    tab.get_by_role("button", name="Make the dataset").click()
    expect(tab.locator("[data-form-error]")).to_be_visible()
    tab.get_by_text("Sample texts").click()
    expect(tab.locator("[data-form-error]")).to_be_hidden()


def test_a_file_sent_again_is_looked_at_again_and_another_replaces_none(
    tab: Page, site: Site, tmp_path: Path
) -> None:
    open_form(tab, site, "/custom")
    tab.get_by_text("Your files").click()
    for text in ("The first text.", "The second text."):
        (tmp_path / "again.jsonl").write_text(json.dumps({"document": text, "summary": "Short."}) + "\n")
        tab.get_by_label("Choose files to upload").set_input_files(tmp_path / "again.jsonl")
        expect(tab.locator("#rows")).to_contain_text(text)
    for name, stored in (("данные.jsonl", "upload:file.jsonl"), ("другие.jsonl", "upload:file-2.jsonl")):
        (tmp_path / name).write_text(json.dumps({"document": name, "summary": "Short."}) + "\n")
        tab.get_by_label("Choose files to upload").set_input_files(tmp_path / name)
        expect(tab.get_by_label("Path", exact=True)).to_have_value(stored)


def test_what_is_picked_of_a_hub_set_is_not_sent_with_another_source(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom?source_kind=hub")
    tab.get_by_label("ID", exact=True).fill("news/several")
    tab.get_by_label("ID", exact=True).press("Enter")
    tab.get_by_role("group", name="Configurations").get_by_role("button", name="long").click(timeout=LOOK_MS)
    splits = tab.get_by_role("group", name="Splits to take")
    splits.get_by_role("button", name="train").click(timeout=LOOK_MS)
    expect(splits.get_by_role("button", name="train")).to_have_attribute("aria-pressed", "true")
    assert (field(tab, "Config"), field(tab, "Splits"), field(tab, "Document")) == ("long", "train", "body")
    tab.get_by_label("ID", exact=True).fill("news/other")
    with tab.expect_request("**/api/dataset/generate") as sent:
        tab.get_by_role("button", name="Make the dataset").click()
    assert json.loads(sent.value.post_data or "")["columns"] == {"document": None, "summary": None}
    tab.wait_for_url("**/jobs/*")
    open_form(tab, site, "/custom?source_kind=sample")
    assert field(tab, "Splits") == ""


def test_a_second_dataset_of_a_benchmark_gets_a_free_name(tab: Page, site: Site) -> None:
    shutil.copytree(
        Path(site.workspace) / "datasets" / "micro-news", Path(site.workspace) / "datasets" / "xsum-benchmark"
    )
    open_form(tab, site, "/benchmarks")
    tab.locator("label.choice", has_text="XSum").click()
    name, error = tab.get_by_label("Name", exact=True), tab.locator('[data-field="name"] .field__error')
    expect(name).to_have_value("xsum-benchmark_2")
    expect(error).to_be_empty()
    tab.locator("label.choice", has_text="SAMSum").click()
    expect(name).to_have_value("samsum-benchmark")
    tab.locator("label.choice", has_text="XSum").click()
    expect(name).to_have_value("xsum-benchmark_2")
    reload(tab)
    expect(name).to_have_value("xsum-benchmark_2")
    name.fill("micro-news")  # a name that was typed stays, and is refused
    expect(error).to_contain_text("There is already a dataset micro-news")
    tab.locator("label.choice", has_text="SAMSum").click()
    expect(name).to_have_value("micro-news")
    expect(error).to_contain_text("There is already a dataset micro-news")


def test_a_benchmark_is_started_as_it_was_left_before_a_refresh(tab: Page, site: Site) -> None:
    open_form(tab, site, "/benchmarks")
    tab.locator("label.choice", has_text="SAMSum").click()
    tab.get_by_label("Max samples").fill("5")
    reload(tab)
    expect(tab.get_by_label("Max samples")).to_have_value("5")
    with tab.expect_request("**/api/benchmark/create") as sent:
        tab.get_by_role("button", name="Make the dataset").click()
    assert json.loads(sent.value.post_data or "") == {"preset": "samsum", "max_samples": 5}
    tab.wait_for_url("**/jobs/2*")
    expect(tab.locator("#job-head")).to_contain_text("samsum-benchmark")


def test_an_error_goes_once_its_field_is_corrected(tab: Page, site: Site) -> None:
    open_form(tab, site, "/custom")
    tab.get_by_label("Name", exact=True).fill("../escape")
    tab.get_by_role("button", name="Make the dataset").click()
    error = tab.locator('[data-field="name"] .field__error')
    expect(error).to_contain_text("must be letters")
    expect(tab.get_by_label("Name", exact=True)).to_be_focused()
    tab.get_by_label("Name", exact=True).fill("fine")
    expect(error).to_be_empty()
    expect(tab.locator("[data-form-error]")).to_be_hidden()


def test_a_form_whose_service_does_not_answer_fills_itself_later(tab: Page, site: Site) -> None:
    tab.route("**/api/forms/**", lambda route: route.abort())
    tab.goto(f"{site.address}/benchmarks")
    expect(tab.locator("[data-form-error]")).to_contain_text("does not answer")
    tab.unroute("**/api/forms/**")
    expect(tab.locator("#benchmark-form:not([aria-busy])")).to_be_visible()
    expect(tab.locator("[data-form-error]")).to_be_hidden()


def test_what_is_stored_is_listed_and_deleted(tab: Page, site: Site) -> None:
    shutil.copytree(
        Path(site.workspace) / "datasets" / "micro-news", Path(site.workspace) / "datasets" / "unwanted"
    )
    tab.goto(f"{site.address}/jobs#stored")
    stored = tab.locator("#stored-datasets")
    expect(stored).to_contain_text("pages of 1024 px (mode base)")
    stored.get_by_role("button", name="Delete unwanted").click()
    tab.get_by_role("button", name="Delete the dataset").click()
    expect(stored.get_by_text("unwanted")).to_have_count(0)
    expect(stored.locator("button, a").and_(tab.locator(":focus"))).to_have_count(1)
    assert not (Path(site.workspace) / "datasets" / "unwanted").exists()
    (Path(site.workspace) / "models" / "only").mkdir(parents=True)
    tab.reload()
    tab.get_by_role("button", name="Delete only").click()
    tab.get_by_role("button", name="Delete the model").click()
    expect(tab.get_by_role("heading", name="Models", exact=True)).to_be_focused()
