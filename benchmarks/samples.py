"""Measure the samples viewer over 100,000 samples: the time to make the index, each kind of page from the
API, and the first screen in Chromium.

    python benchmarks/samples.py [--num-samples 100000] [--repeats 20]

Each time of the API is printed beside that of /api/health on the same service, and the first screen beside
the page of the login, which has no scripts.
"""

import argparse
import json
import random
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from data.store.files import write_json
from data.store.workspace import Workspace
from evaluation.samples.build import build_index
from evaluation.samples.store import SampleSet
from tests.browser.site import CHROMIUM_OPTIONS, Site
from tests.machine import CHROMIUM
from training.options.run_folder import EVALUATION_CONFIG, PREDICTIONS

NAME = "measured"
NUM_WORDS = 50
VOCABULARY = 20_000
PAGES = {
    "in order": "",
    "worst first, near the end": "order=worst&offset={late}",
    "best first, one mark": "order=best&mark=cut",
    "shuffled, in the middle": "order=random&offset={middle}",
    "longest first, some bars": "order=longest&first_bin=2&last_bin=6",
    "a rare word": "search={rare}",
    "a common prefix": "search={prefix}",
}


def predictions(num_samples: int, words: list[str]) -> Iterator[str]:
    draw = random.Random(1)
    for number in range(num_samples):
        reference = draw.choices(words, k=NUM_WORDS)
        kept = draw.randrange(NUM_WORDS)
        line = {
            "document_id": f"document-{number}",
            "prediction": " ".join(reference[:kept] + draw.choices(words, k=NUM_WORDS - kept)),
            "reference": " ".join(reference),
            "num_tokens": draw.randrange(20, 200),
            "cut": number % 7 == 0,
            "looping": False,
        }
        yield json.dumps(line) + "\n"


def timed(action: Callable[[], object], repeats: int) -> list[float]:
    """Return the milliseconds of each call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return times


def print_times(name: str, times: list[float], reference: float) -> None:
    p95 = quantiles(times, n=20)[-1]
    print(f"{name:28} median {median(times):6.1f} ms  p95 {p95:6.1f} ms  {median(times) / reference:5.1f}x")


def measure_api(site: Site, num_samples: int, words: list[str], repeats: int) -> None:
    def read(path: str) -> Callable[[], bytes]:
        return lambda: urllib.request.urlopen(site.address + path).read()

    values = {"late": num_samples - 40, "middle": num_samples // 2, "rare": words[0], "prefix": words[0][:2]}
    health = timed(read("/api/health"), repeats)
    print_times("/api/health", health, median(health))
    for name, query in PAGES.items():
        path = f"/api/samples/evaluations/{NAME}?limit=20&{query.format(**values)}"
        print_times(name, timed(read(path), repeats), median(health))


def measure_first_screen(site: Site, repeats: int) -> None:
    shown = {"/login": "form", f"/samples/evaluations/{NAME}?order=worst": ".sample-detail .sample-text"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        page = browser.new_page()

        def show(path: str) -> None:
            page.goto(site.address + path)
            page.wait_for_selector(shown[path])

        times = {path: timed(partial(show, path), repeats) for path in shown}
        browser.close()
    for path, found in times.items():
        print_times(f"first screen of {path[:8]}", found, median(times["/login"]))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-samples", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    draw = random.Random(0)
    words = [
        "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 10))) for _ in range(VOCABULARY)
    ]
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "workspace")
        workspace = Workspace.create(Path(site.workspace))
        evaluation = workspace.evaluation(NAME)
        evaluation.mkdir()
        with (evaluation / PREDICTIONS).open("w") as file:
            file.writelines(predictions(options.num_samples, words))
        write_json(evaluation / EVALUATION_CONFIG, {"dataset": "none", "split": "test"})
        samples = SampleSet(
            collection="evaluations",
            name=NAME,
            predictions=evaluation / PREDICTIONS,
            dataset="none",
            split="test",
        )
        [made_ms] = timed(lambda: build_index(samples, workspace), 1)
        size_mb = samples.index_path(workspace).stat().st_size / 1e6
        print(f"index of {options.num_samples:,} samples: {made_ms / 1000:.1f} s, {size_mb:.0f} MB")
        site.start_web()
        try:
            measure_api(site, options.num_samples, words, options.repeats)
            measure_first_screen(site, options.repeats)
        finally:
            site.stop_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
