"""Training on a GPU: steps at the real width, the memory of each preset, and continuing after out of memory.

    pytest -s tests/gpu                  one GPU with 48 GB or more, a few minutes; -s shows the speeds
    python -m benchmarks.training        the whole table

Without a GPU the same code runs on the CPU at a small part of the width; tests that need a GPU are skipped.
"""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from benchmarks import training as benchmark
from benchmarks.training import CUDA, DEVICE, DTYPE, BenchmarkCase, line, measure, preset_case, step
from data.store.workspace import Workspace
from tests.machine import require_gpu
from tests.training.trainings import Listener, short_training
from training.models.device import free_memory
from training.models.tiny import load_tiny
from training.options.optimal_configs import PRESETS
from training.speed.compiler import missing_compiler_requirements
from training.speed.encoder import vision_tower
from training.speed.forward_passes import patch_model
from training.train import train

WIDTH, MODE = (1.0, "base") if CUDA else (0.05, "micro")
TRIED_ON_CPU = "low_memory"
"""The preset with gradient checkpointing, the most complex one."""
ESTIMATE_TOLERANCE = 0.3
"""Share of the estimate by which a measured peak may be lower. It must never be higher."""

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def free_all_memory_afterwards() -> object:
    """Remove the memory cap of a test, and free the memory that the test used."""
    yield
    free_memory()
    if CUDA:
        benchmark.cap_memory(None)


def test_steps_at_full_width_learn_a_batch_and_leave_the_encoder_unchanged() -> None:
    case = BenchmarkCase(name="ours", train="dense", batch=2, width=WIDTH, mode=MODE, num_target_tokens=16)
    model = benchmark.build_trainable(case)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    frozen = {name: tensor.clone() for name, tensor in vision_tower(model).state_dict().items()}
    assert {tensor.dtype for tensor in frozen.values()} == {DTYPE}
    assert {parameter.dtype for parameter in trained} == {torch.float32}
    optimizer, inputs = torch.optim.AdamW(trained, lr=1e-3), benchmark.text_inputs(case)
    pixels = torch.rand(case.batch, 3, case.page_size_px, case.page_size_px, device=DEVICE, dtype=DTYPE)
    losses = [step(model, inputs, pixels, optimizer) for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.5
    assert all(torch.equal(frozen[name], tensor) for name, tensor in vision_tower(model).state_dict().items())


def test_compiled_kernels_equal_the_library() -> None:
    require_gpu()
    assert missing_compiler_requirements() == []
    stock = load_tiny()[0].to("cuda")
    fast = deepcopy(stock)
    patch_model(fast)
    for length in (40, 56, 72):  # torch compiles each length, or a kernel for any length
        ids = torch.randint(
            5, 90, (3, length), device="cuda", generator=torch.Generator("cuda").manual_seed(0)
        )
        mask = torch.ones_like(ids)
        mask[0, :9] = 0
        losses = [
            model(input_ids=ids, attention_mask=mask, labels=ids, use_cache=False).loss
            for model in (stock, fast)
        ]
        for model, loss in zip((stock, fast), losses, strict=True):
            model.zero_grad()
            loss.backward()
        torch.testing.assert_close(losses[1], losses[0])
        for (name, one), other in zip(stock.named_parameters(), fast.parameters(), strict=True):
            if one.grad is not None:
                torch.testing.assert_close(
                    other.grad, one.grad, rtol=1e-3, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
                )


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_stays_within_the_memory_it_promises(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name != TRIED_ON_CPU:
        require_gpu()
    case, rate = preset_case(name, WIDTH, MODE), 1.0
    if CUDA:
        rate = benchmark.matrix_tflops_per_second()
    else:
        case = replace(case, num_target_tokens=16)
        monkeypatch.setattr(
            benchmark, "count_operations", lambda *_: 1
        )  # counting operations takes longer than the steps
    row = measure(
        case,
        rate,
        None,
        lambda chosen: benchmark.step_times(
            chosen, benchmark.build_trainable(chosen), num_steps=5 if CUDA else 1
        ),
    )
    print(f"\n{line(row)}")
    assert row.fault is None
    assert row.samples_per_second
    if CUDA:
        assert 1 - ESTIMATE_TOLERANCE <= row.peak_memory_gb / row.estimated_memory_gb <= 1


def test_a_training_that_runs_out_of_memory_continues_with_half_the_batch(
    request: pytest.FixtureRequest,
) -> None:
    require_gpu()
    brief_workspace: Workspace = request.getfixturevalue("brief_workspace")

    def peak_bytes(output: str, batch: int, listener: Listener) -> int:
        free_memory()
        torch.cuda.reset_peak_memory_stats()
        sizes = {
            "per_device_train_batch_size": batch,
            "gradient_accumulation_steps": 16 // batch,
            "max_length": 64,
        }
        train(
            short_training(output=output, num_eval_samples=0, max_eval_samples=1, **sizes),
            brief_workspace,
            listener,
        )
        return int(torch.cuda.max_memory_allocated())

    little, much = (peak_bytes(f"gpu-batch-{batch}", batch, Listener()) for batch in (1, 16))
    total, enough_for_some = torch.cuda.get_device_properties(0).total_memory, (little + much) / 2
    torch.cuda.set_per_process_memory_fraction(enough_for_some / total)
    listener = Listener()
    assert peak_bytes("gpu-capped", 16, listener) <= enough_for_some < much, (little, much)
    assert any("Out of GPU memory" in text for text in listener.texts)
    assert listener.step == 4
