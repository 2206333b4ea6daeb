"""Walk through the product as a new user does, and count the clicks: the demo by one click, its verdict, the
worst sample, the same training with another rate, and both compared.

    python benchmarks/walk.py [--workspace FOLDER] [--out FOLDER]

It prints each step with its clicks and its time, and writes screenshots. The demo ends at once in a workspace
that has its model.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.site import CHROMIUM_OPTIONS, Site
from tests.machine import CHROMIUM

TRAINED_MS = 20 * 60_000
RATE = "0.002"


class Walk:
    """A user who clicks; each step is printed with the clicks since the one before."""

    def __init__(self, page: Page, out: Path) -> None:
        self.page = page
        self.num_clicks = 0
        self._out = out
        self._clicks_before = 0
        self._started_s = time.monotonic()

    def click(self, target: Locator) -> None:
        target.click()
        self.num_clicks += 1

    def report(self, step: str) -> None:
        name = step.partition(":")[0].replace(" ", "-")
        self.page.wait_for_timeout(600)  # charts and pictures
        self.page.screenshot(path=self._out / f"{name}.png", full_page=True)
        clicks, seconds = self.num_clicks - self._clicks_before, time.monotonic() - self._started_s
        print(f"{clicks} clicks, {seconds:6.1f} s  {step}")
        self._clicks_before, self._started_s = self.num_clicks, time.monotonic()


def run_demo(walk: Walk) -> None:
    page = walk.page
    expect(page.locator(".story")).to_be_visible()
    walk.report("first screen: three pictures and one button")
    walk.click(page.get_by_role("button", name="Run the demo"))
    expect(page.locator("#job-verdict h2")).to_be_visible(timeout=TRAINED_MS)
    walk.report(f"verdict: {page.locator('#job-verdict h2').inner_text()}")


def find_the_worst_sample(walk: Walk) -> None:
    page = walk.page
    walk.click(page.get_by_role("tab", name="Samples"))
    worst = page.locator(".sample-list [aria-current], .sample-row").first
    worst.wait_for()
    walk.report("worst sample: the list begins with it, and it is shown")


def train_with_another_rate(walk: Walk) -> None:
    page = walk.page
    walk.click(page.get_by_role("link", name="Run again with changes"))
    page.wait_for_selector("form:not([aria-busy])")
    walk.click(page.locator("#advanced-box > summary"))
    page.get_by_label("Learning rate", exact=True).fill(RATE)
    walk.report("changes: another learning rate is typed")
    other_tab = page.context.new_page()
    other_tab.goto(page.url.partition("/train")[0] + "/benchmarks")
    walk.click(page.get_by_role("button", name="Start training"))
    page.wait_for_url("**/jobs/2*")
    expect(other_tab.locator("#toasts")).to_contain_text("is done", timeout=TRAINED_MS)
    message = other_tab.locator("#toasts p").first.inner_text()
    expect(page.locator("#job-verdict h2")).to_be_visible()
    walk.report(
        f"second verdict: {page.locator('#job-verdict h2').inner_text()}; another tab said: {message}"
    )


def compare(walk: Walk) -> None:
    page = walk.page
    walk.click(page.get_by_role("link", name="Compare it"))
    walk.click(page.get_by_role("checkbox", name="Compare demo_model", exact=True).first)
    walk.click(page.get_by_role("link", name="Compare 2"))
    page.locator(".chart canvas").first.wait_for()
    walk.report("comparison: settings, scores, differences, curves and the same samples")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/walk"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(options.workspace or Path(folder) / "workspace", {"OMP_NUM_THREADS": "2"})
        site.start_web()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        try:
            for role in ("cpu", "gpu"):
                site.start_runner(role)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.set_default_timeout(30_000)
            page.goto(f"{site.address}/start")
            walk = Walk(page, options.out)
            for step in (run_demo, find_the_worst_sample, train_with_another_rate, compare):
                step(walk)
            print(f"{walk.num_clicks} clicks in all")
        finally:
            browser.close()
            site.stop_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
