"""ROUGE: equal to rouge-score and to published examples, and correct where rouge-score alone is not."""

import math

import pytest
from rouge_score.rouge_scorer import RougeScorer

from data.errors import InvalidInput
from evaluation.difference import paired_difference
from evaluation.rouge import rouge, rouge_l_of, score_pairs
from evaluation.scores import ROUGE_TYPES, RougeSettings

PLAIN = RougeSettings(stemmer=False, tokenizer="ascii", sentences="newline", num_resamples=10)

# prediction, reference, rouge type, (precision, recall, F-measure); None: not published. First the cases that
# rouge-score tests itself with, then the examples worked out in Lin (2004), sections 2 and 3.
EQUALITY_TABLE = [
    ("testing", "testing one two", "rouge1", (1, 1 / 3, 1 / 2)),
    ("testing one", "testing one two", "rouge2", (1, 1 / 2, 2 / 3)),
    ("testing one", "testing one two", "rougeL", (1, 2 / 3, 4 / 5)),
    ("testing two", "testing one two", "rougeL", (1, 2 / 3, 4 / 5)),
    ("", "testing one two", "rougeLsum", (0, 0, 0)),
    ("w1", "", "rougeLsum", (0, 0, 0)),
    ("/", "w1 w2 w3 w4 w5", "rougeLsum", (0, 0, 0)),
    ("Second sentence.\nFirst Sentence.", "First sentence.\nSecond Sentence.", "rougeLsum", (1, 1, 1)),
    (
        "Second sentence. First Sentence.",
        "First sentence. Second Sentence.",
        "rougeLsum",
        (1 / 2, 1 / 2, 1 / 2),
    ),
    ("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", "rougeLsum", (4 / 10, 4 / 5, 8 / 15)),
    ("police kill the gunman", "police killed the gunman", "rouge2", (None, 1 / 3, None)),
    ("the gunman kill police", "police killed the gunman", "rouge2", (None, 1 / 3, None)),
    ("police kill the gunman", "police killed the gunman", "rougeL", (3 / 4, 3 / 4, 3 / 4)),
    ("the gunman kill police", "police killed the gunman", "rougeL", (2 / 4, 2 / 4, 2 / 4)),
    ("the gunman police killed", "police killed the gunman", "rougeL", (2 / 4, 2 / 4, 2 / 4)),
]
TEXTS = [
    (
        "Rescuers found 30 people alive.\nThe mine had closed in 1994.",
        "Thirty people were found alive by rescuers.\nThe old mine closed.",
    ),
    (
        "Don't stop: the U.S. team's run-rate is 4.5%",
        "The US team does not stop; its run rate is 4.5 percent",
    ),
    ("the the the the", "the cat the"),
    ("caf\u00e9 na\u00efve", "cafe naive"),
    ("  \n\n ", "a b c"),
]


@pytest.mark.parametrize(("prediction", "reference", "kind", "expected"), EQUALITY_TABLE)
def test_published_examples(
    prediction: str, reference: str, kind: str, expected: tuple[float | None, float, float | None]
) -> None:
    got = score_pairs([prediction], [reference], PLAIN)[0, ROUGE_TYPES.index(kind)].tolist()
    assert [
        value for value, wanted in zip(got, expected, strict=True) if wanted is not None
    ] == pytest.approx([wanted for wanted in expected if wanted is not None])


@pytest.mark.parametrize("stemmer", [True, False])
def test_equal_to_rouge_score(stemmer: bool) -> None:
    predictions, references = map(list, zip(*TEXTS, strict=True))
    settings = RougeSettings(stemmer=stemmer, tokenizer="ascii", sentences="newline")
    theirs = RougeScorer(list(ROUGE_TYPES), use_stemmer=stemmer)
    expected = [
        [tuple(theirs.score(reference, prediction)[kind]) for kind in ROUGE_TYPES]
        for prediction, reference in TEXTS
    ]
    assert score_pairs(predictions, references, settings).tolist() == [
        [list(score) for score in pair] for pair in expected
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002\u6211\u4eec\u53bb\u516c\u56ed\u3002",
        "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
        "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e\u0964",
        "\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    ],
)
def test_identical_texts_of_any_script_score_one(text: str) -> None:
    report = rouge([text], [text])
    assert report.fmeasures() == dict.fromkeys(ROUGE_TYPES, 1.0)
    assert report.settings.tokenizer == "unicode"


def test_different_chinese_texts_share_characters() -> None:
    report = rouge(["\u4eca\u5929\u5f88\u597d"], ["\u4eca\u5929\u4e0d\u597d"])
    assert report.fmeasures()["rouge1"] == pytest.approx(3 / 4)


def test_english_uses_the_ascii_tokenizer_and_the_report_names_it() -> None:
    report = rouge(["Players played."], ["The player plays caf\u00e9 music " + "for a very long time " * 10])
    assert report.settings == RougeSettings(tokenizer="ascii")


def test_rouge_lsum_splits_sentences_on_one_line() -> None:
    report = rouge(["Second sentence here. First one there."], ["First one there. Second sentence here."])
    assert report.fmeasures()["rougeLsum"] == 1.0
    assert report.fmeasures()["rougeL"] < 1.0


def test_stemming_matches_forms_of_a_word() -> None:
    pair = ["The players were playing games"], ["The player was played in a game"]
    assert (
        rouge(*pair).fmeasures()["rouge1"] > rouge(*pair, RougeSettings(stemmer=False)).fmeasures()["rouge1"]
    )


def test_interval_is_seeded_and_covers_the_mean() -> None:
    predictions = ["same " * (i + 1) for i in range(40)]
    references = ["same"] * 40
    report = rouge(predictions, references)
    score = report.scores["rouge1"]
    assert score.low < score.fmeasure < score.high
    assert rouge(predictions, references) == report
    assert rouge(predictions, references, RougeSettings(seed=1)).scores["rouge1"].low != score.low


def test_interval_has_the_theoretical_width() -> None:
    predictions = ["right" if i % 2 else "wrong" for i in range(400)]
    score = rouge(predictions, ["right"] * 400).scores["rouge1"]
    assert score.high - score.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 400), rel=0.1)


def test_processes_give_the_same_numbers() -> None:
    predictions, references = map(list, zip(*TEXTS, strict=True))
    assert rouge(predictions, references, num_processes=2) == rouge(predictions, references, num_processes=1)


@pytest.mark.parametrize(("predictions", "references"), [([], []), (["a"], ["a", "b"])])
def test_empty_or_unequal_lists_are_refused(predictions: list[str], references: list[str]) -> None:
    with pytest.raises(InvalidInput, match="one reference for each prediction"):
        rouge(predictions, references)


def test_the_paired_interval_is_narrower_than_the_two_intervals_where_samples_are_hard_for_both() -> None:
    words = [f"w{index}" for index in range(40)]
    references = [" ".join(words)] * 40
    weaker = [" ".join(words[: 1 + index]) for index in range(40)]
    better = [" ".join(words[: 3 + index]) for index in range(40)]
    own, other = rouge(better, references, PLAIN), rouge(weaker, references, PLAIN)
    assert own.scores["rougeL"].low < other.scores["rougeL"].high
    pairs = [score_pairs(texts, references, PLAIN) for texts in (better, weaker)]
    found = paired_difference(*map(rouge_l_of, pairs))
    assert found.low is not None
    assert found.low > 0
    assert found.relation == "above"
