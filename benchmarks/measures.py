"""Measure the time of the measures beside ROUGE, and of ROUGE itself, on the same texts in one run.

    python benchmarks/measures.py [--num-samples 1000]

Processor time for 1,000 samples of made-up texts, of the size of CNN/DailyMail and of arXiv papers: the
model's summary, lead-1, lead-3 and the reference. With fewer than 2,000 samples one process does all.
"""

import argparse
import random
import time
from collections.abc import Callable

from evaluation.baselines import lead
from evaluation.measures.totals import MeasuredSample, measure_all
from evaluation.rouge import score_pairs
from evaluation.scores import RougeSettings

SIZES = {"news": (780, 56), "papers": (6000, 200)}
"""Name -> words of a document and of a summary."""
VOCABULARY = 3000
SETTINGS = RougeSettings(tokenizer="ascii")


def make_text(draw: random.Random, words: list[str], num_words: int) -> str:
    """Return sentences with a name and a number each; frequent words are as frequent as in a language."""
    weights = [1 / (rank + 1) for rank in range(len(words))]
    sentences = []
    for _ in range(max(1, num_words // 15)):
        sentence = draw.choices(words, weights, k=15)
        sentence[0], sentence[4], sentence[5] = (
            sentence[0].title(),
            sentence[4].title(),
            str(draw.randint(1, 999)),
        )
        sentences.append(f"{' '.join(sentence)}.")
    return " ".join(sentences)


def make_samples(num_samples: int, num_words: int, num_summary_words: int) -> list[MeasuredSample]:
    """Return samples whose summaries and references are half copied and half new."""
    draw = random.Random(1)
    words = [
        "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(VOCABULARY)
    ]
    samples = []
    for _ in range(num_samples):
        document = make_text(draw, words, num_words)
        copied = " ".join(document.split()[: num_summary_words // 2])
        texts = [f"{copied}. {make_text(draw, words, num_summary_words // 2)}" for _ in range(2)]
        summaries = (texts[0], lead(document, 1), lead(document, 3))
        samples.append(MeasuredSample(document, [num_words], texts[1], summaries))
    return samples


def processor_time_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(samples: list[MeasuredSample]) -> str:
    """Say how long both take for 1,000 samples."""
    references = [sample.reference for sample in samples]
    rows = list(zip(*(sample.summaries for sample in samples), strict=True))
    rouge_s = processor_time_s(lambda: [score_pairs(row, references, SETTINGS, 1) for row in rows])
    measures_s = processor_time_s(lambda: measure_all(samples, ["lead-1", "lead-3"], SETTINGS))
    per_1000 = 1000 / len(samples)
    return (
        f"measures {measures_s * per_1000:.1f} s for 1,000 samples, {measures_s / rouge_s:.2f} times ROUGE "
        f"({rouge_s * per_1000:.1f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-samples", type=int, default=1000)
    num_samples = parser.parse_args().num_samples
    for name, size in SIZES.items():
        print(f"{name}: {measure(make_samples(num_samples, *size))}")


if __name__ == "__main__":
    main()
