"""Say which characters the pages do not show as they are, and what helps."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from data.rendering.fonts import named_characters
from data.rendering.typewriter import MODE, is_unsupported

_EAST_ASIAN: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
_PICTOGRAPH: Final = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\U000e0000-\U000e007f]")
_UNFONTED: Final = {"Co": "private", "Cn": "unassigned"}
_SCRIPT: Final = "script"
_REPLACE: Final = "replace them in the source."
_INSTALL: Final = "must be installed before pages are drawn; a dataset that is begun keeps its fonts."
_REASONS: Final = {
    "unsupported": "are not drawn right, since mode {mode} puts single characters into cells from left to "
    "right: {names}. Choose another page mode.",
    "private": "are drawn as boxes: {names}. They are for private use, so no font anywhere has them; "
    + _REPLACE,
    "unassigned": "are drawn as boxes: {names}. Unicode has not assigned them, so no font has them; "
    + _REPLACE,
    "together": "are drawn as boxes, since no font here has the letter together with its mark: {names}; "
    + _REPLACE,
    "pictograph": "are drawn as boxes, since no font has them: {names}. Fonts for emoji and symbols (Debian: "
    "fonts-noto-color-emoji, fonts-noto-core) " + _INSTALL,
    "east_asian": "are drawn as boxes, since no font has them: {names}. Fonts for Chinese, Japanese and "
    "Korean (Debian: fonts-noto-cjk) " + _INSTALL,
    _SCRIPT: "are drawn as boxes, since no font has them: {names}. Fonts for the script (Debian: "
    "fonts-noto-core) " + _INSTALL,
}

_LABELS: Final = {
    "unsupported": "scripts that mode {mode} does not draw",
    "private": "characters for private use",
    "unassigned": "characters that Unicode has not assigned",
    "together": "letters together with their marks",
    "pictograph": "emoji and symbols",
    "east_asian": "Chinese, Japanese and Korean",
    _SCRIPT: "other scripts",
}


def missing_glyph_reasons(missing_glyphs: Mapping[str, int], mode: str) -> list[str]:
    """Return the kinds of characters that pages of a mode do not show as they are, in words, each once."""
    found = {_reason(part, mode) for part in missing_glyphs}
    return [label.format(mode=mode) for reason, label in _LABELS.items() if reason in found]


def missing_glyph_warnings(missing_glyphs: Mapping[str, int], mode: str, most: int = 5) -> Iterator[str]:
    """Yield a sentence for each kind of characters that pages of a mode do not show as they are.

    Args:
        missing_glyphs: character, or letter with its marks, -> number of occurrences.
        mode: of the pages.
        most: characters to name, the commonest first.
    """
    commonest = sorted(missing_glyphs, key=lambda part: -missing_glyphs[part])
    for reason, sentence in _REASONS.items():
        parts = [part for part in commonest if _reason(part, mode) == reason]
        if parts:
            num_characters = sum(missing_glyphs[part] for part in parts)
            names = named_characters(parts, most)
            yield f"{num_characters:,} characters {sentence.format(mode=mode, names=names)}"


def _reason(part: str, mode: str) -> str:
    if mode == MODE and is_unsupported(part):
        return "unsupported"
    if len(part) > 1:
        return "together"
    category = unicodedata.category(part)
    if category in _UNFONTED:
        return _UNFONTED[category]
    if _EAST_ASIAN.match(part):
        return "east_asian"
    return "pictograph" if _PICTOGRAPH.match(part) else _SCRIPT
