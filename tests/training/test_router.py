"""The router: frozen by default, and balanced when it trains."""

from collections.abc import Sequence

import pytest
import torch

from data.progress import Silent
from data.store.workspace import Workspace
from tests.training.trainings import short_training
from training.loop.balance_loss import balance_loss
from training.models.loading import load_model
from training.train import train

ROUTER = "model.language_model.layers.1.mlp.gate.weight"


def test_the_loss_is_one_for_even_use_and_grows_with_uneven_use() -> None:
    attention_mask = torch.tensor([[0, 1, 1, 1, 1]])
    even = 9.0 * torch.eye(4)
    one_for_all = torch.tensor([9.0, 0, 0, 0]).expand(4, 4)
    padding = torch.tensor([[0, 0, 0, 9.0]])
    assert balance_loss([torch.cat([padding, even])], attention_mask, 1).item() == pytest.approx(
        1.0, abs=1e-3
    )
    assert balance_loss([torch.cat([padding, one_for_all])], attention_mask, 1).item() > 3.9
    # Each layer counts separately: two uneven layers do not make an even one.
    other = torch.cat([padding, one_for_all.roll(1, dims=1)])
    assert balance_loss([torch.cat([padding, one_for_all]), other], attention_mask, 1).item() > 3.9


def router_after(workspace: Workspace, output: str, **values: object) -> torch.Tensor:
    train(
        short_training(output=output, train="all", num_eval_samples=0, max_steps=2, **values),
        workspace,
        Silent(),
    )
    return load_model(output, None, workspace).model.state_dict()[ROUTER]


def test_a_router_trains_only_when_it_is_balanced(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_model("tiny", None, brief_workspace).model.state_dict()[ROUTER]
    assert torch.equal(router_after(brief_workspace, "router-frozen"), before)
    used: list[int] = []

    def noted(logits: Sequence[torch.Tensor], attention_mask: torch.Tensor, top_k: int) -> torch.Tensor:
        used.append(int(attention_mask.sum()))
        return balance_loss(logits, attention_mask, top_k)

    monkeypatch.setattr("training.loop.trainer.balance_loss", noted)
    weak = router_after(brief_workspace, "router-balanced", router="balanced")
    strong = router_after(brief_workspace, "router-evened", router="balanced", router_aux_loss_coef=1.0)
    assert len(used) == 8  # two trainings of two steps of two micro-batches, and no evaluation among them
    assert not torch.equal(weak, before)
    assert not torch.equal(weak, strong)
    assert (
        load_model("router-evened/checkpoints/checkpoint-2", None, brief_workspace)
        .model.state_dict()[ROUTER]
        .equal(strong)
    )


def test_the_balance_loss_evens_the_use_of_experts(brief_workspace: Workspace) -> None:
    model = load_model("tiny", None, brief_workspace).model
    router = model.get_parameter(ROUTER)
    with torch.no_grad():
        router[0] += 0.5 * router.abs().max()
    ids = torch.randint(5, 100, (4, 32), generator=torch.Generator().manual_seed(0))
    optimizer, attention_mask, losses = torch.optim.AdamW([router], lr=1e-2), torch.ones_like(ids), []
    for _ in range(10):
        loss = balance_loss(model(input_ids=ids, output_router_logits=True).router_logits, attention_mask, 2)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert losses[-1] == pytest.approx(1.0, abs=0.2)


def test_gradient_checkpointing_gives_the_same_balance_loss(brief_workspace: Workspace) -> None:
    plain = router_after(brief_workspace, "router-plain", router="balanced", router_aux_loss_coef=1.0)
    again = router_after(
        brief_workspace,
        "router-checkpointed",
        router="balanced",
        router_aux_loss_coef=1.0,
        gradient_checkpointing=True,
    )
    torch.testing.assert_close(plain, again, atol=1e-6, rtol=1e-5)
