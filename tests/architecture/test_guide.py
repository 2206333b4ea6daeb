"""The guide is true: its marked blocks run as they stand, its numbers are those of the code, and it names all
there is."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from data import errors
from data.config import FilesSource, HubSource, PublishConfig, SampleSource
from data.page_modes import MODES
from data.presets import PRESETS as BENCHMARKS
from evaluation.training_metrics import KEYS
from tests.services import Service
from training.options.memory import estimate_training_memory
from training.options.optimal_configs import PRESETS, training_config
from web_ui.commands.parser import build_parser
from web_ui.jobs.stages import STAGES, resolve
from web_ui.settings import Settings
from web_ui.views.errors import HINTS

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "ENHANCED_UI_GUIDE.md").read_text()
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
TESTED_BLOCK = re.compile(r"<!-- tested -->\n```(bash|python)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"(?:\bdeepsynth|-m web_ui\.cli) ([a-z-]+(?: [^\s`#|]+)* --(?:[^\s`#|]+ ?)+)")
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(#[^)\s]+)?\)")
PROGRAMS = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
CONFIGS = (
    *(resolve(stage.config) for stage in STAGES.values()),
    SampleSource,
    FilesSource,
    HubSource,
    PublishConfig,
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    workspace = tmp_path_factory.mktemp("guide") / "workspace"
    started = {
        "5000": Service(role="cpu", workspace=workspace),
        "5001": Service(role="gpu", workspace=workspace),
    }
    try:
        for service in started.values():
            service.start()
        yield started
    finally:
        for service in started.values():
            service.stop()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ENHANCED_UI_GUIDE.md", "README.md"])
def test_the_marked_blocks_run(name: str, services: dict[str, Service], tmp_path: Path) -> None:
    blocks = TESTED_BLOCK.findall((ROOT / name).read_text())
    assert blocks
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DEEPSYNTH_WORKSPACE": str(services["5000"].workspace),
        "no_proxy": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
    }
    for language, block in blocks:
        text = re.sub(
            r"127\.0\.0\.1:(500[01])", lambda address: f"127.0.0.1:{services[address[1]].port}", block
        )
        command = [*PROGRAMS[language], text]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name != "reference.md"], ids=lambda path: path.name
)
def test_every_command_with_options_is_a_valid_one(document: Path) -> None:
    for command in COMMAND.findall(document.read_text().replace("%i", "cpu")):
        build_parser().parse_args(shlex.split(command))


@pytest.mark.parametrize("request_line", re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", REFERENCE, re.MULTILINE))
def test_every_endpoint_is_in_the_guide(request_line: str) -> None:
    assert f"`{request_line}`" in GUIDE


def test_every_command_is_in_the_guide() -> None:
    assert not [
        command
        for command in re.findall(r"^### (deepsynth .+)$", REFERENCE, re.MULTILINE)
        if f"`{command}`" not in GUIDE
    ]


def test_every_error_code_is_in_the_guide() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DeepSynthError)
    ]
    codes = [kind.code for kind in kinds] + [code for code, _ in HINTS.values()]
    assert not [code for code in codes if f"`{code}`" not in GUIDE]


def test_every_setting_is_in_the_guide() -> None:
    assert not [field.alias for field in Settings.model_fields.values() if f"`{field.alias}`" not in GUIDE]


def option_names(config: type[BaseModel]) -> Iterator[str]:
    for name, field in config.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from option_names(nested)
        else:
            yield name


@pytest.mark.parametrize("config", CONFIGS)
def test_every_option_is_in_the_guide(config: type[BaseModel]) -> None:
    assert not [name for name in option_names(config) if not re.search(rf"[`.]{name}[`=]", GUIDE)]


def test_every_metric_is_in_the_guide() -> None:
    assert not [key for key in KEYS if f"`{key}`" not in GUIDE]


def row(first_cell: str) -> str:
    return next(line for line in GUIDE.splitlines() if line.startswith(f"| `{first_cell}` |"))


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_memory_is_what_is_computed(preset: str) -> None:
    config = training_config(preset, dataset="any", model="deepseek-ai/DeepSeek-OCR")
    for num_pages in (1, 4):
        assert f" {estimate_training_memory(config, num_pages=num_pages).total_gb:.1f} GB |" in row(preset)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks_are_what_the_table_says(name: str) -> None:
    preset = BENCHMARKS[name]
    assert f"`{preset.source.id}`" in row(name)
    assert " / ".join(f"{preset.num_documents[split]:,}" for split in ("train", "validation", "test")) in row(
        name
    )


def test_page_modes_are_what_the_table_says() -> None:
    for name, mode in MODES.items():
        assert row(name).startswith(
            f"| `{name}` | {mode.size_px} | {mode.num_vision_tokens} | {mode.budget_tokens:,} |"
        )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for path, anchor in LINK.findall(text):
        assert not path or (document.parent / path).exists(), path
        assert path or anchor.lstrip("#") in headings, anchor


def folders_of_modules() -> Iterator[Path]:
    for package in ("data", "evaluation", "training", "web_ui"):
        yield from sorted({path.parent for path in (ROOT / package).rglob("*.py")})
    yield from sorted({path.parent for path in (ROOT / "web_ui" / "static" / "js").rglob("*.js")})


@pytest.mark.parametrize(
    "folder", list(folders_of_modules()), ids=lambda folder: folder.relative_to(ROOT).as_posix()
)
def test_the_map_has_a_row_for_every_folder(folder: Path) -> None:
    name = f"| `{folder.relative_to(ROOT).as_posix()}/` |"
    (row,) = [
        line
        for line in (ROOT / "IMPLEMENTATION_SUMMARY.md").read_text().splitlines()
        if line.startswith(name)
    ]
    _, _, sentence, modules, _ = row.split("|")
    assert set(re.findall(r"`([\w.-]+)`", modules)) == {
        path.name for path in folder.glob("*.[pj][ys]") if path.name != "__init__.py"
    }
    face = folder / "__init__.py"
    assert not face.exists() or sentence.strip() == " ".join(
        (ast.get_docstring(ast.parse(face.read_text())) or "").split()
    )
