"""The smallest page that would hold a document as well: fewer vision tokens for the same text."""

from data.config import Degradation, RenderingConfig
from data.errors import InvalidInput, RenderError
from data.page_modes import MODES, PageMode
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.varied_style import tightest


def smaller_mode(text: str, config: RenderingConfig) -> PageMode | None:
    """Return the smallest mode below `config.mode` that holds the text on one page, within its budget of text
    tokens and in every style that a document may have; None: there is none. The mode micro is no choice:
    other models read it."""
    sizes = [mode for mode in MODES if mode != "micro"]
    smaller = [mode for mode in sizes if MODES[mode].size_px < MODES[config.mode].size_px]
    return next((mode for mode in smaller if _is_enough(mode, text, config)), None)


def _is_enough(mode: PageMode, text: str, config: RenderingConfig) -> bool:
    one_page = {"mode": mode, "overflow": "paginate", "max_pages": 1, "degradation": Degradation()}
    try:
        rendered = [
            render(text, resolve_style(rendering))
            for rendering in tightest(config.model_copy(update=one_page))
        ]
    except (InvalidInput, RenderError):
        return False
    return all(document.num_text_tokens <= MODES[mode].budget_tokens for document in rendered)
