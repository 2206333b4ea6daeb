"""Measure a run of the dataset stage: its cost beyond rendering, its scaling with cores and rows, its memory.

Each run is a separate process on new documents of the sample source. CPU time includes the workers, so its
ratios are valid on a busy machine; ratios of wall time need an idle one. Run: python -m benchmarks.generation
[efficiency] [cores] [memory] [scaling]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.sample import sample_document

PROGRAM = """
import sys
from pathlib import Path
from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace

generate(DatasetConfig.model_validate_json(sys.argv[1]), Workspace.create(Path(sys.argv[2])), Silent())
"""
DRAWING = """
import sys, time
from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.sample import sample_document

style = resolve_style(RenderingConfig(mode="base"))
texts = [sample_document(int(sys.argv[1]), "train", row, "article").text for row in range(int(sys.argv[2]))]
started = time.monotonic()
for text in texts:
    render(text, style)
print(time.monotonic() - started)
"""
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Cost:
    """The cost of one run, with start-up and workers."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    for name in parser.parse_args().parts or PARTS:
        print(f"{name}:", flush=True)
        PARTS[name]()


def efficiency(num_documents: int = 2000) -> None:
    """Compare a run with rendering the same pages alone: in CPU time, and in wall time, which includes
    waiting."""
    style = resolve_style(RenderingConfig(mode="base"))
    for row in range(50):
        render(sample_document(1, "train", row, "article").text, style)
    texts = [sample_document(0, "train", row, "article").text for row in range(num_documents)]
    started = time.process_time()
    for text in texts:
        render(text, style)
    drawing_s = time.process_time() - started
    start_up = cost(_config("article", 1, 2))
    whole = cost(_config("article", num_documents, 2))
    spent_s = whole.cpu_s - start_up.cpu_s
    print(
        f"  drawing {1000 * drawing_s / num_documents:.2f} ms a document, the whole run "
        f"{1000 * spent_s / num_documents:.2f} ms"
    )
    print(f"  {drawing_s / spent_s:.0%} of the renderer's own rate by CPU time (target: at least 80%)")
    ideal_s, working_s = _time_rendering_s(num_documents // 2, 2), _time_run_s(num_documents, 2)
    print(
        f"  {ideal_s / working_s:.0%} by wall time on two cores (target: at least 80%; needs an idle machine)"
    )


def cores(num_documents: int = 4000) -> None:
    """Compare one worker on one core with two on two, without start-up, and both with independent render
    processes.

    The second figure is the limit of the machine: cores that share caches or hardware threads slow each other
    down.
    """
    one, two = (_time_run_s(num_documents, workers) for workers in (1, 2))
    alone, together = (_time_rendering_s(num_documents // 4, renderers) for renderers in (1, 2))
    print(f"  two cores are {one / two:.2f} x one (target: at least 1.8), {one:.1f} s and {two:.1f} s")
    print(f"  two independent renderers do {2 * alone / together:.2f} x the work of one")


def _time_run_s(num_documents: int, num_cores: int) -> float:
    """Return the wall time of a run on `num_cores` cores, without its start-up."""
    whole, start_up = (
        cost(_config("article", number, num_cores, shard_rows=100), num_cores)
        for number in (num_documents, num_cores)
    )
    return whole.wall_s - start_up.wall_s


def _time_rendering_s(num_documents: int, num_renderers: int) -> float:
    """Return the wall time in which `num_renderers` processes, each on its own core, render `num_documents`
    documents each."""
    commands = [
        ["taskset", "-c", str(core), sys.executable, "-c", DRAWING, str(core), str(num_documents)]
        for core in range(num_renderers)
    ]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for command in commands]
    return max(float(process.communicate()[0]) for process in running)


def memory() -> None:
    """Compare the peak memory of 10,000 documents with that of 100,000."""
    small, large = (cost(_config("brief", number, 2)).peak_mb for number in (10_000, 100_000))
    print(
        f"  {small:.0f} MB for 10,000 documents, {large - small:+.0f} MB for 100,000 (target: at most +100)"
    )


def scaling(num_documents: int = 10_000) -> None:
    """Compare the CPU time of a run with that of a run of twenty times the size."""
    small, large = (
        cost(_config("brief", num_documents, 2)).cpu_s,
        cost(_config("brief", 20 * num_documents, 2)).cpu_s,
    )
    print(
        f"  20 x the documents cost {large / small:.1f} x (target: at most 20), {small:.0f} s and "
        f"{large:.0f} s"
    )


PARTS: dict[str, Callable[[], None]] = {
    "efficiency": efficiency,
    "cores": cores,
    "memory": memory,
    "scaling": scaling,
}


def cost(config: DatasetConfig, num_cores: int = 2) -> Cost:
    """Measure a run and its workers in a separate process, on `num_cores` cores."""
    cores = f"0-{num_cores - 1}"
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        command = ["taskset", "-c", cores, sys.executable, "-c", PROGRAM, config.model_dump_json(), folder]
        process = subprocess.Popen(command, cwd=ROOT)
        peak = _PeakMemory(process)
        if process.wait():
            sys.exit("the run failed")
        wall_s = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak.megabytes)


def _config(length: str, num_documents: int, num_workers: int, shard_rows: int = 500) -> DatasetConfig:
    return DatasetConfig(
        name="benchmark",
        source=SampleSource.model_validate({"length": length}),
        max_samples=num_documents,
        validation_fraction=0,
        test_fraction=0,
        shard_rows=shard_rows,
        num_workers=num_workers,
        rendering=RenderingConfig(mode="micro" if length == "brief" else "base"),
    )


class _PeakMemory(threading.Thread):
    """Samples the memory of a process and its children; shared pages count once."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0
        self._process = psutil.Process(process.pid)
        self.start()

    def run(self) -> None:
        while True:
            try:
                family = [self._process, *self._process.children()]
                self.megabytes = max(
                    self.megabytes, sum(member.memory_full_info().pss for member in family) / 2**20
                )
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                if not self._process.is_running() or self._process.status() == psutil.STATUS_ZOMBIE:
                    return
            time.sleep(0.25)


if __name__ == "__main__":
    main()
