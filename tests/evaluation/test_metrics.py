"""ROUGE as an `evaluate.Metric` works without a network and equals the function."""

import evaluate
import pytest

from evaluation.metrics import Rouge, rouge


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_EVALUATE_OFFLINE", "1")


def test_metric_equals_function() -> None:
    predictions, references = ["The cats sat. A dog ran."], ["A dog ran. The cat sat."]
    assert (
        Rouge().compute(predictions=predictions, references=references)
        == rouge(predictions, references).fmeasures()
    )


def test_metric_takes_settings_and_batches() -> None:
    metric = Rouge()
    metric.add_batch(predictions=["players"], references=["player"])
    metric.add(prediction="a", reference="a")
    assert metric.compute(stemmer=False)["rouge1"] == 0.5
    assert isinstance(metric, evaluate.Metric)
