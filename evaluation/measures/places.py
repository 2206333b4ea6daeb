"""Where in a document the facts of its reference stand, and whether the summary holds them: recall by page,
and by height on the page.

The place of a fact is that of its first occurrence. The end of a page is known by its number of text tokens,
which the dataset holds, and found in the text by the same estimate of tokens that ended the page. Facts that
the pages do not show (documents cut to their pages) and facts that the document does not hold have no place.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from data.rendering.vision_tokens import length_of_tokens, num_text_tokens
from evaluation.measures.facts import FactIndex

NUM_PAGES: Final = 5
"""The last one stands for all later pages too."""
NUM_HEIGHTS: Final = 5
"""Equal parts of the text of a page, from its top to its end."""
NUM_PLACES: Final = NUM_PAGES + NUM_HEIGHTS


def page_ends(text: str, page_tokens: Sequence[int]) -> list[int]:
    """Return the character after the last one of each page, from the text tokens of each page.

    The tokens of a page are those of its lines, so line ends count as the spaces that they are there. Each
    paragraph was rounded up to a whole token, so the pages of a whole document count more than its text: they
    share it. The page of a document that was cut counts less, and keeps its count.
    """
    lines = text.replace("\n", " ")
    scale = min(1.0, num_text_tokens(lines) / max(1, sum(page_tokens)))
    return [length_of_tokens(lines, round(scale * total)) for total in accumulate(page_tokens)]


def recall_by_place(
    facts: Sequence[str], summary: FactIndex, document: FactIndex, ends: Sequence[int]
) -> list[float | None]:
    """Return the recall of a reference's facts, 0 to 1, in each place; None: no fact stands there.

    Args:
        facts: of the reference.
        ends: of the pages, as `page_ends`.

    Returns:
        (NUM_PAGES + NUM_HEIGHTS): of the pages, then of the heights from top to bottom.
    """
    found: dict[int, list[bool]] = defaultdict(list)
    for fact in facts:
        place = document.place(fact)
        page = bisect_right(ends, place) if place is not None else len(ends)
        if place is None or page == len(ends):
            continue
        start = ends[page - 1] if page else 0
        height = int(NUM_HEIGHTS * (place - start) / (ends[page] - start))
        is_found = summary.place(fact) is not None
        found[min(page, NUM_PAGES - 1)].append(is_found)
        found[NUM_PAGES + height].append(is_found)
    return [sum(found[place]) / len(found[place]) if place in found else None for place in range(NUM_PLACES)]
