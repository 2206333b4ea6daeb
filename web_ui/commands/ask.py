"""`deepsynth ask`: summarise documents by a warm model of the workspace, else by one loaded here."""

import base64
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data.errors import InvalidInput, SourceError
from data.store.files import storage_error
from data.store.workspace import Workspace
from training.options.warm_config import WarmModelConfig
from training.options.warm_protocol import PICTURE_SUFFIXES, DocumentPart, WarmRequest
from web_ui.catalog.warm_models import ModelRefused, WarmModel, ask, warm_models
from web_ui.commands.stages import absolute_model_path, open_workspace
from web_ui.commands.terminal import TerminalProgress
from web_ui.jobs.stages import resolve
from web_ui.jobs.store import JobStore

Events = Iterator[dict[str, Any]]
TEXT_SUFFIXES = (".txt", ".md")
PICTURE_ENDINGS = (*PICTURE_SUFFIXES.values(), ".jpeg", ".tif")


def run(options: Namespace) -> int:
    """Print the summary of each file, as it is written. Returns 1 if a file has none."""
    workspace = open_workspace(options)
    requests = {name: _request(name, options) for name in options.files}
    answer = _warm_answers(options, workspace) or _own_answers(options, workspace)
    results = [_print_answer(name, answer(request), options) for name, request in requests.items()]
    return 0 if all(results) else 1


def _request(name: str, options: Namespace) -> WarmRequest:
    """Return the request for a file; - is a text on standard input."""
    part = DocumentPart(kind="text", content=sys.stdin.read()) if name == "-" else _part(Path(name))
    return WarmRequest(parts=(part,), prompt=options.prompt, max_new_tokens=_number(options.max_tokens))


def _part(path: Path) -> DocumentPart:
    suffix = path.suffix.lower()
    try:
        if suffix in TEXT_SUFFIXES:
            return DocumentPart(kind="text", content=path.read_text("utf-8"))
        if suffix == ".pdf" or suffix in PICTURE_ENDINGS:
            content = base64.b64encode(path.read_bytes()).decode()
            kind = "pdf" if suffix == ".pdf" else "image"
            return DocumentPart(kind=kind, content=content, suffix=suffix)
    except FileNotFoundError as error:
        raise SourceError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text.", hint="Save the file as UTF-8.") from error
    except OSError as error:
        raise storage_error(path, error) from error
    kinds = ", ".join([*TEXT_SUFFIXES, ".pdf", *PICTURE_ENDINGS])
    raise InvalidInput(f"{path} is not a kind of file that can be read.", hint=f"Files may end in {kinds}.")


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise InvalidInput(f"--max-tokens must be a whole number of at least 1, not {text!r}.")
    return int(text)


def _warm_answers(options: Namespace, workspace: Workspace) -> Callable[[WarmRequest], Events] | None:
    """Return how a warm model of the workspace answers; None: the model is not warm."""
    ready = [
        model for model in warm_models(workspace, JobStore(workspace)) if _is_ready(model, options.model)
    ]
    return (lambda request: ask(ready[-1], request, workspace, lambda: False)) if ready else None


def _is_ready(model: WarmModel, name: str) -> bool:
    return model.name == name and model.warmth == "warm"


def _own_answers(options: Namespace, workspace: Workspace) -> Callable[[WarmRequest], Events]:
    """Load the model in this process, and return how it answers."""
    config = WarmModelConfig(model=absolute_model_path(options.model))
    progress = TerminalProgress("ask", quiet=options.quiet)
    with progress.show():
        load: Callable[..., Callable[[WarmRequest], Events]] = resolve("training.keep_warm:load_answerer")
        answer = load(config, workspace, progress)

    def checked(request: WarmRequest) -> Events:
        for event in answer(request):
            if event["event"] == "error":
                raise ModelRefused(event)
            yield event

    return checked


def _print_answer(name: str, events: Events, options: Namespace) -> bool:
    """Print a summary while it is written. Returns whether there is one."""
    read: dict[str, Any] = {}
    try:
        for event in events:
            match event["event"]:
                case "read":
                    read = event
                    _print_read(name, event, options)
                case "text" if not options.json:
                    print(event["text"], end="", flush=True)
                case "end":
                    _print_end(name, read, event, options)
    except ModelRefused as error:
        if options.json:
            print(json.dumps({"input": name, "error": error.as_dict()}, ensure_ascii=False))
        else:
            print(f"error: {name}: {error.message} {error.hint}".rstrip(), file=sys.stderr)
        return False
    return True


def _print_read(name: str, read: dict[str, Any], options: Namespace) -> None:
    if options.quiet or options.json:
        return
    pages = "1 page" if read["num_pages"] == 1 else f"{read['num_pages']:,} pages"
    cost = f"{read['num_vision_tokens']:,} vision tokens"
    if tokens := read["num_text_tokens"]:
        cost = f"{tokens:,} text tokens -> {cost}, {tokens / read['num_vision_tokens']:.1f}x"
    print(f"{name}: {pages}, {cost}", *read["notes"], sep="\n", file=sys.stderr)


def _print_end(name: str, read: dict[str, Any], end: dict[str, Any], options: Namespace) -> None:
    if options.json:
        kept = ("num_pages", "num_vision_tokens", "num_text_tokens", "notes")
        values = {"input": name, "summary": end["text"], **{key: read[key] for key in kept}, **end}
        print(json.dumps({key: value for key, value in values.items() if key not in ("event", "text")}))
        return
    print()
    if end["is_cut"] and not options.quiet:
        print(f"The summary is cut off after {end['num_tokens']:,} tokens.", file=sys.stderr)
