"""Recall of facts by their place: on hand-made pages, and on pages that the product draws."""

from dataclasses import replace

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from evaluation.measures.facts import FactIndex, find_facts
from evaluation.measures.places import NUM_HEIGHTS, NUM_PAGES, page_ends, recall_by_place


def places(reference: str, summary: str, document: str, ends: list[int]) -> list[float | None]:
    return recall_by_place(find_facts(reference), FactIndex(summary), FactIndex(document), ends)


def test_each_fact_counts_at_its_first_place() -> None:
    """Two pages of 50 characters: 11 and 22 at the top of the first one, 33 at the end of the second one."""
    document = f"{'we saw 11 and 22 there '.ljust(50)}{'nothing here then 11 again'.ljust(45)}33 ."
    found = places("see 11 and 22 and 33", "see 11 and 33", document, [50, 100])
    assert found[:NUM_PAGES] == [0.5, 1.0, None, None, None]
    assert found[NUM_PAGES:] == [1.0, 0.0, None, None, 1.0]


def test_later_pages_share_the_last_place() -> None:
    document = "".join(f"{number} ".ljust(10) for number in range(100, 108))
    ends = list(range(10, 90, 10))
    found = places("see 104 and 107", "see 107", document, ends)
    assert found[:NUM_PAGES] == [None, None, None, None, 0.5]


def test_what_no_page_shows_has_no_place() -> None:
    assert places("see 11 and 22", "see 11", "see 11 and then 22", [8])[0] == 1.0
    assert places("see 99", "see 99", "see 11", [6]) == [None] * (NUM_PAGES + NUM_HEIGHTS)
    assert places("see 11", "see 11", "see 11", []) == [None] * (NUM_PAGES + NUM_HEIGHTS)


def test_the_ends_of_drawn_pages_are_found_in_the_text() -> None:
    """A text that ends two lines before the end of a page needs that many pages, two lines later one more."""
    sentence = "The mayor of Oslo opened a bridge and people came."
    text = "".join(f"{number} {sentence}\n\n" for number in range(180))
    style = replace(resolve_style(RenderingConfig(mode="small")), max_pages=20)

    def tokens_of_pages(shown: str) -> list[int]:
        return [page.num_text_tokens for page in render(shown, style).pages]

    ends = page_ends(text, tokens_of_pages(text))
    assert len(ends) > 2
    assert ends[-1] == len(text)
    for number, end in enumerate(ends[:-1], 1):
        assert len(tokens_of_pages(text[: end - 120])) == number
        assert len(tokens_of_pages(text[: end + 120])) == number + 1
