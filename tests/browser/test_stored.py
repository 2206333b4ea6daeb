"""The pages of stored datasets, trainings and base models: card, lineage, files, use, publication; and every
ended job runs again with changes."""

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.browser.site import Site
from tests.browser.test_screens import AXE, check_by_axe
from tests.machine import require
from tests.services import Client
from tests.web_ui.conftest import SAMPLE, TINY_CONFIG
from training.options.run_folder import CONFIG
from web_ui.jobs.job import STATE, JobState, State, now

pytestmark = [pytest.mark.browser]

HOSTILE_CARD = "---\nlicense: mit\n---\n# <img src=x onerror=document.title='owned'>\n**bold**"
WIDTHS = (1600, 1280, 390)
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "dataset": ("dataset/generate", {**SAMPLE, "name": "again", "seed": 7}),
    "training": ("model/train", {"dataset": "demo", "model": "tiny", "output": "later", "max_steps": 3}),
    "find_lr": ("model/find-lr", {"dataset": "demo", "model": "tiny", "num_steps": 21}),
    "evaluation": (
        "model/evaluate",
        {"dataset": "demo", "model": "mine", "split": "validation", "max_samples": 3, "max_length": 99},
    ),
    "prediction": ("model/predict", {"dataset": "demo", "model": "mine", "split": "train", "max_samples": 2}),
    "reading_check": ("model/read-check", {"dataset": "demo", "model": "tiny", "num_documents": 3}),
    "warm_model": ("model/warm", {"model": "mine", "max_waiting": 7}),
    "publish_model": ("model/publish", {"model": "mine", "repo_id": "me/reader", "private": False}),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A dataset and a training that commands made, without any job."""
    site = Site(tmp_path_factory.mktemp("stored") / "workspace")
    workspace = Workspace.create(Path(site.workspace))
    generate(DatasetConfig.model_validate({**SAMPLE, "num_workers": 1}), workspace, Silent())
    model = workspace.model("mine") / "model"
    model.mkdir(parents=True)
    write_json(model / "config.json", TINY_CONFIG)
    (model / "model.safetensors").write_bytes(bytes(3_000_000))
    (model / "README.md").write_text(HOSTILE_CARD)
    write_json(model.parent / CONFIG, {"dataset": "demo", "model": "tiny"})
    site.start_web()
    yield site
    site.stop_all()


@pytest.fixture(scope="module")
def jobs(site: Site) -> dict[str, str]:
    """A cancelled job of each kind."""
    client = Client(port=int(site.address.rpartition(":")[2]))
    ids = {}
    for kind, (path, body) in BODIES.items():
        ids[kind] = client.call("POST", f"/api/{path}", body)["id"]
        values = JobState(state=State.CANCELLED, attempts=1, started=now(), ended=now())
        write_json(site.workspace / "jobs" / ids[kind] / STATE, values.model_dump(mode="json"))
    return ids


def open_stored(page: Page, site: Site, path: str) -> None:
    page.goto(site.address + path)
    page.locator("#stored-page:not([hidden])").wait_for()


def test_what_is_stored_leads_to_its_page_and_on_along_the_lineage(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/jobs#stored")
    expect(page.locator("#stored-bases").get_by_role("link", name="tiny")).to_have_attribute(
        "href", "/models/tiny"
    )
    page.locator("#stored-models").get_by_role("link", name="mine", exact=True).click()
    expect(page.get_by_role("heading", name="mine", level=1)).to_be_visible()
    lineage = page.get_by_role("region", name="Lineage")
    lineage.get_by_role("link", name="demo").click()
    expect(page.get_by_role("heading", name="demo", level=1)).to_be_visible()
    lineage.get_by_role("link", name="mine", exact=True).click()
    lineage.get_by_role("link", name="tiny").click()
    expect(page.locator("#stored-facts")).to_contain_text("Base model.")
    expect(lineage.get_by_role("link", name="mine", exact=True)).to_be_visible()


def test_a_card_is_text(page: Page, site: Site) -> None:
    open_stored(page, site, "/models/mine")
    expect(page.locator(".card-text")).to_have_text(re.compile(r"^# <img src=x.*\*\*bold\*\*$", re.DOTALL))
    assert page.locator("img[src='x']").count() == 0
    assert page.title() != "owned"


def test_a_model_is_downloaded_as_one_file(page: Page, site: Site) -> None:
    open_stored(page, site, "/models/mine")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"Download, 3\.0 MB")).click()
    content = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == "mine.tar"
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getmember("mine/model.safetensors").size == 3_000_000


def test_files_and_samples_of_a_dataset_without_a_job(page: Page, site: Site) -> None:
    open_stored(page, site, "/datasets/demo")
    page.get_by_role("tab", name="Files").click()
    expect(page.locator("#panel-files").get_by_role("link", name="manifest.json")).to_be_visible()
    page.get_by_role("tab", name="Samples").click()
    expect(page.locator("#panel-samples")).to_contain_text("4 samples")


@pytest.mark.parametrize("name", ["tiny", "deepseek-ai/DeepSeek-OCR"])
def test_a_base_model_is_scored_from_its_page(page: Page, site: Site, name: str) -> None:
    open_stored(page, site, f"/models/{name}#use")
    with page.expect_request("**/api/model/evaluate") as sent:
        page.get_by_role("button", name="Evaluate").click()
    assert sent.value.post_data_json["model"] == name
    answer = sent.value.response()
    assert answer is not None
    assert answer.status in (202, 422)  # DeepSeek-OCR does not read micro pages, and the answer says so


def test_nothing_stored_is_said(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/models/nothing")
    expect(page.locator("#stored-missing")).to_contain_text("There is no model 'nothing'")


@pytest.mark.parametrize(
    ("kind", "field", "value", "button"),
    [
        ("dataset", "seed", "8", "Make the dataset"),
        ("training", "max_steps", "4", "Start training"),
        ("find_lr", "seed", "9", "Find a good learning rate first"),
        ("evaluation", "max_samples", "2", "Evaluate"),
        ("prediction", "max_samples", "1", "Summarise"),
        ("reading_check", "num_documents", "4", "Run it with these settings"),
        ("warm_model", "idle_timeout_s", "60", "Run it with these settings"),
        ("publish_model", "repo_id", "me/other", "Publish"),
    ],
)
def test_each_kind_of_job_runs_again_with_changes(
    page: Page, site: Site, jobs: dict[str, str], kind: str, field: str, value: str, button: str
) -> None:
    path, wanted = BODIES[kind]
    page.goto(f"{site.address}/jobs/{jobs[kind]}")
    expect(page.get_by_role("button", name="Run again", exact=True)).to_be_visible()
    page.get_by_role("link", name="Run again with changes").click()
    form = page.locator("form").filter(has=page.get_by_role("button", name=button, exact=True))
    changes = page.locator("#like-earlier-changes, #change-job [role=status]")
    expect(changes).to_have_text("Nothing is changed yet.")
    form.evaluate("form => form.querySelectorAll('details').forEach(each => (each.open = true))")
    form.locator(f'[name="{field}"]:visible').fill(value)
    expect(changes).to_contain_text(f"→ {value}.")
    with page.expect_response(f"**/api/{path}") as answered:
        form.get_by_role("button", name=button, exact=True).click()
    assert answered.value.status == 202, answered.value.text()
    given = answered.value.request.post_data_json
    own = {"output", "name", field}
    assert str(given[field]) == value
    assert {key: given.get(key) for key in wanted if key not in own} == {
        key: wanted[key] for key in wanted if key not in own
    }


def test_a_hostile_model_name_stays_text(page: Page, site: Site) -> None:
    name = "<img src=x onerror=document.title='owned'>"
    page.goto(f"{site.address}/models/{quote(name)}")
    expect(page.locator("#stored-missing")).to_contain_text("is not a valid name")
    page.goto(f"{site.address}/models/lab/{quote(name)}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"lab/{name}")
    assert page.locator("img[src='x']").count() == 0
    assert page.title() != "owned"


def test_the_job_page_shows_what_was_read_and_made(page: Page, site: Site, jobs: dict[str, str]) -> None:
    page.goto(f"{site.address}/jobs/{jobs['evaluation']}")
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage.get_by_role("link", name="mine")).to_have_attribute("href", "/models/mine")
    expect(lineage.get_by_role("link", name="demo")).to_have_attribute("href", "/datasets/demo")


@pytest.mark.parametrize(
    "path", ["/datasets/demo", "/models/mine", "/models/mine#publish", "/models/tiny#use"]
)
def test_axe_finds_nothing_and_no_width_scrolls_sideways(
    page: Page, site: Site, jobs: dict[str, str], path: str
) -> None:
    require(AXE.exists(), "no axe-core: npm ci")
    open_stored(page, site, path)
    expect(page.locator("#system-load")).not_to_be_empty()
    if path.endswith("#use"):
        page.locator(".uses:not([hidden])").wait_for()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_by_axe(page)
