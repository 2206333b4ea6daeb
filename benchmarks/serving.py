"""Measure a warm model behind the chat completions: time to the first token, throughput of many clients, and
a short request beside a long one. Also: generation beside the library's `generate`.

Ratios of one run on this machine; absolute times mean something on a quiet one only.
Run: python -m benchmarks.serving [clients] [generation]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openai import OpenAI

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.sample import sample_document
from data.store.workspace import Workspace
from tests.services import Service
from tests.training.test_generate_text import tiny_collator
from training.generation.decoding import Decoding
from training.generation.generate_text import generate_by_library, generate_in_rows
from training.inputs.dataset import PageSample

NUM_CLIENTS = 32
NUM_REQUESTS = 96
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    for name in parser.parse_args().parts or PARTS:
        print(f"{name}:", flush=True)
        PARTS[name]()


def clients() -> None:
    """Ask a warm tiny model over HTTP, alone and by many clients."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(role="gpu", workspace=Workspace.create(Path(folder) / "workspace").root)
        service.start()
        try:
            started_s = time.monotonic()
            service.call("POST", "/api/model/warm", {"model": "tiny", "max_waiting": 200})
            service.wait_until(lambda: _is_warm(service), "warm")
            print(f"  warm {time.monotonic() - started_s:.1f} s after the request")
            _measure_clients(
                OpenAI(base_url=f"http://127.0.0.1:{service.port}/v1", api_key="none", max_retries=50)
            )
        finally:
            service.stop()


def _is_warm(service: Service) -> bool:
    served = service.call("GET", "/v1/models")["data"]
    return any(each["deepsynth"]["warmth"] == "warm" for each in served)


def _measure_clients(client: OpenAI) -> None:
    _ask(client, _text(0))
    alone_s = [_timed(lambda row=row: _ask(client, _text(row))) for row in range(1, 17)]
    first_s = statistics.median(_first_token_s(client, _text(row)) for row in range(1, 17))
    print(f"  first token after {1000 * first_s:.0f} ms (target: 300), whole summary after "
          f"{1000 * statistics.median(alone_s):.0f} ms (target: 2,000)")  # fmt: skip
    with ThreadPoolExecutor(NUM_CLIENTS) as pool:
        together_s = _timed(lambda: list(pool.map(lambda row: _ask(client, _text(row)), range(NUM_REQUESTS))))
    throughput = NUM_REQUESTS * statistics.mean(alone_s) / together_s
    print(f"  {NUM_CLIENTS} clients: {throughput:.1f} x the throughput of one (target: 3)")
    for num_pages in (10, 90):
        _measure_beside_a_long_one(client, alone_s, num_pages)


def _measure_beside_a_long_one(client: OpenAI, alone_s: list[float], num_pages: int) -> None:
    """Ask for short summaries while a document of many pages is read and summarised again and again."""
    long_text = "\n".join(_text(row) for row in range(num_pages * 20 // 9))
    with ThreadPoolExecutor(1) as pool:
        is_over = False
        busy = pool.submit(lambda: [_ask(client, long_text) for _ in iter(lambda: is_over, True)])
        time.sleep(0.5)
        beside_s = [_timed(lambda row=row: _ask(client, _text(row))) for row in range(1, 33)]
        is_over = True
        busy.result()
    ratio = _percentile(beside_s, 95) / _percentile(alone_s, 95)
    print(
        f"  a short request beside one of {num_pages} pages: p95 {ratio:.2f} x that alone (target: below 2)"
    )


def generation() -> None:
    """Compare our loop with the library's `generate` on the same batches, in turns."""
    model, collator = tiny_collator()
    style = resolve_style(RenderingConfig(mode="micro"))
    samples = [
        PageSample(document_id=str(row), pages=tuple(page.png for page in render(_text(row), style).pages))
        for row in range(32)
    ]
    decoding = Decoding(max_new_tokens=128, batch_size=16)
    ways: dict[str, Callable[..., Any]] = {"rows": generate_in_rows, "library": generate_by_library}
    times: dict[str, list[float]] = {name: [] for name in ways}
    texts: dict[str, Any] = {}
    for _ in range(ROUNDS):
        for name, generate in ways.items():
            batches = (samples[:16], samples[16:])
            started_s = time.perf_counter()
            texts[name] = [generate(model, collator, batch, decoding) for batch in batches]
            times[name].append(time.perf_counter() - started_s)
    ratio = statistics.median(times["library"]) / statistics.median(times["rows"])
    same = sum(
        a == b
        for ours, theirs in zip(*texts.values(), strict=True)
        for a, b in zip(ours, theirs, strict=True)
    )
    print(f"  {ratio:.2f} x the samples per second of `generate`; {same} of {len(samples)} texts are equal")


def _text(row: int) -> str:
    return sample_document(0, "test", row, "brief").text


def _ask(client: OpenAI, text: str) -> None:
    client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": text}])


def _first_token_s(client: OpenAI, text: str) -> float:
    started_s = time.perf_counter()
    stream = client.chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": text}], stream=True
    )
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    first_s = time.perf_counter() - started_s
    stream.close()
    return first_s


def _timed(work: Callable[[], Any]) -> float:
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


PARTS: dict[str, Callable[[], None]] = {"clients": clients, "generation": generation}

if __name__ == "__main__":
    main()
