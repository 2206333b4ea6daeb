"""Words and sentences of any script, for ROUGE, the lead baselines and the loop detector."""

import re
import unicodedata
from collections.abc import Sequence

# Scripts without spaces between words: each character counts as one word, as usual for Chinese ROUGE.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Chinese characters, extension A
    (0x4E00, 0x9FFF),  # Chinese characters
    (0xF900, 0xFAFF),  # Chinese characters, compatibility
    (0x20000, 0x3FFFF),  # Chinese characters, further extensions
)
# Quotes and brackets that may follow the end of a sentence: straight, curly, French, Chinese.
_CLOSING = "\"'\u201d\u2019\xbb)\\]\u300d\u300f\uff09"
# Marks that end a sentence before a space (Latin, Arabic, Devanagari), and marks that need no space (Chinese,
# Japanese).
_SENTENCE_END = re.compile(
    rf"(?:[.!?\u2026\u061f\u06d4\u0964]+[{_CLOSING}]*(?=\s))|(?:[\u3002\uff01\uff1f\uff61]+[{_CLOSING}]*)"
)
# Abbreviations that a capital letter or a digit often follows within the sentence.
_ABBREVIATIONS = re.compile(
    r"mrs?|ms|[djs]r|prof|st|gen|col|lt|sgt|capt|rep|sen|gov|pres|hon|rev|vs|e\.g|i\.e|cf|figs?|eq|al|approx|vol|pp"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|u\.[skn]"
)
# What Python's lower() makes of the Turkish capital I with a dot: i and a combining dot.
_DOTTED = "i\u0307"
_DOTLESS = "\u0131"
# From this share of letters outside a-z on, a tokenizer of a-z only would drop words.
_FOREIGN_SHARE = 0.01


class _WordCharacters(dict[int, str]):
    """A `str.translate` table filled on demand: letters, marks and digits stay, those of unspaced scripts get
    spaces around them, all other characters become spaces."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if unicodedata.category(character)[0] not in "LMN":
            kept = " "
        elif any(first <= code <= last for first, last in _UNSPACED):
            kept = f" {character} "
        else:
            kept = character
        self[code] = kept
        return kept


_word_characters = _WordCharacters()


def words(text: str) -> list[str]:
    """Split text of any script into lower-case words; in scripts without spaces each character is a word.

    An i with a dot and one without are one letter: the small letter of I depends on the language.
    """
    lower = unicodedata.normalize("NFKC", text).lower()
    return lower.replace(_DOTTED, "i").replace(_DOTLESS, "i").translate(_word_characters).split()


def sentences(text: str) -> list[str]:
    """Split text into sentences: at line ends, and after `.!?` and such marks of other scripts, except after
    an abbreviation or initial."""
    return [sentence for line in text.splitlines() for sentence in _line_sentences(line)]


def needs_unicode(texts: Sequence[str]) -> bool:
    """Return whether more than one letter in a hundred is outside a-z: the ascii tokenizer would drop it."""
    num_letters = num_foreign = 0
    for text in texts:
        letters = len(text) if text.isascii() else sum(map(str.isalpha, text))
        num_letters += letters
        if not text.isascii():
            num_foreign += sum(character.isalpha() and not character.isascii() for character in text)
    return num_foreign > _FOREIGN_SHARE * num_letters


def _line_sentences(line: str) -> list[str]:
    found, start = [], 0
    for end in _SENTENCE_END.finditer(line):
        if not _sentence_continues(line, end):
            found.append(line[start : end.end()].strip())
            start = end.end()
    found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def _sentence_continues(line: str, end: re.Match[str]) -> bool:
    """Return whether the sentence continues after this mark: `Dr. Who`, `J. Smith`, `approx. ten`."""
    following = line[end.end() :].lstrip()[:1]
    if end.group() != ".":
        return following.islower() and end.group()[0] in ".\u2026"
    before = line[: end.start()].split()
    last = before[-1].lstrip("(\"'\u201c\u2018[").lower() if before else ""
    initial = len(last) == 1 and last.isalpha() and last != "i"
    numbered = last in {"no", "nos"} and following.isdigit()
    return following.islower() or initial or numbered or _ABBREVIATIONS.fullmatch(last) is not None
