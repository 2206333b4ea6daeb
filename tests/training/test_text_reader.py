"""Models that read text instead of pages: the same training, in which the input alone differs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from data.errors import InvalidInput
from data.progress import Silent
from data.store.workspace import Workspace
from tests.training.trainings import Listener, short_training
from training.evaluate import evaluate_model
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample, open_dataset
from training.inputs.tokens import IGNORED, TokenLayout, token_layout_for
from training.keep_warm import load_answerer
from training.models.loading import load_model
from training.models.model_files import find_model
from training.models.provenance import read_provenance
from training.models.tiny import BASE_FOLDER
from training.options.assessment import assess
from training.options.decoding_config import EvaluationConfig, PredictionConfig
from training.options.parts import part_of
from training.options.reads import Reads
from training.options.warm_config import WarmModelConfig
from training.predict import predict
from training.train import train

NUM_PAGE_TOKENS = 31
"""Of a micro page in the tiny model."""


@pytest.fixture(scope="module")
def text_model(brief_workspace: Workspace) -> Path:
    """Return the folder of a short training that read texts."""
    return train(short_training(output="reads-text", reads="text"), brief_workspace, Silent()).folder


def layout(workspace: Workspace, reads: Reads, max_length: int = 64) -> TokenLayout:
    return token_layout_for(find_model("tiny", None, workspace), "micro", "\nSum.", max_length, reads)


def first_samples(workspace: Workspace) -> list[PageSample]:
    samples = open_dataset(workspace, "brief").split("train")
    return [samples[0], samples[1]]


def test_a_text_is_cut_to_the_tokens_of_its_pages(brief_workspace: Workspace) -> None:
    text_layout = layout(brief_workspace, "text")
    text = "abc " * 100
    one, two = (text_layout.encode_document(number, text) for number in (1, 2))
    assert (len(one), len(two)) == (NUM_PAGE_TOKENS, 2 * NUM_PAGE_TOKENS)
    assert text_layout.tokenizer.decode(one) == text[:NUM_PAGE_TOKENS]
    assert text_layout.encode_document(3, "abc") == text_layout.encode_text("abc")


def test_a_whole_text_is_cut_at_what_the_model_holds(brief_workspace: Workspace) -> None:
    text_layout = layout(brief_workspace, "whole_text", max_length=8000)
    assert len(text_layout.encode_document(1, "a" * 150)) == 150
    ids = text_layout.encode_prompt(1, "a" * 5000)
    assert len(ids) + text_layout.max_length == text_layout.max_positions == 8192


def test_the_input_alone_differs(brief_workspace: Workspace) -> None:
    samples = first_samples(brief_workspace)
    pages, text = (Collator(layout(brief_workspace, reads))(samples) for reads in ("pages", "text"))
    assert pages.keys() - text.keys() == {"pixel_values"}
    assert pages["input_ids"].shape == text["input_ids"].shape
    differs = pages["input_ids"] != text["input_ids"]
    assert differs.sum() == len(samples) * NUM_PAGE_TOKENS
    assert torch.equal(pages["labels"], text["labels"])


def test_the_loss_is_that_of_the_language_model_alone(brief_workspace: Workspace) -> None:
    model = load_model("tiny", None, brief_workspace).model.eval()
    batch = Collator(layout(brief_workspace, "whole_text"))(first_samples(brief_workspace)[:1])
    names = ("input_ids", "attention_mask", "position_ids", "labels", "logits_to_keep")
    with torch.no_grad():
        loss = model(**{name: batch[name] for name in names}).loss
        logits = model.get_decoder()(input_ids=batch["input_ids"]).last_hidden_state
        scores = model.get_output_embeddings()(logits)[0].log_softmax(-1)
    target = batch["labels"][0][batch["labels"][0] != IGNORED]
    places = range(len(scores) - len(target) - 1, len(scores) - 1)
    by_hand = -sum(scores[place, token] for place, token in zip(places, target, strict=True)) / len(target)
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-5)


@pytest.mark.usefixtures("text_model")
def test_only_the_decoder_learns_from_text(brief_workspace: Workspace) -> None:
    before, after = (
        load_model(name, None, brief_workspace).model.state_dict() for name in ("tiny", "reads-text")
    )
    changed = {part_of(name) for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"attention", "dense", "experts"}


def test_the_first_batch_shows_the_text_that_is_read(text_model: Path) -> None:
    batch = json.loads((text_model / "first_batch.json").read_text())
    assert batch["pages"] == []
    assert all(len(sample["read_text"]) == NUM_PAGE_TOKENS for sample in batch["samples"])


def test_a_text_model_overfits_a_few_samples_exactly(brief_workspace: Workspace) -> None:
    config = short_training(
        output="memory",
        reads="whole_text",
        max_steps=150,
        per_device_train_batch_size=16,
        gradient_accumulation_steps=1,
        learning_rate=2e-3,
        max_length=64,
        eval_steps=150,
        save_steps=150,
    )
    train(config, brief_workspace, Silent())
    scored = EvaluationConfig(model="memory", dataset="brief", split="train")
    assert evaluate_model(scored, brief_workspace, Silent()).report.rouge.fmeasures()["rougeL"] == 1.0


def test_an_evaluation_reads_what_the_model_was_trained_on(
    brief_workspace: Workspace, text_model: Path
) -> None:
    assert (provenance := read_provenance(text_model / "model"))
    assert provenance.reads == "text"
    listener = Listener()
    config = EvaluationConfig(model="reads-text", dataset="brief", split="test", max_length=8)
    evaluate_model(config, brief_workspace, listener)
    assert any("reads text, as many tokens of it as the pages have" in text for text in listener.texts)


def test_blank_pages_are_no_control_of_a_text_model(brief_workspace: Workspace, text_model: Path) -> None:
    found = assess(text_model, brief_workspace)
    assert found
    assert found.control is None
    config = EvaluationConfig(model="reads-text", dataset="brief", blank_pages=True)
    with pytest.raises(InvalidInput, match="reads text instead of pages, so blank pages"):
        evaluate_model(config, brief_workspace, Silent())


@pytest.mark.usefixtures("text_model")
def test_a_prediction_reads_the_text_of_files(brief_workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Tea was served.")
    picture = first_samples(brief_workspace)[0].pages[0]
    (tmp_path / "b.png").write_bytes(picture)
    config = PredictionConfig(model="reads-text", inputs=(str(tmp_path),), max_length=4)
    lines = predict(config, brief_workspace, Silent()).path.read_text().splitlines()
    text, refused = map(json.loads, lines)
    assert (text["input"], text["error"], text["num_tokens"] > 0) == ("a.txt", None, True)
    assert refused["error"].startswith("b.png has no text, and the model reads text instead of pages.")


def test_a_whole_text_that_the_model_does_not_hold_is_said_wherever_it_is_read(
    brief_workspace: Workspace, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    shutil.copytree(BASE_FOLDER, small)
    base = (small / "config.json").read_text()
    few = base.replace('"max_position_embeddings": 8192', '"max_position_embeddings": 88')
    (small / "config.json").write_text(few)
    listener = Listener()
    config = short_training(output="short", model=str(small), reads="whole_text")
    train(config, brief_workspace, listener)
    said = "documents are cut at the 60 tokens that the model holds beside its prompt and summary: "
    for split in ("train-", "test-"):
        assert sum(f"{said}{split}" in text for text in listener.texts) == 1
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    (inputs / "long.txt").write_text("Tea was served. " * 5)
    (inputs / "short.txt").write_text("Tea was served.")
    listener = Listener()
    lines = predict(PredictionConfig(model="short", inputs=(str(inputs),)), brief_workspace, listener).path
    assert [json.loads(line)["document_cut"] for line in lines.read_text().splitlines()] == [True, False]
    assert "1 of 2 documents have more text than the model holds: long.txt." in listener.texts


@pytest.mark.usefixtures("text_model")
def test_a_text_model_is_not_kept_warm(brief_workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="so it is not kept warm"):
        load_answerer(WarmModelConfig(model="reads-text"), brief_workspace, Silent())


@pytest.mark.parametrize("values", [{"blank_pages": True}, {"cache_features": True}, {"train": "projector"}])
def test_settings_of_pages_are_refused_beside_text(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="reads=text"):
        short_training(**{"train": "dense", **values}, reads="text")
