"""The real vLLM on a processor: an export gives the texts of `deepsynth predict`."""

import base64
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from data.page_modes import PageMode
from data.progress import Silent
from data.store.workspace import Workspace
from tests.serving.conftest import pages_of, vllm_environment, with_record
from training.models.model_files import load_tokenizer
from training.options.decoding_config import PredictionConfig
from training.predict import predict

MAX_TOKENS = 24
NUM_TEXT_TOKENS = 12
"""bos and the prompt, in the test's tokenizer of one token per character."""
START_S = 180


def predicted(model: Path, paths: list[Path], folder: Path, **values: Any) -> list[dict[str, Any]]:
    config = PredictionConfig(
        model=str(model), inputs=tuple(map(str, paths)), max_length=MAX_TOKENS, output="texts.jsonl", **values
    )
    result = predict(config, Workspace.create(folder / "workspace"), Silent())
    return [json.loads(line) for line in result.path.read_text().splitlines()]


def answered(programs: Path, model: Path, paths: list[Path], folder: Path) -> list[dict[str, list[int]]]:
    task = {"model": str(model), "max_tokens": MAX_TOKENS, "requests": [pages_of(path) for path in paths]}
    script = Path(__file__).with_name("run_vllm.py")
    run = subprocess.run(
        [programs / "python", script, folder / "answers.json"],
        input=json.dumps(task),
        env=vllm_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    found: list[dict[str, list[int]]] = json.loads((folder / "answers.json").read_text())
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "num_page_tokens", "rule", "names"),
    [
        ("tiny", 73, (30, 90), ("page.png", "scan.png", "document.tiff")),
        ("small", 111, (3, 20), ("page.png", "scan.png")),
        ("base", 273, (3, 20), ("scan.png",)),
        ("large", 421, (30, 90), ("scan.png",)),
    ],
)
def test_vllm_reads_the_pages_and_writes_the_texts_of_predict(
    mode: PageMode,
    num_page_tokens: int,
    rule: tuple[int, int],
    names: tuple[str, ...],
    vllm: Path,
    export: Path,
    pictures: Mapping[str, Path],
    tmp_path: Path,
) -> None:
    values = dict(zip(("no_repeat_ngram_size", "no_repeat_ngram_window_size"), rule, strict=True))
    model = with_record(export, tmp_path / "model", mode, **values)
    paths = [pictures[name] for name in names]
    expected, answers = (predicted(model, paths, tmp_path, **values), answered(vllm, model, paths, tmp_path))
    tokenizer = load_tokenizer(model)
    for path, ours, theirs in zip(paths, expected, answers, strict=True):
        assert len(theirs["prompt"]) == NUM_TEXT_TOKENS + num_page_tokens * len(pages_of(path))
        text = str(tokenizer.decode(theirs["text"], skip_special_tokens=True)).strip()
        assert (path.name, text) == (path.name, ours["summary"])
    assert len({ours["summary"] for ours in expected}) == len(expected)  # the pages decide the text


@contextmanager
def served(programs: Path, model: Path, folder: Path) -> Iterator[OpenAI]:
    """Serve a model by the command that its card names, on one processor."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    small = ("--dtype=float32", "--enforce-eager", "--skip-mm-profiling", "--max-model-len=4096")
    address = ("--host=127.0.0.1", f"--port={port}", "--served-model-name=summaries")
    with (folder / "vllm.log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "vllm", "serve", model, *address, *small],
            env=vllm_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/health", server, folder / "vllm.log")
        yield OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
    finally:
        server.terminate()
        server.wait(60)


def _wait_until_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s and server.poll() is None:
        try:
            if httpx2.get(address).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            time.sleep(0.5)
    pytest.fail(f"vLLM does not answer:\n{log.read_text()[-4000:]}")


@pytest.mark.slow
def test_openai_calls_to_vllm_get_the_texts_of_predict(
    vllm: Path, export: Path, pictures: Mapping[str, Path], tmp_path: Path
) -> None:
    expected = {line["input"]: line for line in predicted(export, list(pictures.values()), tmp_path)}
    with served(vllm, export, tmp_path) as client:
        for name, path in pictures.items():
            pages = [
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_base64(page)}"}}
                for page in pages_of(path)
            ]
            for text in ("", "Summarize.", "\nSummarize.") if name == "page.png" else ("",):
                content = [*pages, *([{"type": "text", "text": text}] if text else [])]
                answer = client.chat.completions.create(
                    model="summaries",
                    messages=[{"role": "user", "content": content}],  # type: ignore[arg-type,list-item,misc]
                    max_tokens=MAX_TOKENS,
                )
                assert (name, text, answer.choices[0].message.content.strip()) == (  # type: ignore[union-attr]
                    name,
                    text,
                    expected[name]["summary"],
                )


def _base64(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()
