"""The sentences of a verdict. Scores are shown times 100."""

from collections.abc import Iterator
from typing import Final

from evaluation.report import Report
from evaluation.scores import PairedDifference
from evaluation.verdicts.evidence import COPIES, Evidence, Relation, rouge_l

FEW_SAMPLES: Final = 50
"""With fewer samples the verdict says that they are few."""
MANY_SHARE: Final = 0.1
"""Texts of one fault that are this share of all are mentioned."""
_HEADS: Final[dict[Relation, str]] = {
    "below": "Worse than",
    "unclear": "Not clearly better than",
    "above": "Better than",
}


def describe_too_few(report: Report) -> str:
    """Say that nothing can be judged with so few samples."""
    verb = "is" if report.rouge.num_samples == 1 else "are"
    return f"{percent(report)}, but {_count_samples(report)} {verb} too few to judge a model by."


def describe_alone(report: Report) -> str:
    """Say that a report holds no score to compare with."""
    return f"{percent(report)}, without a score to compare it with."


def describe_control(report: Report) -> str:
    """Say what blank pages show when the same model was not scored with the pages."""
    return f"A control: {percent(report)} can be guessed without seeing a page."


def describe_guessing(evidence: Evidence, blank_pages: Report) -> str:
    """Say that the pages do not clearly help."""
    scores = f"{percent(evidence.report)} is not clearly above the {percent(blank_pages)} for blank pages"
    return f"Guesses: {scores}{_cause(evidence)}."


def describe_reading(evidence: Evidence, blank_pages: Report) -> str:
    """Say that the pages help, and that the model is better than copying."""
    copying = [f"; {COPIES[name]} reaches {_baseline(evidence, name)}" for name in evidence.copies[:1]]
    scores = f"{percent(evidence.report)} against {percent(blank_pages)} for blank pages"
    return f"Reads: {scores}{''.join(copying)}."


def describe_copying(evidence: Evidence, relation: Relation) -> str:
    """Say how the score stands to copying: to the best copy with that relation."""
    name = next(name for name in evidence.copies if evidence.relation(name) == relation)
    scores = f"{percent(evidence.report)} against {_baseline(evidence, name)}"
    cause = "" if relation == "above" else _cause(evidence)
    return f"{_HEADS[relation]} {COPIES[name]}: {scores}{cause}."


def notes_on_reading(evidence: Evidence) -> Iterator[str]:
    """Say whether the model reads, where its verdict is about copying."""
    if evidence.blank_pages:
        yield f"It does read the pages: with blank ones its score is {percent(evidence.blank_pages)}."
    elif evidence.report.subject.reads == "pages":
        yield "Whether it reads the pages or guesses is not measured yet."
    else:
        yield "The model read text, as a control for models that read pages."


def notes_on_text_models(evidence: Evidence) -> Iterator[str]:
    """Say how the score stands to those of text models."""
    words = {"above": "Clearly above", "below": "Clearly below", "unclear": "Not clearly different from"}
    for name in evidence.report.baselines.keys() - COPIES.keys():
        relation = words[evidence.relation(name)]
        shares = describe_shares(evidence.report.differences.get(name))
        score = f"{_baseline(evidence, name)}{f'; {shares}' if shares else ''}"
        yield f"{relation} the text model, which read the documents as text ({score})."


def describe_difference(found: PairedDifference, name: str, other: str) -> str:
    """Say how one result stands to another one on the samples of both, in one sentence."""
    if found.difference is None or found.low is None or found.high is None:
        return f"{name} and {other} have no sample in common."
    heads = {
        "above": f"{name} is better than {other}",
        "below": f"{name} is worse than {other}",
        "not_shown": f"No difference between {name} and {other} is shown",
        "too_few": f"Too few common samples to tell {name} from {other}",
    }
    numbers = f"{_points(found.difference)} ROUGE-L ({_points(found.low)} to {_points(found.high)})"
    samples = f"{found.num_samples:,} sample{'' if found.num_samples == 1 else 's'}"
    shares = describe_shares(found)
    return f"{heads[found.relation]}: {numbers} on {samples}{f', {shares}' if shares else ''}."


def describe_shares(found: PairedDifference | None) -> str:
    """Say on which shares of the samples the first result won and lost; empty: not known."""
    if found is None or found.won is None or found.lost is None:
        return ""
    equal = 1 - found.won - found.lost
    return f"higher on {found.won:.0%}, lower on {found.lost:.0%}, equal on {equal:.0%}"


def notes_on_samples(report: Report) -> Iterator[str]:
    """Say what limits any verdict on these samples: their number, their split, faulty texts."""
    num_samples = report.rouge.num_samples
    if num_samples < FEW_SAMPLES:
        yield f"Only {_count_samples(report)}: other samples may change the verdict."
    if report.subject.split == "validation":
        yield "Validation samples choose the checkpoint of a training, so their scores flatter it."
    if report.subject.split == "train":
        yield "A model may know the samples of the split train by heart."
    faults = {
        "are looping": report.num_looping,
        "are cut off at the length limit": report.num_cut,
        "are empty": report.num_empty,
    }
    for words, number in faults.items():
        if number >= MANY_SHARE * num_samples:
            yield f"{number:,} of {num_samples:,} texts {words}."


def percent(report: Report) -> str:
    """Return the score of a report as it is shown."""
    return f"{100 * rouge_l(report).fmeasure:.1f}"


def _points(difference: float) -> str:
    text = f"{100 * difference:+.1f}"
    return text if float(text) else "0.0"


def _baseline(evidence: Evidence, name: str) -> str:
    return f"{100 * evidence.baseline(name).fmeasure:.1f}"


def _cause(evidence: Evidence) -> str:
    """Return the end of a sentence: that the training was too short, if that is known."""
    course = evidence.course
    wanted = course.wanted_steps if course else None
    if course is None or wanted is None:
        return ""
    steps = f"{course.num_steps:,} {'step is' if course.num_steps == 1 else 'steps are'} too few"
    seen = "less than one pass over the data" if course.is_part_of_an_epoch else "the loss was still falling"
    time_s = course.time_of_s(wanted)
    time = f", and {wanted:,} take about {_duration(time_s)} here" if time_s else ""
    return f"; {steps} ({seen}){time}"


def _duration(time_s: float) -> str:
    """Return a time in one unit."""
    size_s, unit = (3600, "hour") if time_s >= 6000 else (60, "minute") if time_s >= 100 else (1, "second")
    number = max(1, round(time_s / size_s))
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _count_samples(report: Report) -> str:
    number = report.rouge.num_samples
    return f"{number:,} {report.subject.split} sample{'' if number == 1 else 's'}"
