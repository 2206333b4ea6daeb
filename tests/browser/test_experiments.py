"""The table of experiments and the comparison: columns, order, filters, notes, curves, differences, texts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from data.dataset.shards import read_texts
from data.store.workspace import Workspace
from tests.browser.conftest import watched_page
from tests.browser.shop_window import HOSTILE
from tests.browser.site import Site
from tests.browser.test_screens import AXE, check_by_axe
from tests.finished_jobs import finish_evaluation, finish_job, finish_training, make_brief_dataset, write_loss
from tests.machine import require
from training.options.config import TrainingConfig
from web_ui.jobs.job import Job
from web_ui.jobs.store import JobStore

pytestmark = pytest.mark.browser

NUM_SAMPLES = 45
NAME = "compared-news"
FIRST_LOOK_MS = 30_000
"""The first look at samples makes their indexes, in processes of their own."""
WIDTHS = (1440, 768, 390)


def fill_experiments(workspace: Workspace) -> dict[str, Job]:
    """Make a dataset, four trainings and two evaluations on it, and a training without a score.

    `good` has every third text wrong and `bad` two of three; `control` saw blank pages; `few` was scored on
    12 samples, `other` on those of the test split.
    """
    folder = make_brief_dataset(workspace, NAME, NUM_SAMPLES)
    summaries = [row["summary"] for row in read_texts(folder, "train")]
    others = [row["summary"] for row in read_texts(folder, "test")]
    wrong = [f"Zanzibar {HOSTILE} {text.split()[0]}" for text in summaries]
    pairs = list(zip(summaries, wrong, strict=True))
    good = [other if number % 3 == 0 else text for number, (text, other) in enumerate(pairs)]
    bad = [text if number % 3 == 0 else other for number, (text, other) in enumerate(pairs)]
    on = {"dataset": NAME}
    jobs = {
        "good": finish_training(workspace, good, "train", **on, output="good", learning_rate=3e-4),
        "bad": finish_training(workspace, bad, "train", **on, output="bad", learning_rate=5e-5),
        "few": finish_training(workspace, summaries[:12], "train", **on, output="few", learning_rate=1e-3),
        "other": finish_training(workspace, others, "test", **on, output="other"),
        "control": finish_evaluation(
            workspace, "control", wrong, **on, model="good", split="train", blank_pages=True
        ),
        "again": finish_evaluation(workspace, "again", good, **on, model="good", split="train"),
        "waiting": JobStore(workspace).create("training", TrainingConfig(**on, output="waiting")),
    }
    for name, rate in (("good", 0.012), ("bad", 0.004), ("few", 0.02), ("other", 0.008)):
        write_loss(workspace, jobs[name], rate=rate)
    JobStore(workspace).annotate(
        jobs["bad"].id, {"name": HOSTILE, "tags": (HOSTILE[:30], "baseline"), "note": f"{HOSTILE} note"}
    )
    return jobs


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace.create(tmp_path_factory.mktemp("experiments") / "workspace")


@pytest.fixture(scope="module")
def jobs(workspace: Workspace) -> dict[str, Job]:
    return fill_experiments(workspace)


@pytest.fixture(scope="module")
def site(workspace: Workspace, jobs: dict[str, Job]) -> Iterator[Site]:
    site = Site(workspace.root)
    site.start_web()
    yield site
    site.stop_all()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with watched_page(browser) as page:
        page.set_default_timeout(FIRST_LOOK_MS)
        page.goto(f"{site.address}/jobs/experiments")
        expect(page.locator("tbody tr")).to_have_count(7)
        yield page


def names(page: Page) -> list[str]:
    return page.locator("tbody .experiments__name a").all_inner_texts()


def open_comparison(page: Page, site: Site, *compared: Job) -> None:
    page.goto(f"{site.address}/jobs/compare?{'&'.join(f'job={job.id}' for job in compared)}")
    expect(page.locator("#compare-body")).to_be_visible()


def is_too_wide(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 900})
    return bool(page.evaluate("document.documentElement.scrollWidth") > width)


def test_columns_order_and_filters_are_in_the_address(page: Page) -> None:
    page.get_by_role("button", name="Learning rate").click()
    assert names(page)[0] == "few"
    page.get_by_role("button", name="Learning rate").click()
    assert names(page)[0] in ("waiting", HOSTILE)
    expect(page.get_by_role("columnheader", name="Learning rate")).to_have_attribute("aria-sort", "ascending")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("Train ROUGE-L").check()
    page.get_by_label("Preset").uncheck()
    page.get_by_role("searchbox", name="Search").fill("good")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page).to_have_url(re.compile("search=good"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("columnheader", name="Train ROUGE-L")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Preset")).to_have_count(0)
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("good")
    page.get_by_label("Kind").select_option("evaluation")
    expect(page.locator("#experiments-count")).to_have_text("2 of 7 experiments")
    page.get_by_role("searchbox", name="Search").fill("nowhere")
    expect(page.locator("#experiments-none")).to_be_visible()


def test_a_row_shows_its_curve_and_what_its_score_is_of(page: Page) -> None:
    row = page.get_by_role("row", name="other")
    curve = row.get_by_role("img")
    expect(curve).to_have_attribute(
        "aria-label", re.compile(r"Train loss of other: 2\.\d+ at step 10, 0\.75")
    )
    assert len((curve.locator("polyline").get_attribute("points") or "").split()) == 30
    expect(row.get_by_role("cell", name="100.0 100.0 to 100.0")).to_be_visible()
    expect(page.get_by_role("row", name="blank pages")).to_contain_text("good on compared-news train")


def test_a_name_tags_note_and_star_are_kept_and_the_output_keeps_its_name(
    page: Page, jobs: dict[str, Job], workspace: Workspace
) -> None:
    row = page.get_by_role("row", name="few")
    row.get_by_role("button", name="Name, tags and note of few").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Files and commands keep the name of the job: few.")
    dialog.get_by_label("Tags").fill(", ".join(f"t{number}" for number in range(21)))
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator('[data-error="tags"]')).to_contain_text("20")
    dialog.get_by_label("Name on the screen").fill("Large steps")
    dialog.get_by_label("Tags").fill("rate, baseline")
    dialog.get_by_label("Note").fill("Too fast?")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    renamed = page.get_by_role("row", name="Large steps")
    expect(renamed).to_contain_text("Training, on disk: few")
    renamed.get_by_role("button", name="Star Large steps").click()
    expect(renamed.get_by_role("button", name="Star Large steps")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.get_by_label("With a star").check()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Too fast?")
    page.get_by_label("With a star").uncheck()
    page.get_by_role("button", name="baseline").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(7)
    assert workspace.model("few").is_dir()
    JobStore(workspace).annotate(jobs["few"].id, {"name": None, "is_starred": False})


def test_what_changes_elsewhere_appears(page: Page, jobs: dict[str, Job], workspace: Workspace) -> None:
    JobStore(workspace).annotate(jobs["waiting"].id, {"note": "noted by another tab"})
    expect(page.get_by_text("noted by another tab")).to_be_visible()
    job = finish_job(workspace, "training", TrainingConfig(dataset=NAME, output="newest"), {})
    expect(page.get_by_role("link", name="newest")).to_be_visible()
    JobStore(workspace).delete(job.id)
    expect(page.get_by_role("link", name="newest")).to_have_count(0)


def test_experiments_are_ticked_and_compared(page: Page) -> None:
    for name in ("good on compared-news train", "good", HOSTILE):
        page.get_by_label(f"Compare {name}", exact=True).first.check()
    page.get_by_role("link", name="Compare 3").click()
    page.wait_for_url("**/jobs/compare?job=*")
    expect(page.get_by_role("heading", name="Comparison of 3")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Compare good", exact=True)).to_be_checked()
    page.get_by_role("button", name="Clear the ticks").click()
    expect(page.get_by_role("link", name="Compare 3")).to_have_count(0)


def test_a_comparison_shows_settings_scores_curves_and_differences(
    page: Page, site: Site, jobs: dict[str, Job]
) -> None:
    open_comparison(page, site, jobs["good"], jobs["bad"], jobs["again"], jobs["other"])
    scores = page.get_by_role("region", name="Table of scores")
    expect(scores.get_by_role("row").filter(has_text="best")).to_have_count(2)
    expect(scores).to_contain_text(f"Scored on test of {NAME}, the baseline on train of {NAME}.")
    expect(page.get_by_role("row", name="Learning rate").first).to_contain_text("0.0003")
    expect(page.locator("#compare-charts canvas").first).to_be_visible()
    rows = page.locator(".differences li")
    expect(rows).to_have_count(2, timeout=FIRST_LOOK_MS)
    expect(rows.nth(0)).to_contain_text("Lower")
    expect(rows.nth(0)).to_contain_text("45 common samples: higher on 33%, lower on 67%")
    expect(rows.nth(1)).to_contain_text("No difference shown")
    page.get_by_role("combobox", name="Baseline").select_option(jobs["bad"].id)
    expect(rows.nth(0)).to_contain_text("Higher")
    page.reload()
    expect(rows.nth(0)).to_contain_text("Higher")


def test_the_same_samples_stand_side_by_side(page: Page, site: Site, jobs: dict[str, Job]) -> None:
    open_comparison(page, site, jobs["good"], jobs["bad"])
    samples = page.locator(".compared-sample")
    expect(samples).to_have_count(10, timeout=FIRST_LOOK_MS)
    expect(page.get_by_text("1 to 10 of 45 common samples")).to_be_visible()
    expect(samples.first).to_contain_text("Zanzibar")
    expect(samples.first).to_contain_text("Exact match")
    expect(samples.first.locator(".word--extra, .word--unsupported").first).to_be_visible()
    page.get_by_label("Order of the samples").select_option("first_worst")
    expect(samples.first.locator(".score").first).not_to_have_text("100.0")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("11 to 20 of 45 common samples")).to_be_visible()
    page.get_by_label("Search the samples").fill("nothing holds this")
    expect(page.get_by_text("No common sample holds these words.")).to_be_visible()
    page.get_by_label("Search the samples").fill("zanzibar")
    expect(samples).to_have_count(10)
    page.reload()
    expect(page.get_by_label("Search the samples")).to_have_value("zanzibar")
    samples.first.get_by_role("link", name="Pages and document").click()
    expect(page.locator(".sample-detail__name")).to_be_visible(timeout=FIRST_LOOK_MS)


def test_a_job_that_was_deleted_can_be_left_out(page: Page, site: Site, jobs: dict[str, Job]) -> None:
    gone = "20200101-000000-0000"
    page.goto(f"{site.address}/jobs/compare?job={jobs['good'].id}&job={gone}&job={jobs['bad'].id}")
    expect(page.locator("#compare-trouble")).to_contain_text(f"There is no job '{gone}'")
    page.get_by_role("link", name="Compare the other 2").click()
    expect(page.get_by_role("heading", name="Comparison of 2")).to_be_visible()
    page.goto(f"{site.address}/jobs/compare")
    expect(page.locator("#compare-trouble")).to_contain_text("Choose trainings and evaluations")


def test_axe_finds_nothing_and_no_width_scrolls_sideways(
    page: Page, site: Site, jobs: dict[str, Job]
) -> None:
    require(AXE.exists(), "no axe-core: npm ci")
    assert [width for width in WIDTHS if is_too_wide(page, width)] == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_text("Columns", exact=True).click()
    check_by_axe(page)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("button", name="Name, tags and note of good").first.click()
    check_by_axe(page)
    open_comparison(page, site, *jobs.values())
    expect(page.locator(".compared-sample")).to_have_count(10, timeout=FIRST_LOOK_MS)
    assert [width for width in WIDTHS if is_too_wide(page, width)] == []
    check_by_axe(page)


def test_hostile_names_stay_text(page: Page, site: Site, jobs: dict[str, Job]) -> None:
    expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=HOSTILE))
    label = row.get_by_role("img").get_attribute("aria-label") or ""
    assert label.startswith(f"Train loss of {HOSTILE}: ")
    assert page.locator("tbody img").count() == 0
    open_comparison(page, site, jobs["good"], jobs["bad"])
    expect(page.locator(".compared-sample").first).to_contain_text("onerror", timeout=FIRST_LOOK_MS)
    expect(page.locator("#compare-charts .u-legend").first).to_contain_text(HOSTILE)
    assert page.title() == "Comparison · DeepSynth"
    assert page.locator("img[src='x']").count() == 0


def test_a_thousand_rows_are_made_as_they_come_into_view(
    page: Page, workspace: Workspace, jobs: dict[str, Job]
) -> None:
    many = [
        finish_job(workspace, "training", TrainingConfig(dataset=NAME, output=f"many-{number:03}"), {})
        for number in range(120)
    ]
    page.reload()
    expect(page.locator("#experiments-count")).to_have_text("127 experiments")
    assert page.locator("tbody tr").count() < 127
    for _ in range(30):
        if page.locator("tbody tr").count() == 127:
            break
        page.locator("tbody tr").last.scroll_into_view_if_needed()
        page.locator(".experiments").evaluate("region => { region.scrollTop = region.scrollHeight; }")
        page.wait_for_timeout(200)
    expect(page.locator("tbody tr")).to_have_count(127)
    for job in many:
        JobStore(workspace).delete(job.id)
