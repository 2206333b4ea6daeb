"""Fonts: the bundled DejaVu family, the same on every machine, and installed fonts for characters without a
DejaVu glyph."""

import functools
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import skia
from skia import textlayout

from data.errors import RenderError, listed

DEFAULT_FAMILY: Final = "DejaVu Sans"
MONO_FAMILY: Final = "DejaVu Sans Mono"
_BUNDLED_FOLDER: Final = Path(__file__).parent / "dejavu"
_BUNDLED_FILES: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
_BUNDLED_FAMILIES: Final = (DEFAULT_FAMILY, MONO_FAMILY)
_INSTALLED_FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "~/.local/share/fonts",
)
_FONT_SUFFIXES: Final = frozenset({".ttf", ".otf", ".ttc", ".otc"})
_HAN_FAMILY: Final = "Noto Sans CJK SC"
_JAPANESE_FAMILY: Final = "Noto Sans CJK JP"
_KOREAN_FAMILY: Final = "Noto Sans CJK KR"
_KANA: Final = re.compile("[\u3041-\u30ff]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\uac00-\ud7af]")
_SELECTORS: Final = "\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SELECTOR: Final = re.compile(f"[{_SELECTORS}]")
# Tried in this order for characters without a glyph in the bundled fonts; then other Noto Sans, then the rest
# by name.
_PREFERRED_FALLBACKS: Final = (
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans Arabic",
    "Noto Sans Symbols",
    "Noto Sans Math",
    "Noto Color Emoji",
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The families that draw a text, tried in this order, and what no font has."""

    families: tuple[str, ...]
    missing_glyphs: dict[str, int]
    """Character, or letter with its marks, -> number of occurrences."""


class FontLibrary:
    """Typefaces by family, and the collection in which Skia's paragraph engine finds them."""

    def __init__(self) -> None:
        self._provider = textlayout.TypefaceFontProvider()
        self._typefaces: dict[str, Any] = {}
        self._family_of: dict[tuple[str, str], str | None] = {}
        self._register_bundled()
        self.collection = textlayout.FontCollection()
        self.collection.setDefaultFontManager(self._provider)

    def families(self) -> tuple[str, ...]:
        """Return the names of all families: the bundled ones first, then the installed ones in the order in
        which they are tried."""
        return (*_BUNDLED_FAMILIES, *self._installed_families)

    def typeface(self, family: str) -> Any:
        """Return the regular typeface of a family, bundled or installed."""
        if family not in self._typefaces:
            self._register_installed(family)
        return self._typefaces[family]

    def family_for(self, character: str, family: str = DEFAULT_FAMILY) -> str | None:
        """Return the first family that can draw a character, starting with `family`; None if no font can."""
        key = (family, character)
        if key not in self._family_of:
            self._family_of[key] = self._find_family(character, family)
        return self._family_of[key]

    def coverage(self, text: str, family: str) -> Coverage:
        """Return the families that draw `text`, `family` first, and the characters that no font has, or that
        no font has together with their marks: Skia draws a letter and its marks in one font."""
        parts = {character: text.count(character) for character in set(text)}
        family_of = {part: self.family_for(part, family) for part in parts}
        unmarked = {character for character, name in family_of.items() if name is None}
        for part, num_parts in _marked_letters(text, parts).items():
            if unmarked.isdisjoint(part):
                parts[part] = num_parts
                family_of[part] = self._family_together(part, family)
        needed = sorted({name for name in family_of.values() if name} - {family}, key=_preference)
        missing = sorted(part for part, name in family_of.items() if name is None)
        return Coverage(
            families=(family, *(self._regional(name, text) for name in needed)),
            missing_glyphs={part: parts[part] for part in missing},
        )

    def _family_together(self, letter: str, family: str) -> str | None:
        """Return the first family that has a letter and all its marks, or the character that they compose."""
        key = (family, letter)
        if key not in self._family_of:
            spellings = {unicodedata.normalize(form, letter) for form in ("NFC", "NFD")} | {letter}
            self._family_of[key] = next(
                (
                    name
                    for name in (family, *self.families())
                    if any(all(map(functools.partial(self._has_glyph, name), text)) for text in spellings)
                ),
                None,
            )
        return self._family_of[key]

    def _regional(self, family: str, text: str) -> str:
        """Return the Japanese or Korean variant of the Chinese font for a text with kana or hangul."""
        if family != _HAN_FAMILY:
            return family
        cut = (
            _JAPANESE_FAMILY
            if _KANA.search(text)
            else _KOREAN_FAMILY
            if _HANGUL.search(text)
            else _HAN_FAMILY
        )
        if cut not in self._installed_families:
            return family
        self.typeface(cut)  # registers it: Skia draws boxes for an unregistered family
        return cut

    def _find_family(self, character: str, family: str) -> str | None:
        if _needs_no_glyph(character):
            return family
        bundled = next(
            (name for name in (family, *_BUNDLED_FAMILIES) if self._has_glyph(name, character)), None
        )
        if bundled:
            return bundled
        # A letter's Unicode name begins with its script, and Noto has a family for each script: so one word
        # is drawn in one family.
        script_family = f"Noto Sans {unicodedata.name(character, '').split(' ')[0].title()}"
        installed = sorted(self._installed_families, key=lambda name: name != script_family)
        return next((name for name in installed if self._has_glyph(name, character)), None)

    def _has_glyph(self, family: str, character: str) -> bool:
        return bool(self.typeface(family).unicharToGlyph(ord(character)))

    def _register_bundled(self) -> None:
        manager = skia.FontMgr.New_Custom_Empty()
        for name in _BUNDLED_FILES:
            typeface = manager.makeFromFile(str(_BUNDLED_FOLDER / name), 0)
            if typeface is None:
                raise RenderError(
                    f"The bundled font {_BUNDLED_FOLDER / name} cannot be read.",
                    hint="Install DeepSynth again.",
                )
            self._provider.registerTypeface(typeface, typeface.getFamilyName())
            self._typefaces.setdefault(typeface.getFamilyName(), typeface)

    def _register_installed(self, family: str) -> None:
        regular = self._match(family, skia.FontStyle())
        if regular is None:
            raise RenderError(
                f"The font family {family!r} cannot be read.", hint="Install it again, or choose another."
            )
        bold = self._match(family, skia.FontStyle.Bold())
        for typeface in (regular, bold) if bold.isBold() and not regular.isBold() else (regular,):
            self._provider.registerTypeface(typeface, family)
        self._typefaces[family] = regular

    def _match(self, family: str, style: Any) -> Any:
        matches = (manager.matchFamilyStyle(family, style) for manager in self._managers)
        return next((typeface for typeface in matches if typeface is not None), None)

    @functools.cached_property
    def _managers(self) -> list[Any]:
        folders = [Path(name).expanduser() for name in _INSTALLED_FOLDERS]
        return [skia.FontMgr.New_Custom_Directory(str(folder)) for folder in folders if folder.is_dir()]

    @functools.cached_property
    def _installed_families(self) -> list[str]:
        names = {
            manager.getFamilyName(index)
            for manager in self._managers
            for index in range(manager.countFamilies())
        }
        return sorted(names - set(_BUNDLED_FAMILIES), key=_preference)


def _preference(family: str) -> tuple[int, bool, str]:
    order = (*_BUNDLED_FAMILIES, *_PREFERRED_FALLBACKS)
    return order.index(family) if family in order else len(order), not family.startswith("Noto Sans"), family


def is_invisible(character: str) -> bool:
    """Return whether a character has neither ink nor width: joiner, direction mark or variation selector."""
    return _SELECTOR.match(character) is not None or unicodedata.category(character) == "Cf"


def _needs_no_glyph(character: str) -> bool:
    return character.isspace() or is_invisible(character)


def _marked_letters(text: str, characters: Iterable[str]) -> Counter[str]:
    """Count the letters with marks on or around them, each mark once; `characters` are those of the text."""
    marks = "".join(
        character
        for character in characters
        if unicodedata.category(character)[0] == "M" and not is_invisible(character)
    )
    if not marks:
        return Counter()
    found = re.findall(f"[^\\s{marks}][{marks}{_SELECTORS}]*[{marks}]", text)
    return Counter("".join(dict.fromkeys(_SELECTOR.sub("", letter))) for letter in found)


def named_characters(characters: Iterable[str], most: int = 20) -> str:
    """List characters by code point and Unicode name, so that a message without their glyphs is readable."""
    return listed([" with ".join(map(_named, part)) for part in characters], most)


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def installed_fonts_digest() -> str:
    """Return a digest of the names and sizes of this machine's font files: they decide how characters without
    a DejaVu glyph are drawn."""
    folders = (Path(name).expanduser() for name in _INSTALLED_FOLDERS)
    files = (
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _FONT_SUFFIXES
    )
    listed = sorted({(path.name, path.stat().st_size) for path in files})
    return hashlib.sha256(repr(listed).encode()).hexdigest()[:16]


@functools.cache
def font_library() -> FontLibrary:
    """Return the fonts of this process; the first call opens the bundled ones, in a few milliseconds."""
    return FontLibrary()
