"""The commands that run a stage in this process: generate, train, evaluate, read-check, predict,
find-lr.

They call the same functions as a job.
"""

import json
import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.errors import InvalidInput, Stopped
from data.progress import Progress
from data.store.files import write_output
from data.store.workspace import UPLOAD_PREFIX, Workspace, plain_name
from data.validation import parse_config
from training.options.assessment import assess
from web_ui.commands.terminal import TerminalProgress, print_result
from web_ui.commands.verdict import print_verdict
from web_ui.jobs.devices import role_devices
from web_ui.jobs.peers import count_processes, sharing
from web_ui.jobs.stages import STAGES, resolve
from web_ui.settings import Settings

HUB_PREFIX = "hub:"
SOURCES = {"sample": "--source sample", "files": "--source PATH", "hub": "--source hub:ID"}
"""Kind of source -> the option that selects it."""
SOURCES_WITH_COLUMNS = (SOURCES["files"], SOURCES["hub"], "--preset")
REQUIRED_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "length": (SOURCES["sample"],),
    "config": (SOURCES["hub"],),
    "revision": (SOURCES["hub"],),
    "document_column": SOURCES_WITH_COLUMNS,
    "summary_column": SOURCES_WITH_COLUMNS,
    "public": ("--publish",),
}
"""Option of `generate` -> the options of which one must be given with it."""


def generate(options: Namespace) -> int:
    """Run `deepsynth generate`: make a dataset."""
    _refuse_unused_options(options)
    columns = _without_none({"document": options.document_column, "summary": options.summary_column})
    values = _without_none({
        "name": options.name,
        "columns": columns or None,
        "splits": options.split,
        "max_samples": options.max_samples,
        "seed": options.seed,
        "engine": options.engine,
        "rendering": {"mode": options.mode} if options.mode else None,
        "publish": _publish_config(options),
    })  # fmt: skip
    if options.preset is not None:
        config = _benchmark_config(options.preset, _with_settings(values, options.set))
    elif options.name:
        config = _with_settings(values | {"source": _source_config(options)}, options.set)
    else:
        raise InvalidInput("A dataset needs a name.", hint="Add --name NAME.", fields={"name": "is required"})
    return run_configured("dataset", config, options)


def run_stage(options: Namespace) -> int:
    """Run the stage of `options.kind`. Options named as fields of its configuration are its values."""
    fields = resolve(STAGES[options.kind].config).model_fields
    values = _without_none({name: value for name, value in vars(options).items() if name in fields})
    if "model" in values:
        values["model"] = absolute_model_path(values["model"])
    return run_configured(options.kind, _with_settings(values, options.set), options)


def predict(options: Namespace) -> int:
    """Run `deepsynth predict`: write summaries of images, PDFs, texts or a dataset."""
    wanted = _output_path(options.output)
    inputs = [_absolute_path(text) for text in options.input] if options.input else None
    model = absolute_model_path(options.model)
    values = {"model": model, "inputs": inputs, "dataset": options.dataset, "output": plain_name(wanted.name)}
    given = _with_settings(_without_none(values), options.set)
    return run_configured("prediction", given, options, deliver_to=wanted)


def open_workspace(options: Namespace) -> Workspace:
    """Return the workspace that --workspace or the environment names."""
    return Workspace.create(options.workspace or Settings.from_environment().workspace)


def with_setting(values: dict[str, Any], setting: str) -> dict[str, Any]:
    """Return `values` with one `key=value` added. A dot in the key sets a field of a nested object.

    Raises:
        InvalidInput: the text is not key=value, or the field before a dot is not an object.
    """
    key, equals, text = setting.partition("=")
    if not equals or not key:
        example = "For example --set learning_rate=1e-4."
        raise InvalidInput(f"--set {setting!r} is not KEY=VALUE.", hint=example, fields={"set": "KEY=VALUE"})
    name, _, rest = key.partition(".")
    if not rest:
        return values | {name: _parse_value(text)}
    part = values.get(name) or {}
    if not isinstance(part, dict):
        raise InvalidInput(f"{name} has no part {rest!r}.", fields={key: "no such part"})
    return values | {name: with_setting(part, f"{rest}={text}")}


def run_configured(
    kind: str, values: dict[str, Any], options: Namespace, deliver_to: Path | None = None
) -> int:
    """Run the stage of a kind of job with the values of its configuration, print its result, and return the
    exit code."""
    stage = STAGES[kind]
    config = resolve(stage.build)(values) if stage.build else parse_config(resolve(stage.config), values)
    workspace = open_workspace(options)
    progress = TerminalProgress(kind.replace("_", " "), quiet=options.quiet)
    try:
        with progress.show():
            result = dict(_run(kind, config, workspace, progress).as_dict())
    except Stopped as stopped:
        again = shlex.join(["deepsynth", *sys.argv[1:]])
        saved = f"The work so far is saved in {workspace.root}. To continue, run:"
        words = saved if stage.is_resumable else "Nothing of it is kept. To begin again, run:"
        raise Stopped(f"Stopped. {words}\n  {again}") from stopped
    if deliver_to:
        write_output(deliver_to, Path(result["path"]).read_bytes())
        result["path"] = str(deliver_to)
    assessment = assess(Path(result["folder"]), workspace) if stage.scores else None
    if assessment and options.json:
        result["verdict"] = asdict(assessment.verdict)
    print_result(result, options.json)
    if assessment and not options.json:
        print_verdict(assessment.verdict, assessment.control_request)
    return 1 if result.get("num_failed") else 0


def _run(kind: str, config: Any, workspace: Workspace, progress: Progress) -> Any:
    """Run a stage in this process, or in one for each GPU that it shares."""
    stage, num_processes = STAGES[kind], 1
    if stage.shares_devices and config.num_gpus != 1:
        num_processes = count_processes(config.num_gpus, len(role_devices("gpu")))
        config = config.shared_among(num_processes)
    with sharing(kind, config, workspace, num_processes):
        return resolve(stage.function)(config, workspace, progress)


def _refuse_unused_options(options: Namespace) -> None:
    source = "--preset" if options.preset is not None else SOURCES[_source_config(options)["kind"]]
    chosen = {source} if options.publish is None else {source, "--publish"}
    idle = {
        f"--{name.replace('_', '-')}": f"goes with {' or '.join(wanted)}"
        for name, wanted in REQUIRED_OPTIONS.items()
        if getattr(options, name) not in (None, False) and chosen.isdisjoint(wanted)
    }
    if idle:
        hint = "; ".join(f"{option} {words}" for option, words in idle.items())
        raise InvalidInput(
            f"With {source}, {', '.join(idle)} would have no effect.", hint=f"{hint}.", fields=idle
        )


def _source_config(options: Namespace) -> dict[str, Any]:
    text: str = options.source
    if text == "sample":
        return _without_none({"kind": "sample", "length": options.length})
    if text.startswith(HUB_PREFIX):
        return _without_none(
            {
                "kind": "hub",
                "id": text.removeprefix(HUB_PREFIX),
                "config": options.config,
                "revision": options.revision,
            }
        )
    return {"kind": "files", "path": _absolute_path(text)}


def _benchmark_config(preset: str, values: dict[str, Any]) -> dict[str, Any]:
    from data.presets import benchmark_config  # noqa: PLC0415 - only this command needs it

    return dict(benchmark_config(preset, values).model_dump(mode="json"))


def _publish_config(options: Namespace) -> dict[str, Any] | None:
    if options.publish is None:
        return None
    return _without_none({"repo_id": options.publish or None, "private": not options.public})


def absolute_model_path(text: str) -> str:
    """Make a path to a model folder absolute, also `a/b` if such a folder is here. Names and Hub ids stay
    unchanged."""
    if text.startswith(("/", ".", "~")) or ("/" in text and Path(text).is_dir()):
        return os.path.abspath(Path(text).expanduser())  # noqa: PTH100 - keeps links
    return text


def _absolute_path(text: str) -> str:
    """Make a path absolute, from the current folder. Names of uploads (upload:...) stay unchanged."""
    return text if text.startswith(UPLOAD_PREFIX) else os.path.abspath(Path(text).expanduser())  # noqa: PTH100 - keeps links


def _output_path(text: str) -> Path:
    """Return the absolute path of a file to write. Raises InvalidInput if nothing can be written there."""
    path = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - keeps links
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        words, hint = f"{path} is a folder.", f"Name a file in it, such as {path / 'predictions.jsonl'}."
    elif not folder.is_dir():
        words, hint = f"There is no folder {folder}.", "Create the folder, or choose another --output."
    else:
        return path
    raise InvalidInput(words, hint=hint, fields={"output": str(path)})


def _with_settings(values: dict[str, Any], settings: list[str]) -> dict[str, Any]:
    for setting in settings:
        values = with_setting(values, setting)
    return values


def _parse_value(text: str) -> Any:
    """Parse null, lists and objects as JSON. Other values stay text; the type of the field parses them."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, list | dict) else text


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
