"""The style of one document of a dataset whose styles vary, and checks of all styles that it may have."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from data.config import Degradation, RenderingConfig, marked_fields, varying_fields
from data.errors import DeepSynthError, InvalidInput
from data.page_modes import MODES
from data.rendering.style import PageStyle, resolve_style
from data.variation import Choices, StyleValue, choose, parse_choices

_TAKES_ROOM: Final = ("font_size_px", "line_height", "margin_px", "num_columns")
"""The larger their values, the less text a page holds."""


def choose_style(config: RenderingConfig, seed: int) -> tuple[dict[str, StyleValue], PageStyle]:
    """Return the values that a document gets, none if nothing varies, and its style with them.

    Args:
        config: of the dataset.
        seed: of the document, from `document_seed`.
    """
    values = choose(_choices(config.vary), seed)
    return values, resolve_style(with_values(config, values))


def varying_kinds(config: RenderingConfig) -> dict[str, str]:
    """Return the fields that vary, each with the type of its values in JSON."""
    return {name: values.kind for name, values in _choices(config.vary).items()}


def with_values(config: RenderingConfig, values: Mapping[str, StyleValue]) -> RenderingConfig:
    """Return the rendering of a document that has these values; nothing varies in it."""
    damage = {name: value for name, value in values.items() if name in Degradation.model_fields}
    layout = {name: value for name, value in values.items() if name not in damage}
    degradation = config.degradation.model_copy(update=damage)
    return config.model_copy(update={**layout, "degradation": degradation, "vary": None})


def resolve_base_style(config: RenderingConfig) -> PageStyle:
    """Resolve the style of a dataset without what varies in it, after checking every style that its documents
    may have.

    Raises:
        UnknownName: a font family does not exist.
        InvalidInput: as `resolve_style`, also for a style that a document may have.
    """
    base = resolve_style(config)
    _refuse_layout_in_micro(config)
    for rendering in (*tightest(config), *_smallest_type(config)):
        _check(rendering)
    return base


def tightest(config: RenderingConfig) -> Iterator[RenderingConfig]:
    """Yield the renderings whose pages hold the least text: the largest type, leading and margins and the
    most columns, for each font family. Without a variation, the rendering itself."""
    choices = _choices(config.vary)
    largest = {name: _by_size(config, name, choices[name])[-1] for name in _TAKES_ROOM if name in choices}
    families = choices["font_family"].values if "font_family" in choices else (config.font_family,)
    for family in families:
        yield with_values(config, {**largest, "font_family": family})


def _smallest_type(config: RenderingConfig) -> Iterator[RenderingConfig]:
    """Yield the rendering with the smallest type, which overflow=shrink does not enlarge."""
    sizes = _choices(config.vary).get("font_size_px")
    if sizes is not None:
        yield with_values(config, {"font_size_px": _by_size(config, "font_size_px", sizes)[0]})


def _by_size(config: RenderingConfig, name: str, choices: Choices) -> list[StyleValue]:
    """Return the values of a field, the smallest first; null is the mode's own size or margin."""
    return sorted(
        choices.values, key=lambda value: float(getattr(MODES[config.mode], name) if value is None else value)
    )


@lru_cache(maxsize=64)
def _choices(text: str | None) -> Mapping[str, Choices]:
    return parse_choices(text, varying_fields()) if text is not None else {}


def _check(rendering: RenderingConfig) -> None:
    try:
        resolve_style(rendering)
    except DeepSynthError as error:
        raise type(error)(
            f"rendering.vary allows a style that cannot be drawn. {error.message}",
            hint=error.hint,
            fields={"rendering.vary": error.message.rstrip(".")},
        ) from error


def _refuse_layout_in_micro(config: RenderingConfig) -> None:
    unused = marked_fields(RenderingConfig, "unused_in_mode", "micro") if config.mode == "micro" else []
    if names := ", ".join(name for name in _choices(config.vary) if name in unused):
        raise InvalidInput(
            f"rendering.vary names {names}, but a micro page is a fixed grid of 20 x 10 characters.",
            hint=f"Leave {names} out, or choose another mode. The damage of micro pages may vary.",
            fields={"rendering.vary": f"cannot name {names} for mode micro"},
        )
