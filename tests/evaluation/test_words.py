"""Words and sentences of several scripts."""

import pytest

from evaluation.words import needs_unicode, sentences, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Dr. Smith met J. Doe at 5 p.m. on Friday. They left.",
            ["Dr. Smith met J. Doe at 5 p.m. on Friday.", "They left."],
        ),
        (
            'He asked: "Why?" She said no. Then rain fell!',
            ['He asked: "Why?"', "She said no.", "Then rain fell!"],
        ),
        (
            "It cost $4.50... or so. See Fig. 3 and No. 7.",
            ["It cost $4.50... or so.", "See Fig. 3 and No. 7."],
        ),
        ("one line\nanother line\n\n", ["one line", "another line"]),
        (
            "\u4eca\u5929\u5f88\u597d\u3002\u660e\u5929\uff1f",
            ["\u4eca\u5929\u5f88\u597d\u3002", "\u660e\u5929\uff1f"],
        ),
        ("So do I. We went.", ["So do I.", "We went."]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't STOP_now, caf\u00e9!", ["don", "t", "stop", "now", "caf\u00e9"]),
        ("\u4eca\u5929ok", ["\u4eca", "\u5929", "ok"]),
        (
            "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e",
            ["\u0939\u093f\u0928\u094d\u0926\u0940", "\u092d\u093e\u0937\u093e"],
        ),
        ("\uff11\uff12\u3000A", ["12", "a"]),
        ("\ud83d\ude00 ...", []),
        ("\u0130stanbul ISPARTA I\u011fd\u0131r", ["istanbul", "isparta", "i\u011fdir"]),
        ("istanbul \u0131sparta \u0131\u011fd\u0131r", ["istanbul", "isparta", "i\u011fdir"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_few_accents_in_english_do_not_need_unicode() -> None:
    assert not needs_unicode(["caf\u00e9 " + "plain words " * 50])
    assert needs_unicode(["Les \u00e9l\u00e8ves ont \u00e9t\u00e9 re\u00e7us"])
    assert not needs_unicode(["123 ..."])
