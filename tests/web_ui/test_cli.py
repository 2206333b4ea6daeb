"""The `deepsynth` command as a user types it."""

import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from data.config import DatasetConfig, SampleSource
from data.errors import Stopped
from data.store.workspace import Workspace
from evaluation.evaluate import evaluate
from evaluation.report import Subject
from training.options.decoding_config import PredictionConfig
from web_ui.cli import main
from web_ui.commands import stages
from web_ui.commands.terminal import print_result
from web_ui.jobs.stages import STAGES
from web_ui.jobs.store import JobStore

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "generate",
    "report",
    "train",
    "evaluate",
    "read-check",
    "predict",
    "ask",
    "export",
    "find-lr",
    "serve",
    "run-jobs",
    "jobs",
    "study",
    "delete",
    "doctor",
)
HEAVY = ("torch", "transformers", "pydantic", "flask", "datasets", "pyarrow", "rich", "numpy")
SAMPLE = ("generate", "--source", "sample", "--length", "brief", "--mode", "micro", "--name", "news")


def deepsynth(*arguments: str, workspace: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "web_ui.cli", *arguments]
    where = os.environ | {"DEEPSYNTH_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=workspace.parent, env=where
    )


@dataclass(frozen=True, slots=True)
class Answer:
    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Answer]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def call(workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command within this process, for what ends before any stage starts."""
    monkeypatch.chdir(workspace.parent)
    monkeypatch.setenv("DEEPSYNTH_WORKSPACE", str(workspace))
    monkeypatch.delenv("DEEPSYNTH_API_TOKEN", raising=False)

    def run(*arguments: str) -> Answer:
        try:
            code = main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        return Answer(code, *capsys.readouterr())

    return run


def test_help_of_every_command_imports_nothing_heavy() -> None:
    code = f"""
import contextlib, io, sys
from web_ui.commands.parser import build_parser
for words in ([], *([name] for name in {COMMANDS})):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
        build_parser().parse_args([*words, "--help"])
    assert "usage: deepsynth" in shown.getvalue()
print([name for name in {HEAVY} if name in sys.modules])
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert answer.stdout.strip() == "[]"


def test_version(call: Call) -> None:
    answer = call("--version")
    assert (answer.returncode, answer.stdout.split()[0]) == (0, "deepsynth")


def test_generate_makes_a_dataset_and_prints_what_it_made(workspace: Path) -> None:
    answer = deepsynth(
        *SAMPLE,
        "--max-samples",
        "8",
        "--seed",
        "3",
        "--set",
        "rendering.num_columns=1",
        "--json",
        workspace=workspace,
    )
    assert answer.returncode == 0, answer.stderr
    result = json.loads(answer.stdout)
    assert result["num_kept"] >= 8
    manifest = json.loads((workspace / "datasets" / "news" / "manifest.json").read_text())
    assert manifest["config"]["seed"] == 3


def test_generate_ends_with_what_was_lost_by_reason_and_where_it_is_listed(workspace: Path) -> None:
    source = workspace.parent / "latin1.csv"
    source.write_bytes(b"document,summary\nA text.,a\nB text.,b\nA text.,c\ncaf\xe9,d\n")
    options = ("generate", "--source", str(source), "--name", "news", "--mode", "micro")
    made = deepsynth(*options, workspace=workspace)
    assert made.returncode == 0
    rejected = (
        "1 of 4 rows (25%) were rejected: the line is not UTF-8; source.encoding reads other encodings (1)."
    )
    merged = "1 of 4 rows (25%) were merged as duplicates: the same document with another summary (1)."
    assert f"warning: {rejected} All are listed in rejected.jsonl" in made.stderr
    assert f"warning: {merged}" in made.stderr
    assert rejected in made.stdout
    assert merged in made.stdout
    assert "0 of" not in made.stdout
    assert f"rejected path: {workspace / 'datasets' / 'news' / 'rejected.jsonl'}" in made.stdout
    again = deepsynth(*options, "--quiet", "--json", workspace=workspace)
    assert [
        (loss["kind"], loss["num_rows"], loss["is_warning"]) for loss in json.loads(again.stdout)["losses"]
    ] == [("rejected", 1, True), ("merged", 1, True), ("cut", 0, False), ("missing_glyphs", 0, False)]


def test_generate_reads_a_file_relative_to_the_user_s_folder(workspace: Path) -> None:
    rows = [
        {"text": f"Document {number} is about nothing much.", "short": f"Nothing {number}."}
        for number in range(6)
    ]
    (workspace.parent / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = ("--document-column", "text", "--summary-column", "short", "--mode", "tiny")
    answer = deepsynth(
        "generate", "--source", "papers.jsonl", "--name", "papers", *columns, "--json", workspace=workspace
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["num_kept"] == 6


def test_a_result_is_printed_in_few_digits(capsys: pytest.CaptureFixture[str]) -> None:
    scores = {
        "table": [{"name": "lead-1", "rouge1": 0.26666666}],
        "intervals": [{"rouge1": [0.17391304, 0.38]}],
    }
    print_result({"num_kept": 1234, "splits": {"train": 9}, **scores}, as_json=False)
    printed = capsys.readouterr().out
    assert "num kept: 1,234" in printed
    assert "splits train: 9" in printed
    score, interval = (
        next(line for line in printed.splitlines() if text in line) for text in ("0.2667", "0.174–0.380")
    )
    assert "lead-1" in score
    assert printed.index(score) < printed.index(interval)


def test_differences_and_measures_are_printed_below_the_scores(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["The mayor met Anna in Rome."] * 12
    references = ["The mayor met Anna in Oslo."] * 12
    subject = Subject(model="[mine]", dataset="news", split="test")
    report = evaluate(subject, texts, references, references, page_tokens=[[9]] * 12)
    found = {
        "table": report.table_rows(),
        "differences": report.difference_rows(),
        "measures": report.measure_rows(),
    }
    print_result(found, as_json=False)
    printed = capsys.readouterr().out
    assert "[mine] is worse than lead-1: -16.7 ROUGE-L (-16.7 to -16.7) on 12 samples" in printed
    row = next(line for line in printed.splitlines() if "Facts not in the document" in line)
    assert row.split("│")[2:4] == [" 50.0%  ", " 0.0%   "]
    assert "facts found by page, in percent: 50.0, -, -, -, -" in printed


def test_texts_of_a_result_are_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    long = "A storm [in] Oslo. " * 20
    row = {
        "input": "letter.txt",
        "num_pages": 1,
        "summary": long,
        "cut": True,
        "looping": False,
        "error": None,
    }
    print_result({"examples": [row]}, as_json=False)
    assert capsys.readouterr().out == f"examples:\n  letter.txt\n    summary: {long}\n    num pages 1, cut\n"


def test_inputs_that_could_not_be_read_end_the_command_with_1(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SomeFailed:
        def as_dict(self) -> dict[str, object]:
            (tmp_path / "made.jsonl").write_text("{}\n")
            return {"path": str(tmp_path / "made.jsonl"), "num_samples": 2, "num_failed": 1}

    monkeypatch.setattr(
        stages,
        "resolve",
        lambda name: PredictionConfig if name.endswith("Config") else lambda *_: SomeFailed(),
    )
    answer = call(
        "predict",
        "--model",
        "tiny",
        "--input",
        "a.png",
        "b.png",
        "--output",
        str(tmp_path / "out.jsonl"),
        "--json",
    )
    assert (answer.returncode, json.loads(answer.stdout)["num_failed"]) == (1, 1)
    assert (tmp_path / "out.jsonl").read_text() == "{}\n"


def test_a_model_with_a_slash_is_a_folder_if_it_is_there(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models: list[str] = []

    def write(config: PredictionConfig, *_: object) -> SimpleNamespace:
        models.append(config.model)
        return SimpleNamespace(as_dict=lambda: {"path": "/dev/null"})

    monkeypatch.setattr(
        stages, "resolve", lambda target: PredictionConfig if target.endswith("Config") else write
    )
    (tmp_path / "own" / "model").mkdir(parents=True)
    for model in ("own/model", "owner/model"):
        call("predict", "--model", model, "--input", "a.png", "--output", "out.jsonl")
    assert models == [str(tmp_path / "own" / "model"), "owner/model"]


@pytest.mark.parametrize("name", ["Vorhersagen für März.jsonl", "-.jsonl", "x" * 200, "a..b", "out.jsonl"])
def test_predictions_go_to_a_file_of_any_name(
    call: Call, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(config: PredictionConfig, workspace: Workspace, _: object) -> SimpleNamespace:
        path = workspace.predictions / str(config.output)
        path.write_text("{}\n")
        return SimpleNamespace(as_dict=lambda: {"path": str(path)})

    monkeypatch.setattr(
        stages, "resolve", lambda target: PredictionConfig if target.endswith("Config") else write
    )
    answer = call("predict", "--model", "tiny", "--input", "a.png", f"--output={tmp_path / name}")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert (tmp_path / name).read_text() == "{}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("generate", "--source", "sample"), "needs a name"),
        (("generate", "--source", "sample", "--name", "../out"), "name"),
        (("generate", "--source", "nothing.csv", "--name", "a"), "nothing.csv"),
        (("generate", "--source", "sample", "--name", "a", "--max-samples", "-3"), "--max-samples must"),
        (("generate", "--source", "sample", "--name", "a", "--max-samples", "many"), "named options"),
        (("generate", "--source", "sample", "--name", "a", "--set", "sed=4"), "seed"),
        (("generate", "--source", "sample", "--name", "a", "--set", "seed"), "KEY=VALUE"),
        (("generate", "--source", "sample", "--name", "a", "--set", "name.part=4"), "part"),
        (("generate", "--preset", "no_such_set"), "no_such_set"),
        (("generate", "--preset", "none", "--revision", "main"), "--revision goes with --source hub:ID"),
        (
            ("generate", "--preset", "none", "--config", "2.0.0", "--length", "brief"),
            "--length goes with --source sample; --config",
        ),
        (
            ("generate", "--source", "x.jsonl", "--name", "a", "--config", "q"),
            "--config goes with --source hub:ID",
        ),
        (
            ("generate", "--source", "hub:?", "--name", "a", "--length", "brief"),
            "--length goes with --source sample",
        ),
        (
            ("generate", "--source", "sample", "--name", "a", "--summary-column", "b"),
            "--summary-column goes with --source PATH or",
        ),
        (("generate", "--source", "sample", "--name", "a", "--public"), "--public goes with --publish"),
        (("train", "--dataset", "a", "--preset", "giant"), "giant"),
        (("train", "--dataset", "a", "--set", "learning_rate=fast"), "learning_rate"),
        (
            ("predict", "--model", "tiny", "--input", "x.png", "--output", "no/such/folder/out.jsonl"),
            "no/such/folder",
        ),
        (("predict", "--model", "tiny", "--input", "x.png", "--output", "."), "is a folder"),
        (("jobs", "show", "20261123-081500-7f3a"), "20261123-081500-7f3a"),
        (("jobs", "pause"), "job id"),
        (("jobs", "--state", "asleep"), "asleep"),
        (("serve", "--host", "0.0.0.0"), "DEEPSYNTH_API_TOKEN"),
        (("serve", "--port", "99999"), "DEEPSYNTH_PORT"),
        (("fly",), "invalid choice"),
    ],
)
def test_bad_input_gets_words_and_exit_code_2(call: Call, arguments: tuple[str, ...], words: str) -> None:
    answer = call(*arguments)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_workspace_that_cannot_be_made_gets_words_and_exit_code_1(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = call("jobs", "--workspace", str(tmp_path / "file" / "workspace"))
    assert answer.returncode == 1, answer.stderr
    assert "hint:" in answer.stderr


def test_ctrl_c_ends_at_a_safe_point_says_how_to_go_on_and_that_works(workspace: Path) -> None:
    arguments = (*SAMPLE, "--max-samples", "3000", "--set", "shard_rows=20", "--set", "num_workers=1")
    command = [sys.executable, "-m", "web_ui.cli", *arguments]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"DEEPSYNTH_WORKSPACE": str(workspace)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list(workspace.glob("datasets/news/train/*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Stopped. The work so far is saved" in said
    assert "--max-samples 3000" in said
    answer = deepsynth(*arguments, "--json", workspace=workspace)
    assert json.loads(answer.stdout)["num_kept"] >= 2000


def stop(*_: object) -> None:
    raise Stopped


@pytest.mark.parametrize(
    ("kind", "words"), [("training", "The work so far is saved in"), ("find_lr", "Nothing of it is kept")]
)
def test_a_stop_says_whether_the_work_goes_on(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    stage = replace(STAGES[kind], function=f"{__name__}:stop")
    monkeypatch.setattr(stages, "STAGES", {**STAGES, kind: stage})
    options = Namespace(workspace=workspace, quiet=True, json=False)
    with pytest.raises(Stopped, match=words):
        stages.run_configured(kind, {"dataset": "news"}, options)


def test_jobs_are_listed_shown_and_deleted(call: Call, workspace: Path) -> None:
    store = JobStore(Workspace.create(workspace))
    job = store.create("dataset", DatasetConfig(name="news", source=SampleSource()))
    assert f"{job.id}  queued" in call("jobs").stdout
    assert json.loads(call("jobs", "--json").stdout)["total"] == 1
    assert "asked to pause" in call("jobs", "pause", job.id).stdout
    assert json.loads(call("jobs", "show", job.id, "--json").stdout)["desired"] == "pause"
    assert call("jobs", "delete", job.id).returncode == 0
    assert call("jobs").stdout == ""


def test_a_dataset_is_deleted_unless_a_job_needs_it(call: Call, workspace: Path) -> None:
    store = JobStore(Workspace.create(workspace))
    job = store.create("dataset", DatasetConfig(name="news", source=SampleSource()))
    folder = workspace / "datasets" / "news"
    folder.mkdir()
    refused = call("delete", "dataset", "news")
    assert (refused.returncode, folder.exists()) == (2, True)
    assert job.id in refused.stderr
    store.delete(job.id)
    assert (call("delete", "dataset", "news").returncode, folder.exists()) == (0, False)
    assert "None exists yet." in call("delete", "model", "news").stderr


def test_an_export_prints_how_it_is_used_and_replaces_nothing(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "my export"
    answer = call("export", "--model", "tiny", "--output", str(folder))
    assert answer.returncode == 0, answer.stderr
    assert "reads pages of 320 px" in answer.stdout
    assert f"deepsynth predict --model '{folder}'" in answer.stdout
    assert (folder / "model.safetensors").is_file()
    again = call("export", "--model", "tiny", "--output", str(folder))
    assert (again.returncode, "exists already" in again.stderr) == (2, True)


def test_doctor_names_faults_and_their_remedies(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary12345")
    monkeypatch.setenv("PATH", "/nowhere")
    answer = call("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(answer.stdout)}
    assert answer.returncode == 0, answer.stdout
    assert findings["runner cpu"]["fix"].startswith("deepsynth serve --role cpu")
    assert findings["page engine"]["level"] == "ok"
    assert "tesseract-ocr" in findings["tesseract"]["fix"]
    assert findings["HF_TOKEN"]["level"] == "ok"
    assert "hf_canary12345" not in answer.stdout


def test_doctor_reports_a_wrong_setting_as_a_fault(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSYNTH_PORT", "-1")
    answer = call("doctor")
    assert answer.returncode == 1
    assert "DEEPSYNTH_PORT" in answer.stdout


def test_errors_name_the_options_of_the_command(call: Call, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("text\nA story.\n")
    source = ("generate", "--source", str(tmp_path / "one.csv"))
    both = call(*source, "--name", "x", "--document-column", "text", "--summary-column", "text")
    assert "Name another one as --summary-column." in both.stderr
    assert "error: --name must be letters" in call(*source, "--name", "../x").stderr
    fixed = call(*SAMPLE, "--set", "rendering.font_size_px=18")
    assert "Leave rendering.font_size_px out" in fixed.stderr  # which has no option of its own
