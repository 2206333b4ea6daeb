"""Character errors of a text that was read from pages: what counts as one, and how many there are."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from data.rendering.characters import drawable

_LENGTH_UNCERTAINTY: Final = 0.1
"""Of a length that is known by a number of tokens."""
_SPACELESS: Final = (
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u1a20-\u1aaf\u1950-\u19df\u2e80-\u2fff\u3001-\u312f"
    "\u31a0-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f\U00016fe0-\U0001b2ff"
    "\U00020000-\U0003ffff]"
)
"""Han, kana, Thai, Lao, Khmer, Burmese and their kin, and the wide forms that stand among them."""
_LINE_END: Final = re.compile(f" |(?<={_SPACELESS})|(?={_SPACELESS})")
"""Where a line may end: before a space, and beside each character of these scripts."""
_SPACE_WITHOUT_MEANING: Final = re.compile(f"(?<={_SPACELESS}) | (?={_SPACELESS})")


def comparable(text: str) -> str:
    """Return a text as pages show it, without the differences that do not count.

    A line may break anywhere in a script without spaces between words, so a space beside one of its
    characters is left out. Compatibility characters (wide forms, ligatures) are replaced by ordinary ones.
    """
    text = _SPACE_WITHOUT_MEANING.sub("", " ".join(drawable(text).split()))
    return " ".join(unicodedata.normalize("NFKC", text).split())


def closest_length(distances: Sequence[int], text: str, about: int) -> int:
    """Return how much of a text was shown, where a number of tokens tells its length to about 10%: of the
    lengths in this range at which a line can end, the one with the fewest errors, of several the longest.

    Args:
        distances: from `edit_distances`, of what was read to each beginning of the text.
        text: the whole text, as `comparable` gives it.
        about: the expected number of characters.
    """
    longest = min(len(text), int(about * (1 + _LENGTH_UNCERTAINTY)))
    shortest = max(0, min(longest, int(about * (1 - _LENGTH_UNCERTAINTY))))
    ends = [match.start() for match in _LINE_END.finditer(text, shortest, longest + 1)]
    whole = [longest] if longest == len(text) else []
    lengths = [*ends, *whole] or range(shortest, longest + 1)
    return min(lengths, key=lambda length: (distances[length], -length))


def edit_distances(pattern: str, text: str) -> list[int]:
    """Return the Levenshtein distances between `pattern` and each prefix of `text`, from the empty prefix to
    the whole text.

    The bit-parallel algorithm of Myers (1999) in the form of Hyyro (2003): two integers hold a column of the
    table; their bits mark where it increases and decreases. A paper of 60,000 characters takes a second.
    """
    masks: dict[str, int] = {}
    for character in set(pattern):
        bits = "".join("1" if character == other else "0" for other in reversed(pattern))
        masks[character] = int(bits, 2)
    every, last = (1 << len(pattern)) - 1, (1 << len(pattern)) >> 1
    rises, falls, distance = every, 0, len(pattern)
    distances = [distance]
    for character in text:
        equal = masks.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises = falls | (every & ~(diagonal | rises))
        right_falls = diagonal & rises
        distance += bool(right_rises & last) - bool(right_falls & last) if pattern else 1
        distances.append(distance)
        right_rises = (right_rises << 1) | 1
        rises = ((right_falls << 1) | ~(diagonal | right_rises)) & every
        falls = right_rises & diagonal & every
    return distances
