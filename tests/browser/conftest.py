"""One browser, and two sites for it: one where jobs run, one whose jobs only lie there. Every page must stay
free of errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.shop_window import fill_workspace
from tests.browser.site import CHROMIUM_OPTIONS, Site
from tests.machine import CHROMIUM, require_chromium

# what Chromium prints for a refusal that the page shows to the user
REFUSED_REQUEST = "the server responded with a status of 4"
LOST_CONNECTION = "net::ERR_"
CUT_SHORT = "Transition was aborted"  # a page that is left or closed while it still appears


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def working_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with a runner of each role."""
    site = Site(tmp_path_factory.mktemp("working") / "workspace")
    site.start_web()
    site.start_runner("cpu")
    site.start_runner("gpu")
    yield site
    site.stop_all()


@pytest.fixture(scope="session")
def still_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service without runners over a workspace with jobs in every state."""
    site = Site(tmp_path_factory.mktemp("still") / "workspace")
    fill_workspace(Path(site.workspace))
    site.start_web()
    yield site
    site.stop_all()


@contextmanager
def watched_page(browser: Browser) -> Iterator[Page]:
    """Give a fresh page. Errors in its console, scripts and content policy fail whoever used it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if (
            message.type in ("error", "warning")
            and REFUSED_REQUEST not in message.text
            and LOST_CONNECTION not in message.text
        ):
            faults.append(f"{message.type}: {message.text}")

    page.on("console", listen)
    page.on("pageerror", lambda error: faults.append(str(error)) if CUT_SHORT not in str(error) else None)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched_page(browser) as page:
        yield page


@pytest.fixture(scope="module")
def shared_page(browser: Browser) -> Iterator[Page]:
    """One page for the tests of a module."""
    with watched_page(browser) as page:
        yield page


@pytest.fixture
def tab(shared_page: Page, site: Site) -> Page:
    """The page of a module that has a `site`, without what an earlier test typed."""
    shared_page.goto(f"{site.address}/jobs")
    shared_page.evaluate("sessionStorage.clear()")
    return shared_page
