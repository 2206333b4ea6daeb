"""The plan of a study, and the cells that it has: one for each combination of the values of its axes."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final

from pydantic import Field, field_validator, model_validator

from data.config import Config, DatasetConfig, Name, RuleError
from data.errors import DeepSynthError, InvalidInput
from data.validation import parse_config
from training.options.assessment import evaluation_of_training
from training.options.config import TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.reading_config import ReadingCheckConfig
from training.options.reads import SHORT_NAMES
from web_ui.api.presets import training_from_preset

MAX_RUNS: Final = 256
"""Trainings of a study."""
PARTS: Final = ("dataset", "training")
"""First part of the name of an axis: which settings it changes."""
_OWN: Final = {"dataset": {"name", "publish"}, "training": {"dataset", "output", "publish", "seed"}}
"""Settings that the study chooses itself, or that would publish every cell."""
READS_AXIS: Final = "training.reads"
AxisValue = str | int | float | bool | None


class StudyConfig(Config):
    """A base, and what varies in it. Every combination is a cell: a dataset, and a training for each seed."""

    name: Name = Field(description="folder below workspace/studies; its datasets and trainings begin with it")
    dataset: dict[str, Any] = Field(description="settings of a dataset, without a name")
    training: dict[str, Any] = Field(
        default_factory=dict, description="settings of a training, without dataset and output; also preset"
    )
    axes: dict[str, tuple[AxisValue, ...]] = Field(
        default_factory=dict,
        description="setting -> its values: dataset.rendering.mode, training.learning_rate, ...",
    )
    max_cells: int | None = Field(
        None,
        ge=1,
        description="draw so many of the combinations at random; a larger number keeps those; null: all",
    )
    seeds: tuple[int, ...] = Field((42,), min_length=1, description="one training of each cell for each seed")
    blank_pages: bool = Field(
        True,
        description="score each training that reads pages with blank pages too: a control that tells reading "
        "from guessing",
    )
    reading_check: bool = Field(
        False,
        description="let the model that a cell starts from transcribe pages of its dataset before the "
        "training: its character errors",
    )

    @field_validator("axes")
    @classmethod
    def _check_axes(cls, axes: dict[str, tuple[AxisValue, ...]]) -> dict[str, tuple[AxisValue, ...]]:
        for path, values in axes.items():
            part, _, setting = path.partition(".")
            if part not in PARTS or not setting or setting.partition(".")[0] in _OWN[part]:
                raise ValueError(f"has {path!r}: an axis is dataset.SETTING or training.SETTING, and no name")
            if not values or len({json.dumps(value) for value in values}) < len(values):
                raise ValueError(f"has {path!r} with no value, or with one twice")
        return axes

    @model_validator(mode="after")
    def _check_plan(self) -> "StudyConfig":
        for part in PARTS:
            if own := sorted(_OWN[part] & getattr(self, part).keys()):
                raise RuleError(f"{part} holds {', '.join(own)}, which the study chooses", part)
        if len(set(self.seeds)) < len(self.seeds):
            raise RuleError("seeds holds a seed twice", "seeds")
        if self.num_runs > MAX_RUNS:
            raise RuleError(f"the plan has {self.num_runs} trainings; at most {MAX_RUNS} are run", "axes")
        return self

    @property
    def num_runs(self) -> int:
        """Trainings of the plan."""
        number = prod(len(values) for values in self.axes.values())
        return len(self.seeds) * min(number, self.max_cells or number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training of a cell."""

    seed: int
    training: TrainingConfig
    control: EvaluationConfig | None
    """Its score with blank pages; None: the plan has no control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of the values of the axes."""

    settings: Mapping[str, AxisValue]
    """Axis -> value."""
    dataset: DatasetConfig
    runs: tuple[Run, ...]
    reading: ReadingCheckConfig | None
    """How the model before the training reads the pages; None: not asked for, or the cell reads text."""


def plan_cells(config: StudyConfig) -> list[Cell]:
    """Return the cells of a plan. Those with equal settings of the dataset share it.

    Raises:
        InvalidInput: the settings of a cell are wrong; the message names the cell.
    """
    settings = [dict(zip(config.axes, values, strict=True)) for values in product(*config.axes.values())]
    if config.max_cells is not None:
        drawn = sorted(settings, key=_digest)[: config.max_cells]
        settings = [each for each in settings if each in drawn]
    return [_cell(config, each) for each in settings]


def describe_cell(settings: Mapping[str, AxisValue]) -> str:
    """Return the settings of a cell in words: mode tiny, learning_rate 0.001, whole text."""
    return ", ".join(_describe_setting(path, value) for path, value in settings.items()) or "the base"


def _describe_setting(path: str, value: AxisValue) -> str:
    if path == READS_AXIS and value in SHORT_NAMES:
        return SHORT_NAMES[str(value)]
    return f"{path.rpartition('.')[2]} {value}"


def _cell(config: StudyConfig, settings: Mapping[str, AxisValue]) -> Cell:
    values = {part: _with_settings(getattr(config, part), part, settings) for part in PARTS}
    with naming_cell(settings):
        dataset_name = _name(config.name, "data", values["dataset"])
        dataset = parse_config(DatasetConfig, {**values["dataset"], "name": dataset_name})
        runs = tuple(_run(config, dataset_name, values["training"], seed) for seed in config.seeds)
        reading = _reading(config, runs[0].training)
    return Cell(settings=settings, dataset=dataset, runs=runs, reading=reading)


def _reading(config: StudyConfig, training: TrainingConfig) -> ReadingCheckConfig | None:
    if not config.reading_check or training.reads != "pages":
        return None
    read = {name: getattr(training, name) for name in ("dataset", "model", "revision")}
    return ReadingCheckConfig(**read, output=_name(config.name, "reading", read))


def _run(config: StudyConfig, dataset: str, values: Mapping[str, Any], seed: int) -> Run:
    output = _name(config.name, "model", {**values, "dataset": dataset, "seed": seed})
    training = training_from_preset({**values, "dataset": dataset, "output": output, "seed": seed})
    score = evaluation_of_training(training, "test")
    control = score.model_copy(update={"blank_pages": True, "output": f"{output}-blank"})
    has_control = config.blank_pages and training.reads == "pages"
    return Run(seed=seed, training=training, control=control if has_control else None)


def _with_settings(base: Mapping[str, Any], part: str, settings: Mapping[str, AxisValue]) -> dict[str, Any]:
    """Return the settings of a part with the values of its axes; a dot leads into an object."""
    values: dict[str, Any] = json.loads(json.dumps(base))
    for path, value in settings.items():
        first, *inner = path.split(".")
        if first != part:
            continue
        place = values
        for name in inner[:-1]:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise InvalidInput(f"{path} leads into {name!r}, which is no object.", fields={"axes": path})
        place[inner[-1]] = value
    return values


def _name(study: str, kind: str, values: Mapping[str, Any]) -> str:
    """Return a name that is the same for the same settings, so that a plan may grow and keep what it has."""
    return f"{study[:60]}-{kind}-{_digest(values)[:8]}"


def _digest(values: Mapping[str, Any]) -> str:
    """Return a digest of settings. Sorted by it, they are in an order that is as good as random."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


@contextmanager
def naming_cell(settings: Mapping[str, AxisValue]) -> Iterator[None]:
    """Name the cell in the errors of this block. Raises InvalidInput for them."""
    try:
        yield
    except DeepSynthError as error:
        raise InvalidInput(
            f"The cell with {describe_cell(settings)} cannot run: {error.message}",
            hint=error.hint,
            fields={"axes": f"{describe_cell(settings)}: {error.message}"},
        ) from error


def distinct_datasets(cells: Sequence[Cell]) -> list[DatasetConfig]:
    """Return each dataset of the cells once."""
    return list({cell.dataset.name: cell.dataset for cell in cells}.values())


def distinct_readings(cells: Sequence[Cell]) -> list[ReadingCheckConfig]:
    """Return each reading check of the cells once."""
    return list({cell.reading.output: cell.reading for cell in cells if cell.reading}.values())
