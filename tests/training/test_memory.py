"""The memory estimate: the promises of the presets, and the message about a GPU."""

import subprocess
import sys

import pytest

from data.errors import UnknownName
from training.models.tiny import untrained_tiny
from training.models.trainable import parameter_counts
from training.options.memory import describe_memory_fit, estimate_training_memory
from training.options.model_kinds import MODEL_KINDS
from training.options.optimal_configs import PRESETS, training_config

REAL = "deepseek-ai/DeepSeek-OCR"


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_fits_its_promised_memory(preset: str) -> None:
    config = training_config(preset, dataset="news", model=REAL)
    assert all(
        estimate_training_memory(config, num_pages=pages).fits_in(PRESETS[preset].memory_gb)
        for pages in (1, 4)
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_has_sixteen_samples_a_step_and_a_reason_for_each_value(preset: str) -> None:
    config = training_config(preset, dataset="news")
    assert config.per_device_train_batch_size * config.gradient_accumulation_steps == 16
    assert PRESETS[preset].values.keys() == PRESETS[preset].reasons.keys()
    assert all("\n" not in reason for reason in PRESETS[preset].reasons.values())


def test_training_the_routed_experts_does_not_fit_40_gb() -> None:
    assert not estimate_training_memory(
        training_config("high_memory", dataset="news", model=REAL, train="decoder")
    ).fits_in(40)


def test_more_pages_and_larger_batches_need_more() -> None:
    config = training_config("default", dataset="news", model=REAL)
    larger = config.model_copy(update={"per_device_train_batch_size": 4})
    assert estimate_training_memory(config).total_gb < estimate_training_memory(config, num_pages=4).total_gb
    assert estimate_training_memory(config).total_gb < estimate_training_memory(larger).total_gb
    assert (
        estimate_training_memory(config, "small").total_gb
        < estimate_training_memory(config, "large").total_gb
    )


def test_dtype_and_optimizer_change_the_estimate() -> None:
    config = training_config("default", dataset="news", model=REAL)
    in_float32 = estimate_training_memory(config.model_copy(update={"bf16": False}))
    assert in_float32.weights_gb == pytest.approx(4 * in_float32.num_parameters / 1e9, abs=0.01)
    assert in_float32.activations_gb > 1.9 * estimate_training_memory(config).activations_gb
    assert estimate_training_memory(config.model_copy(update={"optim": "adafactor"})).optimizer_gb < 0.1


def test_the_message_says_whether_a_training_fits() -> None:
    expected = estimate_training_memory(training_config("default", dataset="news", model=REAL))
    assert "does not fit the 16.0 GB that are free" in describe_memory_fit(expected, 16)
    assert "and fits the 24.0 GB that are free" in describe_memory_fit(expected, 24)


def test_the_tiny_model_has_the_sizes_of_its_row() -> None:
    model, tokenizer = untrained_tiny(0)
    assert parameter_counts(model) == MODEL_KINDS["tiny"].architecture.parameters
    assert len(tokenizer) == MODEL_KINDS["tiny"].architecture.vocabulary


def test_overrides_replace_preset_values_and_tiny_trains_all_parts_at_a_higher_rate() -> None:
    assert training_config("default", dataset="news", learning_rate=1e-4).learning_rate == 1e-4
    assert (
        training_config("default", dataset="news").learning_rate
        == 20 * training_config("default", model=REAL, dataset="news").learning_rate
    )
    assert training_config("default", dataset="news").train == "all"
    assert training_config("default", dataset="news", train="dense").train == "dense"
    assert training_config("default", dataset="news", model=REAL).train == "dense"


def test_an_unknown_preset_is_refused_with_the_list_of_presets() -> None:
    with pytest.raises(UnknownName, match="no preset 'best'") as caught:
        training_config("best", dataset="news")
    assert "low_memory" in caught.value.hint


def test_presets_and_estimates_need_no_torch() -> None:
    code = (
        "import sys, training.options.memory, training.options.optimal_configs; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
