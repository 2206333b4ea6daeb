"""Measure the pages in Chromium: the time until they can be used, the frames of a long chart that is moved,
the requests of an idle page, and the speed of a job beside open tabs.

    python benchmarks/pages.py [--num-jobs 1000] [--repeats 9] [--only open experiments chart idle tabs]

Each figure is printed beside a reference of the same run: a page without scripts, frames of a chart at rest,
a job without tabs.
"""

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from web import fill

from data.store.events import EVENTS, EventLog
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.browser.site import CHROMIUM_OPTIONS, Site
from tests.machine import CHROMIUM
from training.options.config import TrainingConfig
from web_ui.jobs.job import OUTCOME, STATE, JobState, Outcome, State, now
from web_ui.jobs.store import JobStore

USABLE = {
    "/login": "form",
    "/benchmarks": "form:not([aria-busy]) input[name=preset]",
    "/jobs": ".job-list:not([aria-busy]) .job-row",
}
USABLE_WITH_TRAININGS = {
    "/login": "form",
    "/jobs": ".job-list:not([aria-busy]) .job-row",
    "/jobs/experiments": "#experiment-table:not([aria-busy]) tbody .sparkline",
}
IDLE_PAGES = ("/jobs", "/jobs/experiments")
FRAME_MS = 1000 / 60
CHART = """async ([numPoints, share]) => {
  const { src } = document.querySelector("script[type=module]");
  const { Chart } = await import(new URL("charts/chart.js", src));
  const place = document.createElement("div");
  place.style.width = "900px";
  document.querySelector("main").replaceChildren(place);
  const steps = Array.from({ length: numPoints }, (_, index) => index);
  const chart = new Chart(place, "Loss");
  const values = steps.map((step) => 3 / Math.log(step + 3) + Math.sin(step * 12.9898) / 9);
  chart.show([{ label: "train", color: 1, steps, values }]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  chart.plot.setScale("x", { min: 0, max: numPoints * share });
  const { right, top, width } = chart.plot.over.getBoundingClientRect();
  return [right, top, width];
}"""
FRAMES = """new Promise((resolve) => {
  const frames = [], end = performance.now() + 3000;
  const next = (last) => (now) => {
    frames.push(now - last);
    now < end ? requestAnimationFrame(next(now)) : resolve(frames.slice(1));
  };
  requestAnimationFrame(next(0));
})"""
MOVE_S = 2.8
NUM_SAMPLES = 3000
DATASET = {"source": {"kind": "sample"}, "max_samples": NUM_SAMPLES}
NUM_TABS = 10
TABS_IN_VIEW = {
    "without tabs": 0,
    f"{NUM_TABS} tabs, one in view": 1,
    f"{NUM_TABS} tabs, all in view": NUM_TABS,
}
HIDDEN = """Object.defineProperty(document, "hidden", { get: () => true });
Object.defineProperty(document, "visibilityState", { get: () => "hidden" });"""
IDLE_S = 90
SETTLE_S = 5


def main() -> int:
    parts = {
        "open": partial(print_opening, pages=USABLE),
        "experiments": partial(print_opening, pages=USABLE_WITH_TRAININGS),
        "chart": print_chart,
        "idle": print_requests,
        "tabs": print_tabs,
    }
    fillers = {"open": fill, "experiments": fill_trainings}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-jobs", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--only", nargs="*", choices=parts, default=parts)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        for name in options.only:
            with tempfile.TemporaryDirectory() as folder:
                workspace, site = Workspace.create(Path(folder)), Site(Path(folder))
                if name in fillers:
                    fillers[name](workspace, options.num_jobs)
                site.start_web()
                try:
                    parts[name](browser, site, options.repeats)
                finally:
                    site.stop_all()
        browser.close()
    return 0


def fill_trainings(workspace: Workspace, num_jobs: int) -> None:
    """Fill a workspace with trainings that have ended, each with a score and 100 measurements."""
    store = JobStore(workspace)
    scored = {"rouge1": 0.4, "rouge2": 0.2, "rougeL": 0.3, "rougeLsum": 0.3}
    result = {
        "folder": "models/run",
        "split": "test",
        "table": [{"name": name, **scored} for name in ("run", "lead-1", "lead-3")],
        "intervals": [dict.fromkeys(scored, (0.25, 0.35))] * 3,
        "num_samples": 100,
        "metrics": {"train_loss": 0.5, "eval_loss": 0.6, "rougeL": 0.3, "step": 1000},
    }
    for number in range(num_jobs):
        rate = 1e-5 * (1 + number % 50)
        config = TrainingConfig(dataset=f"set-{number % 9}", output=f"run-{number}", learning_rate=rate)
        job = store.create("training", config)
        folder = workspace.jobs / job.id
        log = EventLog(folder / EVENTS)
        for step in range(10, 1001, 10):
            values = {"train_loss": 3 * 0.998**step, "learning_rate": rate, "grad_norm": 1.0, "epoch": 0.1}
            log.append("metric", step=step, values=values)
            log.append("progress", done=step, total=1000, unit="steps", counts={}, rate=9.0, eta_s=1.0)
        log.close()
        state = JobState(state=State.SUCCEEDED, attempts=1, started=now(), ended=now(), run_s=61.0)
        write_json(folder / STATE, state.model_dump(mode="json"))
        outcome = Outcome(attempt=1, status="succeeded", ended=now(), result=result)
        write_json(folder / OUTCOME, outcome.model_dump(mode="json"))


def print_opening(browser: Browser, site: Site, repeats: int, pages: Mapping[str, str]) -> None:
    """Print the milliseconds from the request of a page until it can be used, with an empty and with a full
    cache.

    Args:
        pages: path -> the selector of what shows that the page can be used.
    """
    base_ms = 0.0
    print(
        f"{'page':20}{'first ms':>10}{'best ms':>10}{'again ms':>10}{'to login':>10}{'kB':>8}   (medians of "
        f"{repeats}, best of them)"
    )
    for path, usable in pages.items():
        first_ms, again_ms, sizes = [], [], []
        for _ in range(repeats):
            context = browser.new_context()
            page = context.new_page()
            size: list[int] = []
            page.on(
                "response",
                lambda response, size=size: size.append(int(response.headers.get("content-length", 0))),
            )  # type: ignore[misc]
            first_ms.append(time_until_usable_ms(page, site.address + path, usable))
            sizes.append(sum(size))
            again_ms.append(time_until_usable_ms(page, site.address + path, usable))
            context.close()
        base_ms = base_ms or median(first_ms)
        times = f"{median(first_ms):10.0f}{min(first_ms):10.0f}{median(again_ms):10.0f}"
        print(f"{path:20}{times}{median(first_ms) / base_ms:10.1f}{median(sizes) / 1000:8.0f}")


def time_until_usable_ms(page: Page, address: str, usable: str) -> float:
    page.goto(address, wait_until="commit")
    return float(
        page.wait_for_function(
            "selector => document.querySelector(selector) && performance.now()", arg=usable
        ).json_value()
    )


def print_chart(browser: Browser, site: Site, _: int) -> None:
    """Print the duration of the frames while a finger moves a chart, and of frames in which nothing
    happens."""
    context = browser.new_context(has_touch=True)
    page = context.new_page()
    page.goto(site.address + "/jobs")
    print(
        f"{'frames of':34}{'median ms':>10}{'p95 ms':>8}{'dropped':>12}{'busy ms':>9}   (dropped: over 1.5 "
        "frames; busy: main thread)"
    )
    cases = (("a chart at rest", 100_000, 0.1, False), ("1,000 points, half seen", 1000, 0.5, True))
    cases += tuple(
        (f"100,000 points, {name} seen", 100_000, share, True)
        for name, share in (("a tenth", 0.1), ("half", 0.5))
    )
    for name, num_points, share, is_moved in cases:
        place = page.evaluate(CHART, [num_points, share])
        frames, busy_ms = record_frames(context.new_cdp_session(page), page, place if is_moved else None)
        dropped = f"{sum(frame > 1.5 * FRAME_MS for frame in frames)} of {len(frames)}"
        print(
            f"{name:34}{median(frames):10.1f}{sorted(frames)[int(0.95 * len(frames))]:8.1f}"
            f"{dropped:>12}{busy_ms / len(frames):9.1f}"
        )
    context.close()


def record_frames(
    cdp: CDPSession, page: Page, place: tuple[float, float, float] | None
) -> tuple[list[float], float]:
    """Return the milliseconds between frames while a finger moves from right to left, and the milliseconds
    for which the main thread was busy.

    Args:
        place: right end, top and width of the moved element; None: no finger.
    """
    cdp.send("Performance.enable")
    before_s = busy_s(cdp)
    page.evaluate(f"() => {{ window.frames_ = {FRAMES}; }}")
    if place:
        right, top, width = place
        start_s = time.monotonic()
        cdp.send(
            "Input.dispatchTouchEvent",
            {"type": "touchStart", "touchPoints": [{"x": right - 20, "y": top + 50}]},
        )
        while (done := (time.monotonic() - start_s) / MOVE_S) < 1:
            x = right - 20 - done * (width - 40)
            cdp.send(
                "Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": top + 50}]}
            )
            time.sleep(FRAME_MS / 2000)
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    return page.evaluate("window.frames_"), 1000 * (busy_s(cdp) - before_s)


def busy_s(cdp: CDPSession) -> float:
    return next(
        float(metric["value"])
        for metric in cdp.send("Performance.getMetrics")["metrics"]
        if metric["name"] == "TaskDuration"
    )


def print_requests(browser: Browser, site: Site, _: int) -> None:
    """Print the number of requests of pages while nothing happens."""
    times_s: dict[str, list[float]] = {path: [] for path in IDLE_PAGES}
    pages = []
    for path, times in times_s.items():
        page = browser.new_page()
        page.on(
            "request",
            lambda request, times=times: times.append(time.monotonic()) if "/api/" in request.url else None,
        )
        page.goto(site.address + path)
        pages.append(page)
    start_s = time.monotonic()
    pages[0].wait_for_timeout(IDLE_S * 1000)
    for path, times in times_s.items():
        counts = [
            sum(start_s + third * IDLE_S / 3 <= at_s < start_s + (third + 1) * IDLE_S / 3 for at_s in times)
            for third in range(3)
        ]
        print(f"requests of {path} idle in each {IDLE_S // 3} s: {counts[0]}, {counts[1]}, {counts[2]}")
    for page in pages:
        page.close()


def print_tabs(browser: Browser, site: Site, repeats: int) -> None:
    """Print the rate of a dataset job without pages and beside ten pages that show it, in turns, and the CPU
    time that these pages cost the web server.

    A headless page always counts as visible, so a script tells the pages out of view that they are hidden.
    Chromium runs on the cores of the job here; with a browser on another machine only the web server's cost
    remains.
    """
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in TABS_IN_VIEW}
    for turn in range(max(1, repeats // 3)):
        for number, (name, known) in enumerate(runs.items()):
            known.append(run_beside(browser, site, TABS_IN_VIEW[name], f"beside-{number}-{turn}"))
    print(
        f"{'a dataset job beside':24}{'samples/s':>10}{'of alone':>10}{'web server':>12}   (medians of "
        f"{len(known)}; share of one core)"
    )
    alone = median(rate for rate, _ in runs["without tabs"])
    for name, known in runs.items():
        rate, web_share = map(median, zip(*known, strict=True))
        print(f"{name:24}{rate:10.0f}{rate / alone:10.2f}{web_share:12.1%}")


def run_beside(browser: Browser, site: Site, num_in_view: int, name: str) -> tuple[float, float]:
    """Run one job while half of the pages show the list and half the job; pages after `num_in_view` are
    hidden.

    Returns:
        The job's samples per second, and the web server's part of one core meanwhile.
    """
    job = call(site, "/api/dataset/generate", {**DATASET, "name": name})
    contexts = [browser.new_context(), browser.new_context()]
    contexts[1].add_init_script(HIDDEN)
    for number in range(NUM_TABS if num_in_view else 0):
        contexts[number >= num_in_view].new_page().goto(
            f"{site.address}/jobs" + ("" if number % 2 else f"/{job['id']}")
        )
    time.sleep(SETTLE_S)
    site.start_runner("cpu")
    start_s, start_web_s = time.monotonic(), web_cpu_s()
    while job["state"] not in ("succeeded", "failed"):
        time.sleep(2)
        job = call(site, f"/api/jobs/{job['id']}")
    web_share = (web_cpu_s() - start_web_s) / (time.monotonic() - start_s)
    site.stop("cpu")
    for context in contexts:
        context.close()
    if job["state"] == "failed":
        raise RuntimeError(job["error"]["message"])
    return NUM_SAMPLES / float(job["run_s"]), web_share


def web_cpu_s() -> float:
    """Return the CPU seconds that the web server has used."""
    servers = [
        process
        for process in psutil.Process().children(recursive=True)
        if "gunicorn" in " ".join(process.cmdline())
    ]
    return float(sum(times.user + times.system for times in (process.cpu_times() for process in servers)))


def call(site: Site, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(site.address + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
