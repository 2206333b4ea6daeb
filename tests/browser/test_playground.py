"""The playground: a document, a warm model, and its summary beside the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.shop_window import HOSTILE
from tests.browser.site import Site
from tests.browser.test_screens import AXE, check_by_axe
from tests.machine import require
from tests.services import ENDED, Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXT = "Tea was served. Music was played in Oslo. Some 916 people came."
WIDTHS = (1440, 768, 390)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service whose tiny model is warm."""
    site = Site(tmp_path_factory.mktemp("playground") / "workspace")
    site.start_web()
    site.start_runner("gpu")
    yield site
    stop_warm_models(site)
    site.stop_all()


def stop_warm_models(site: Site) -> None:
    """Stop them: a worker outlives its runner."""
    client = Client(port=int(site.address.rpartition(":")[2]))
    for job in client.call("GET", "/api/jobs?kind=warm_model")["jobs"]:
        if job["state"] not in ENDED:
            client.call("POST", f"/api/jobs/{job['id']}/cancel")
            client.wait_job(job["id"], limit_s=30)


@pytest.fixture(scope="module")
def client(site: Site) -> Client:
    return Client(port=int(site.address.rpartition(":")[2]))


@pytest.fixture
def playground(tab: Page, site: Site, client: Client) -> Page:
    """The page, with a model that is ready."""
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(f"{site.address}/playground")
    expect(tab.get_by_label("Model", exact=True)).to_have_value("tiny")
    load = tab.get_by_role("button", name="Load")
    if load.count():
        load.click()
    expect(tab.get_by_text("ready", exact=True)).to_be_visible(timeout=60_000)
    return tab


def summarise(page: Page, text: str = TEXT) -> None:
    page.get_by_label("Or its text").fill(text)
    page.get_by_role("button", name="Summarise").click()
    expect(page.get_by_role("heading", name="The first three sentences (lead-3)").first).to_be_visible()


def test_a_text_becomes_pages_and_a_summary_and_says_what_it_costs(playground: Page) -> None:
    summarise(playground)
    answer = playground.get_by_label("Answer of tiny")
    expect(answer.get_by_role("button", name="Page 1 as the model sees it")).to_be_visible()
    expect(answer).to_contain_text(f"{len(TEXT)} text tokens → 25 vision tokens, 2.5×")
    expect(answer.locator(".playground__lead")).to_contain_text("Some 916 people came.")
    assert answer.locator(".playground__summary").inner_text().strip() not in ("", "(nothing)")


def test_pointing_at_a_word_shows_where_the_model_looked(playground: Page) -> None:
    summarise(playground)
    summary = playground.locator(".playground__summary").first
    words = summary.locator(".word")
    words.first.hover()
    expect(playground.locator(".heat-map--shown")).to_have_count(1)
    expect(words.first).to_have_class("word word--pointed")
    playground.get_by_role("heading", name="From a program").hover()
    expect(playground.locator(".heat-map--shown")).to_have_count(0)
    summary.focus()
    playground.keyboard.press("ArrowRight")
    playground.keyboard.press("ArrowRight")
    expect(words.nth(1)).to_contain_class("word--pointed")


def test_files_are_read_without_an_upload(playground: Page, site: Site, tmp_path: Path) -> None:
    (tmp_path / "a <b> & c.txt").write_text(TEXT)
    (tmp_path / "page.gif").write_bytes(b"GIF89a")
    chosen = playground.get_by_label("Choose a document")
    chosen.set_input_files(tmp_path / "page.gif")
    expect(playground.get_by_role("alert")).to_contain_text("page.gif is no picture, PDF or text.")
    (tmp_path / "first.txt").write_text("Trains ran late.")
    chosen.set_input_files(tmp_path / "first.txt")
    chosen.set_input_files(tmp_path / "a <b> & c.txt")
    expect(playground.get_by_role("alert")).to_contain_text("a <b> & c.txt replaces first.txt")
    playground.get_by_role("button", name="Summarise").click()
    expect(playground.get_by_label("Answer of tiny").first).to_contain_text("a <b> & c.txt")
    expect(playground.locator(".playground__lead").first).to_be_visible()
    assert list((site.workspace / "uploads").iterdir()) == []
    playground.get_by_role("button", name="Leave out a <b> & c.txt").click()
    expect(playground.get_by_label("Or its text")).to_be_visible()


def test_earlier_answers_stay_in_the_tab_and_no_job_is_made(playground: Page, client: Client) -> None:
    before = client.call("GET", "/api/jobs")["total"]
    summarise(playground)
    playground.get_by_label("Or its text").fill("Trains ran late.")
    playground.get_by_role("button", name="Summarise").click()
    expect(playground.get_by_label("Answer of tiny")).to_have_count(2)
    expect(playground.locator(".playground__lead")).to_have_count(2)
    assert client.call("GET", "/api/jobs")["total"] == before


def test_hostile_texts_stay_text(playground: Page) -> None:
    summarise(playground, f"{HOSTILE} was served.")
    expect(playground.locator(".playground__lead").first).to_contain_text(HOSTILE)


def test_what_is_missing_is_said_before_a_model_is_asked(playground: Page) -> None:
    playground.get_by_label("Or its text").fill("  ")
    playground.get_by_role("button", name="Summarise").click()
    expect(playground.get_by_role("alert")).to_have_text("Drop a document, or type its text.")


def test_a_refused_document_says_why(playground: Page) -> None:
    playground.get_by_label("Or its text").fill("word " * 150_000)
    playground.get_by_role("button", name="Summarise").click()
    expect(playground.get_by_label("Answer of tiny").get_by_role("alert")).to_contain_text(
        "its text needs more than 256 pages"
    )


def test_an_answer_that_is_cut_off_says_so(playground: Page) -> None:
    def cut(route: Route) -> None:
        route.abort("connectionreset")

    playground.route("**/v1/chat/completions", cut)
    playground.get_by_label("Or its text").fill(TEXT)
    playground.get_by_role("button", name="Summarise").click()
    expect(playground.get_by_label("Answer of tiny").get_by_role("alert")).to_contain_text("does not answer")
    playground.unroute("**/v1/chat/completions")


def test_the_page_of_a_warm_model_shows_what_it_does_and_leads_back(
    playground: Page, site: Site, client: Client
) -> None:
    summarise(playground)
    held = client.call("GET", "/api/jobs?kind=warm_model")["jobs"][0]["id"]
    playground.goto(f"{site.address}/jobs/{held}")
    for title in ("Summaries per second", "Tokens per second", "First token", "Waiting"):
        expect(playground.locator("#job-figures")).to_contain_text(title)
    playground.get_by_role("link", name="Ask it").click()
    expect(playground.get_by_label("Model", exact=True)).to_have_value("tiny")


def test_the_programs_name_the_address_and_the_model(playground: Page, site: Site) -> None:
    for name in ("curl", "Python, package openai"):
        expect(playground.get_by_role("region", name=name)).to_contain_text(f"{site.address}/v1")
        expect(playground.get_by_role("region", name=name)).to_contain_text("tiny")


def test_a_waiting_job_is_told_who_holds_the_device_and_may_ask_it_to_step_back(
    playground: Page, site: Site, client: Client
) -> None:
    held = client.call("GET", "/api/jobs?kind=warm_model")["jobs"][0]["id"]
    job = client.call("POST", "/api/model/predict", {"model": "tiny", "inputs": [upload(site)]})
    playground.goto(f"{site.address}/jobs/{job['id']}")
    expect(playground.locator("#job-head")).to_contain_text(
        "Waits behind tiny (warm), which keeps the device until it is paused or idle"
    )
    playground.get_by_role("button", name="Pause tiny (warm)").click()
    client.wait_job(job["id"], limit_s=60)
    client.call("POST", f"/api/jobs/{held}/resume")


def upload(site: Site) -> str:
    (site.workspace / "uploads" / "a.txt").write_text(TEXT)
    return "upload:a.txt"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_playground_fits_every_width_and_passes_axe(playground: Page, width: int, theme: str) -> None:
    require(AXE.exists(), "axe is not installed: npm ci")
    playground.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    playground.set_viewport_size({"width": width, "height": 900})
    summarise(playground)
    playground.locator(".playground__summary .word").first.hover()
    assert playground.evaluate("document.documentElement.scrollWidth") <= width
    check_by_axe(playground)
