"""Take screenshots of all tabs: three widths, light and dark, of a real service on a workspace with jobs in
all states.

Usage: screenshots.py [--out FOLDER] [--only TAB ...] [--workspace FOLDER] [--docs]

The screenshots in docs/screenshots show the workspace of `benchmarks/walk.py --workspace FOLDER`:
`screenshots.py --workspace FOLDER --docs`.
"""

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from data.sources.sample import sample_document
from tests.browser.shop_window import fill_workspace
from tests.browser.site import CHROMIUM_OPTIONS, Site
from tests.machine import CHROMIUM

SIZES = {"phone": (360, 780), "laptop": (1280, 860), "wide": (1920, 1080)}
ColorScheme = Literal["light", "dark"]
THEMES: tuple[ColorScheme, ...] = ("light", "dark")
DATASET = {"name": "sample-articles", "source": {"kind": "sample"}, "max_samples": 60}
DOCS = Path(__file__).parents[1] / "docs" / "screenshots"
IN_DOCS = {
    "compare": "compare-laptop-light",
    "custom": "custom-laptop-light",
    "experiments": "experiments-laptop-light",
    "jobs": "jobs-laptop-light",
    "model": "model-laptop-light",
    "playground": "playground-laptop-light",
    "samples": "samples-laptop-dark",
    "start": "start-laptop-light",
    "train": "train-laptop-light",
    "verdict": "job-training-laptop-light",
}
DOCS_HEIGHT_PX = 1100
"""The pictures in docs are cut here."""
FAILURE = "The model 'slow' reads micro pages; the dataset has base pages."
FAILURE_HINT = "Make a dataset of micro pages, or score a model that reads base pages."
READY = (
    "form:not([aria-busy]), .job-row, #job-page:not([hidden]), #compare-body:not([hidden]), .story, "
    ".playground, #studies .card, #studies .empty, #study .card, #stored-page:not([hidden])"
)


def main() -> int:
    options = _parse_options()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        site = Site(options.workspace or Path(folder) / "workspace")
        if not options.workspace:
            fill_workspace(site.workspace, "slow", FAILURE, FAILURE_HINT)
        site.start_web()
        site.start_runner("cpu")
        site.start_runner("gpu")
        try:
            if not options.workspace:
                _run_datasets(site)
            if options.workspace:
                _warm_model(site)
            _take_all(site, options.only, options.out)
        finally:
            _cancel_running(site)
            site.stop_all()
    for name, picture in IN_DOCS.items() if options.docs else ():
        shot = Image.open(options.out / f"{picture}.png").convert("RGB")
        shot.crop((0, 0, shot.width, min(shot.height, DOCS_HEIGHT_PX))).save(
            DOCS / f"{name}.png", optimize=True
        )
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"))
    parser.add_argument("--only", nargs="*", help="names of tabs, such as train or job-done")
    parser.add_argument("--workspace", type=Path, help="show this workspace instead of one with made-up jobs")
    parser.add_argument("--docs", action="store_true", help="write the pictures in docs/screenshots too")
    return parser.parse_args()


def _run_datasets(site: Site) -> None:
    """Make one real dataset, and start another that runs while the screenshots are taken."""
    job = _call(site, "/api/dataset/generate", DATASET)
    while _call(site, f"/api/jobs/{job['id']}")["state"] in ("queued", "running"):
        time.sleep(0.5)
    job = _call(site, "/api/dataset/generate", DATASET | {"name": "long-dataset", "max_samples": 200_000})
    while _call(site, f"/api/jobs/{job['id']}")["state"] == "queued":
        time.sleep(0.5)


def _warm_model(site: Site) -> None:
    """Load the newest training, so that the playground has an answer to show."""
    _call(site, "/api/model/warm", {"model": _newest_training(site)})
    while not any(model["deepsynth"]["warmth"] == "warm" for model in _call(site, "/v1/models")["data"]):
        time.sleep(0.5)


def _newest_training(site: Site) -> str:
    jobs = _call(site, "/api/jobs?kind=training&state=succeeded&limit=100")["jobs"]
    readers = [job["config"]["output"] for job in jobs if job["config"].get("reads", "pages") == "pages"]
    return str(readers[0])


def _studies(site: Site) -> dict[str, str]:
    found = _call(site, "/api/studies")["studies"]
    return {"study": f"/jobs/studies/{found[0]['name']}"} if found else {}


def _cancel_running(site: Site) -> None:
    """Cancel the running jobs: a job outlives its runner, and would write into a deleted folder."""
    for job in _call(site, "/api/jobs?state=running")["jobs"]:
        _call(site, f"/api/jobs/{job['id']}/cancel", {})
    while _call(site, "/api/jobs?state=running")["jobs"]:
        time.sleep(0.5)


def _addresses(site: Site) -> dict[str, str]:
    """Return name -> path of the pages: the tabs, and one job of each kind and state that is shown."""
    jobs = _call(site, "/api/jobs?limit=50")["jobs"]
    done = {
        kind: [job["id"] for job in jobs if (job["kind"], job["state"]) == (kind, "succeeded")]
        for kind in ("dataset", "training")
    }
    trained = next(job["config"]["output"] for job in jobs if job["id"] == done["training"][-1])
    failed = [job["id"] for job in jobs if job["state"] == "failed"]
    running = [job["id"] for job in jobs if job["state"] == "running"]
    return {
        "start": "/start",
        "benchmarks": "/benchmarks",
        "custom": "/custom",
        "train": "/train",
        "jobs": "/jobs",
        "experiments": "/jobs/experiments",
        "compare": f"/jobs/compare?{'&'.join(f'job={job_id}' for job_id in done['training'][:2])}",
        "job-training": f"/jobs/{done['training'][-1]}",
        "samples": f"/samples/models/{trained}",
        "model": f"/models/{trained}",
        "studies": "/jobs/studies",
        **_studies(site),
        "playground": f"/playground?model={_newest_training(site)}",
        "job-dataset": f"/jobs/{done['dataset'][0]}#samples",
        **{
            f"job-{name}": f"/jobs/{ids[0]}"
            for name, ids in (("failed", failed), ("running", running))
            if ids
        },
    }


def _take_all(site: Site, names: Sequence[str] | None, out: Path) -> None:
    paths = {name: path for name, path in _addresses(site).items() if not names or name in names}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        for theme, size in product(THEMES, SIZES):
            _take(browser, site, paths, out, theme, size)
        browser.close()


def _take(
    browser: Browser, site: Site, paths: Mapping[str, str], out: Path, theme: ColorScheme, size: str
) -> None:
    width, height = SIZES[size]
    viewport: ViewportSize = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    for name, path in paths.items():
        page.goto(site.address + path)
        page.wait_for_selector(READY, state="attached")
        if name == "playground":
            _ask(page)
        page.wait_for_timeout(2500)  # charts and previews settle
        page.screenshot(path=out / f"{name}-{size}-{theme}.png", full_page=size != "wide")
    context.close()


def _ask(page: Page) -> None:
    """Ask the warm model, if there is one, and point at a word of its summary."""
    page.wait_for_selector("#model-0")
    if not page.locator(".playground__model .badge--ok").count():
        return
    page.get_by_label("Or its text").fill(sample_document(7, "test", 3, "brief").text)
    page.get_by_role("button", name="Summarise").click()
    page.wait_for_selector(".playground__lead")
    page.locator(".playground__summary .word").nth(1).hover()


def _call(site: Site, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(site.address + path, data, {"Content-Type": "application/json"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    raise SystemExit(main())
