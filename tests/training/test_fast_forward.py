"""The patched forward passes give the values and gradients of the library's own."""

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from transformers import DeepseekOcr2Config, DeepseekOcr2ForConditionalGeneration, PreTrainedModel

from tests.training.small_models import OCR_2
from training.models.tiny import load_tiny
from training.speed.decoder import patch_decoder
from training.speed.page_attention import compute_page_attention


def ocr_2() -> PreTrainedModel:
    torch.manual_seed(0)
    return DeepseekOcr2ForConditionalGeneration(DeepseekOcr2Config.from_dict(OCR_2))


MODELS = {"tiny": lambda: load_tiny()[0], "deepseek_ocr2": ocr_2}


@pytest.fixture(params=MODELS)
def stock(request: pytest.FixtureRequest) -> PreTrainedModel:
    model = MODELS[request.param]()
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return model


def loss_of(model: PreTrainedModel) -> torch.Tensor:
    ids = torch.randint(5, 90, (3, 24), generator=torch.Generator().manual_seed(0))
    return model(input_ids=ids, labels=ids, use_cache=False).loss


def test_the_decoder_gives_the_same_loss_and_gradients(stock: PreTrainedModel) -> None:
    fast = deepcopy(stock)
    patch_decoder(fast)
    replaced = {
        type(module).__name__.split("Text")[-1] for module in fast.modules() if "forward" in vars(module)
    }
    assert replaced >= {"RMSNorm", "Attention", "Experts", "TopkRouter"}
    losses = [loss_of(model) for model in (stock, fast)]
    for loss in losses:
        loss.backward()
    torch.testing.assert_close(losses[1], losses[0])
    for (name, one), other in zip(stock.named_parameters(), fast.parameters(), strict=True):
        if one.grad is not None or other.grad is not None:
            torch.testing.assert_close(
                other.grad, one.grad, rtol=1e-4, atol=1e-6, msg=lambda text, name=name: f"{name}: {text}"
            )


def test_autocast_keeps_activations_in_bfloat16_and_the_router_in_float32(stock: PreTrainedModel) -> None:
    expected = float(loss_of(stock))
    patch_decoder(stock)
    seen: dict[str, torch.dtype] = {}

    def note(name: str) -> Callable[..., None]:
        return lambda _module, _inputs, output: seen.update(
            {name: (output[0] if isinstance(output, tuple) else output).dtype}
        )

    for name, module in stock.named_modules():
        if name.endswith(("layers.1", "layers.1.mlp.gate")):
            module.register_forward_hook(note(name.split(".")[-1]))
    with torch.autocast("cpu", torch.bfloat16):
        loss = float(loss_of(stock))
    assert seen == {"1": torch.bfloat16, "gate": torch.float32}
    assert loss == pytest.approx(expected, rel=0.02)


def test_attention_without_a_bias_matrix_is_the_same(stock: PreTrainedModel) -> None:
    layers = [module for module in stock.modules() if hasattr(module, "rel_pos_h")]
    for attention in layers:
        torch.nn.init.normal_(attention.rel_pos_h)
        torch.nn.init.normal_(attention.rel_pos_w)
        states = torch.randn(2, 9, 9, attention.qkv.in_features, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(
            compute_page_attention(attention, states), attention(states)[0], rtol=1e-4, atol=1e-5
        )
    assert layers
