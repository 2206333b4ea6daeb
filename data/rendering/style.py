"""PageStyle: the appearance of a page, with all defaults filled in and all values checked before any work."""

from dataclasses import dataclass, replace
from typing import Literal

from data.config import Degradation, RenderingConfig, marked_fields
from data.errors import InvalidInput, UnknownName
from data.page_modes import MODES, PageMode
from data.rendering.fonts import MONO_FAMILY, font_library


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStyle:
    """A RenderingConfig in which all defaults are filled in."""

    mode: PageMode
    size_px: int
    num_vision_tokens: int
    budget_tokens: int
    font_family: str
    font_size_px: float
    line_height: float
    margin_px: int
    alignment: Literal["left", "justify"]
    num_columns: int
    overflow: Literal["paginate", "shrink", "truncate"]
    min_font_size_px: float
    max_pages: int
    degradation: Degradation

    @property
    def line_height_px(self) -> int:
        """Whole pixels, since Skia rounds lines to pixels and pages break between lines."""
        return max(1, round(self.font_size_px * self.line_height))

    @property
    def gutter_px(self) -> int:
        return round(1.5 * self.font_size_px)

    @property
    def column_width_px(self) -> int:
        return (
            self.size_px - 2 * self.margin_px - (self.num_columns - 1) * self.gutter_px
        ) // self.num_columns

    @property
    def column_height_px(self) -> int:
        return self.size_px - 2 * self.margin_px

    def with_font_size(self, font_size_px: float) -> "PageStyle":
        return replace(self, font_size_px=font_size_px)


def resolve_style(config: RenderingConfig) -> PageStyle:
    """Fill in the mode's defaults. What varies is left out: `varied_style` chooses it for a document.

    Raises:
        UnknownName: the mode or the font family does not exist; the hint lists those that exist.
        InvalidInput: the page has no room for text, the fixed page (micro) was given layout options, or the
            smallest font size is above the font size.
    """
    _refuse_unknown_names(config)
    mode = MODES[config.mode]
    filled = {
        "font_family": MONO_FAMILY if config.mode == "micro" else config.font_family,
        "font_size_px": mode.font_size_px if config.font_size_px is None else config.font_size_px,
        "margin_px": mode.margin_px if config.margin_px is None else config.margin_px,
        "budget_tokens": mode.budget_tokens,
        "num_vision_tokens": mode.num_vision_tokens,
        "size_px": mode.size_px,
    }
    single = {name: value for name, value in config if name != "vary"}
    style = PageStyle(**(single | filled))
    _refuse_narrow_columns(style)
    _refuse_large_minimum(style)
    return style


def _refuse_unknown_names(config: RenderingConfig) -> None:
    if config.mode not in MODES:
        raise UnknownName(
            f"There is no page mode {config.mode!r}.",
            hint=f"Modes: {', '.join(MODES)}.",
            fields={"rendering.mode": "does not exist"},
        )
    if config.mode == "micro":
        _refuse_layout_options(config)
    elif config.font_family not in font_library().families():
        raise _unknown_family(config.font_family)


def _refuse_large_minimum(style: PageStyle) -> None:
    if style.overflow == "shrink" and style.min_font_size_px > style.font_size_px:
        raise InvalidInput(
            f"rendering.min_font_size_px is {style.min_font_size_px:g}, above the font size of "
            f"{style.font_size_px:g} px.",
            hint="Lower it, or raise rendering.font_size_px.",
            fields={"rendering.min_font_size_px": f"is above {style.font_size_px:g}"},
        )


def _refuse_layout_options(config: RenderingConfig) -> None:
    fixed = RenderingConfig(
        mode="micro", overflow="truncate" if config.overflow == "truncate" else "paginate"
    )
    for field in ("overflow", *marked_fields(RenderingConfig, "unused_in_mode", "micro")):
        if getattr(config, field) != getattr(fixed, field):
            raise InvalidInput(
                f"rendering.{field} is {getattr(config, field)!r}, but a micro page is a fixed grid of 20 x "
                "10 characters.",
                hint=f"Leave rendering.{field} out, or choose another mode.",
                fields={f"rendering.{field}": "cannot be chosen for mode micro"},
            )


def _unknown_family(family: str) -> UnknownName:
    return UnknownName(
        f"There is no font family {family!r} on this machine.",
        hint=f"Families: {', '.join(font_library().families())}.",
        fields={"rendering.font_family": "is not installed"},
    )


def _refuse_narrow_columns(style: PageStyle) -> None:
    if style.column_width_px < 8 * style.font_size_px or style.column_height_px < 4 * style.line_height_px:
        raise InvalidInput(
            f"A column of {style.column_width_px} x {style.column_height_px} px has no room for text of "
            f"{style.font_size_px:g} px.",
            hint="Use smaller margins, fewer columns, a smaller font or a larger mode.",
            fields={"rendering.margin_px": "leaves too little room"},
        )
