"""The options of the `deepsynth` command. A command's code is named as text, and imported when it runs."""

import argparse
from pathlib import Path
from typing import TypeAlias

from data.page_modes import MODES

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="deepsynth", description="Text-summarisation datasets as page images, and models that read them."
    )
    parser.add_argument("--version", action=_VersionAction)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        _add_generate,
        _add_report,
        _add_train,
        _add_evaluate,
        _add_compare,
        _add_read_check,
        _add_predict,
        _add_export,
        _add_ask,
        _add_find_lr,
    ):
        add(commands)
    for add in (_add_serve, _add_run_jobs, _add_jobs, _add_study, _add_publish, _add_delete, _add_doctor):
        add(commands)
    return parser


def _add_generate(commands: Subparsers) -> None:
    parser = _add_command(
        commands, "generate", "web_ui.commands.stages:generate", "make a dataset of page images and summaries"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--source",
        metavar="sample|PATH|hub:ID",
        help="embedded samples, a file or folder, or a Hugging Face dataset",
    )
    source.add_argument("--preset", help="a benchmark dataset: cnn_dailymail, xsum, arxiv, gigaword, samsum")
    parser.add_argument("--name", help="name of the new dataset; default with --preset: <preset>-benchmark")
    parser.add_argument("--length", choices=("brief", "article"), help="length of the embedded samples")
    parser.add_argument("--config", help="configuration (subset) of a Hub dataset")
    parser.add_argument("--revision", help="commit, tag or branch of a Hub dataset")
    parser.add_argument(
        "--split",
        action="append",
        metavar="SPLIT",
        help="split to read; may be given several times; default: all",
    )
    parser.add_argument("--document-column", metavar="COLUMN", help="column with the document text")
    parser.add_argument("--summary-column", metavar="COLUMN", help="column with the summary")
    parser.add_argument("--max-samples", metavar="N", help="at most N documents per split")
    parser.add_argument("--mode", choices=tuple(MODES), help="page size")
    parser.add_argument("--seed", metavar="N")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        help="where pages are rendered: this machine's cores, or a Ray cluster",
    )
    parser.add_argument(
        "--publish",
        nargs="?",
        const="",
        metavar="OWNER/NAME",
        help="publish to the Hugging Face Hub (needs HF_TOKEN)",
    )
    parser.add_argument("--public", action="store_true", help="publish for everyone to see; default: private")
    _add_stage_options(parser, "dataset", "DatasetConfig, dots for parts: rendering.font_size_px=20")


def _add_report(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "report",
        "web_ui.commands.report:run",
        "report on a dataset: compression, and legibility by tesseract",
    )
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument(
        "--num-documents",
        metavar="N",
        help="documents for tesseract to read; default: 8; 0: report on compression only",
    )
    parser.add_argument("--language", metavar="NAME", help="language for tesseract; default: eng; or eng+deu")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _add_train(commands: Subparsers) -> None:
    parser = _add_command(
        commands, "train", "web_ui.commands.stages:run_stage", "fine-tune a model on a dataset"
    )
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--model", metavar="tiny|ID|PATH", help="model to start from; default: tiny")
    parser.add_argument("--preset", metavar="NAME", help="default, low_memory, high_memory, quick_test, ...")
    parser.add_argument("--output", metavar="NAME", help="name of the new model; default: trained_model")
    _add_stage_options(parser, "training", "TrainingConfig: learning_rate=1e-4")


def _add_evaluate(commands: Subparsers) -> None:
    parser = _add_command(
        commands, "evaluate", "web_ui.commands.stages:run_stage", "score a model on a split of a dataset"
    )
    _add_trained_model(parser)
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--split", default="test", metavar="SPLIT")
    _add_stage_options(parser, "evaluation", "EvaluationConfig")


def _add_compare(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "compare",
        "web_ui.commands.compare:run",
        "compare two trainings or evaluations on the same samples",
    )
    for name in ("first", "second"):
        parser.add_argument(name, help="name of a training or an evaluation in the workspace, or a job id")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _add_read_check(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "read-check",
        "web_ui.commands.stages:run_stage",
        "check whether a model reads the pages of a dataset: its character errors",
    )
    parser.add_argument(
        "--model",
        required=True,
        metavar="NAME",
        help="tiny, a Hub id, a folder or a training in the workspace",
    )
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--split", metavar="SPLIT", help="default: test")
    parser.add_argument("--num-documents", metavar="N", help="documents to read; default: 20")
    _add_stage_options(parser, "reading_check", "ReadingCheckConfig")


def _add_predict(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "predict",
        "web_ui.commands.stages:predict",
        "write summaries of images, PDFs, texts or datasets",
    )
    _add_trained_model(parser)
    pages = parser.add_mutually_exclusive_group(required=True)
    pages.add_argument(
        "--input", nargs="+", metavar="FILE_OR_FOLDER", help="images, PDFs, text files, or folders of them"
    )
    pages.add_argument("--dataset", metavar="NAME", help="a page dataset; its split: --set split=test")
    parser.add_argument("--output", required=True, metavar="FILE", help="JSON Lines file for the summaries")
    _add_stage_options(parser, "prediction", "PredictionConfig")


def _add_ask(commands: Subparsers) -> None:
    parser = _add_command(
        commands, "ask", "web_ui.commands.ask:run", "summarise documents by a warm model, or load it for them"
    )
    _add_trained_model(parser)
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a text, picture or PDF; - for a text on standard input"
    )
    parser.add_argument("--prompt", metavar="TEXT", help="default: the prompt of the training")
    parser.add_argument("--max-tokens", metavar="N", help="tokens of the longest summary")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")
    parser.add_argument("--quiet", action="store_true", help="print only summaries and errors")


def _add_export(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "export",
        "web_ui.commands.export:run",
        "write a model for other programs, and print how they use it",
    )
    _add_trained_model(parser)
    parser.add_argument("--revision", metavar="COMMIT", help="commit of a Hub model; default: the pinned one")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="new folder to write")
    parser.add_argument(
        "--adapter",
        action="store_true",
        help="only the adapter of a training with train=lora, in PEFT's form; default: all weights, merged",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _add_find_lr(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "find-lr",
        "web_ui.commands.stages:run_stage",
        "try learning rates for a few steps and suggest a learning rate",
    )
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--model", metavar="tiny|ID|PATH", help="model to start from; default: tiny")
    _add_stage_options(parser, "find_lr", "FindLrConfig")


def _add_serve(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "serve",
        "web_ui.server.serve:serve",
        "serve web pages and API, and run the jobs of one role",
    )
    _add_role(parser)
    parser.add_argument("--host", help="address to listen on; default 127.0.0.1")
    parser.add_argument("--port", help="default: 5000 for cpu, 5001 for gpu")


def _add_run_jobs(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "run-jobs",
        "web_ui.server.serve:run_jobs_command",
        "run the jobs of one role, without web pages and API",
    )
    _add_role(parser)


def _add_jobs(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "jobs",
        "web_ui.commands.jobs:run",
        "list and show jobs, and pause, resume, cancel, move or delete one",
    )
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=("list", "show", "log", "pause", "resume", "cancel", "first", "delete"),
    )
    parser.add_argument("id", nargs="?", help="job id; required except for list")
    parser.add_argument("--kind", help="list only jobs of this kind")
    parser.add_argument("--state", help="list only jobs in this state")
    parser.add_argument(
        "--limit", type=int, default=50, metavar="N", help="list at most N jobs, newest first"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _add_study(commands: Subparsers) -> None:
    parser = _add_command(
        commands, "study", "web_ui.commands.study:run", "queue and report a study: trainings over axes"
    )
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=("list", "estimate", "start", "show", "pause", "resume", "cancel", "delete"),
    )
    parser.add_argument(
        "name", nargs="?", help="name of the study; with start and estimate: instead of the plan's"
    )
    parser.add_argument(
        "--from", dest="plan", type=Path, metavar="FILE", help="plan (JSON), or the study.json of a study"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write study.json, tables and figures into this folder"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def _add_publish(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "publish",
        "web_ui.commands.publish:run",
        "publish a finished dataset or model on the Hugging Face Hub (needs HF_TOKEN)",
    )
    parser.add_argument("what", choices=("dataset", "model"))
    parser.add_argument("name", help="folder below datasets or models in the workspace")
    parser.add_argument("--repo-id", metavar="OWNER/NAME", help="default: HF_USERNAME/<name>")
    parser.add_argument("--public", action="store_true", help="a new repository is for everyone to see")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress, only errors and the result")


def _add_delete(commands: Subparsers) -> None:
    parser = _add_command(
        commands,
        "delete",
        "web_ui.commands.delete:run",
        "delete a dataset or a trained model that no job needs",
    )
    parser.add_argument("what", choices=("dataset", "model"))
    parser.add_argument("name", help="folder below datasets or models in the workspace")


def _add_doctor(commands: Subparsers) -> None:
    parser = _add_command(
        commands, "doctor", "web_ui.commands.doctor:doctor", "check this machine and suggest fixes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _add_command(commands: Subparsers, name: str, handler: str, purpose: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
    parser.set_defaults(handler=handler)
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="default: DEEPSYNTH_WORKSPACE, else ./workspace"
    )
    return parser


def _add_stage_options(parser: argparse.ArgumentParser, kind: str, fields: str) -> None:
    parser.set_defaults(kind=kind)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help=f"any field of {fields}"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress, only errors and the result")


def _add_trained_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", required=True, metavar="NAME", help="a training in the workspace, a folder or a Hub id"
    )


def _add_role(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        choices=("cpu", "gpu"),
        help="cpu: datasets; gpu: all jobs with a model; default: DEEPSYNTH_ROLE, else cpu",
    )
    parser.add_argument(
        "--save-jobs-on-stop",
        action="store_true",
        help="for containers: running jobs save and end; default: they keep running",
    )


class _VersionAction(argparse.Action):
    """Reads the version of the package only when --version is given."""

    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and rarely needed

        print(f"deepsynth {version('deepsynth')}")
        parser.exit()
