"""A text model beside the page model, on documents truncated to the same token budget."""

import json
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from data.errors import DeepSynthError
from data.progress import Silent
from data.store.workspace import Workspace
from tests.training.trainings import Listener
from training.evaluate import evaluate_model
from training.generation.text_model import PROMPT_SUFFIX, load_text_model
from training.inputs.dataset import open_dataset
from training.models.tiny import character_tokenizer
from training.options.decoding_config import EvaluationConfig
from web_ui.catalog.sample_sets import list_sample_sets

TOKENIZER = character_tokenizer()
IDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, "vocab_size": len(TOKENIZER)}
MIN_PAGE_TOKENS = 25


def save(model: PreTrainedModel, folder: Path) -> Path:
    model.save_pretrained(folder)
    TOKENIZER.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return folders of random text models, one of each kind, and of a model that generates no text."""
    folder = tmp_path_factory.mktemp("text")
    torch.manual_seed(0)
    t5 = T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=2, **IDS)
    llama = LlamaConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=60,
        **IDS,
    )
    bert = BertConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, **IDS)
    clip = CLIPTextConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, **IDS
    )
    made = {
        "clip": CLIPTextModel(clip),
        "t5": T5ForConditionalGeneration(t5),
        "llama": LlamaForCausalLM(llama),
        "bert": BertModel(bert),
    }
    return {name: save(model, folder / name) for name, model in made.items()}


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_the_table_holds_the_scores_of_the_text_model(
    brief_workspace: Workspace, models: dict[str, Path], kind: str
) -> None:
    few = {"max_samples": 3, "max_length": 8, "per_device_eval_batch_size": 2, "output": f"beside-{kind}"}
    config = EvaluationConfig(
        model="tiny", dataset="brief", split="train", text_model=str(models[kind]), **few
    )
    result = evaluate_model(config, brief_workspace, Silent())
    assert [row["name"] for row in result.as_dict()["table"]] == [
        "tiny",
        "lead-1",
        "lead-3",
        f"{models[kind]} on cut text",
    ]
    lines = [json.loads(line) for line in (result.folder / "text_predictions.jsonl").read_text().splitlines()]
    assert len(lines) == 3
    assert {line["reference"] for line in lines} == set(
        open_dataset(brief_workspace, "brief").split("train").first(3).summaries()
    )
    [samples] = list_sample_sets("evaluations", f"beside-{kind}", brief_workspace).values()
    assert (samples.text_model, samples.has_index(brief_workspace)) == (str(models[kind]), True)
    with samples.open_index(brief_workspace) as index:
        shown = [index.record(position).text_model_prediction for position in range(3)]
    assert shown == [line["prediction"] for line in lines]


def test_documents_are_truncated_to_the_cost_of_their_pages_or_the_limit_of_the_model(
    brief_workspace: Workspace, models: dict[str, Path]
) -> None:
    samples = open_dataset(brief_workspace, "brief").split("train")
    document = samples.texts()[0]
    listener = Listener()
    for kind, budget in {"t5": MIN_PAGE_TOKENS, "llama": 60 - len(PROMPT_SUFFIX) - 30}.items():
        text_model = load_text_model(str(models[kind]), None, 30, brief_workspace, torch.float32)
        read = text_model.truncate_documents(samples, MIN_PAGE_TOKENS, listener)[0].text
        assert document.startswith(read)
        assert budget - 10 < text_model.count_tokens(read) <= budget
    assert any("fewer than the 25" in text for text in listener.texts)


def test_a_batch_gives_the_summaries_of_single_texts(
    brief_workspace: Workspace, models: dict[str, Path]
) -> None:
    samples = open_dataset(brief_workspace, "brief").split("train")
    for kind in ("t5", "llama"):
        text_model = load_text_model(str(models[kind]), None, 8, brief_workspace, torch.float32)
        texts = text_model.truncate_documents(samples, MIN_PAGE_TOKENS, Silent())
        batch = [texts[0], texts[1]]
        assert text_model.summarize(batch) == [text_model.summarize([text])[0] for text in batch]


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("bert", "text_model", "do not match the model: .* missing"),
        ("clip", "text_model", "does not generate text"),
        ("code", "text_model", "code from its repository"),
        ("pickle", "text_model", "a pickle"),
        ("nothing", "text_model", "no folder"),
        ("owner/unpinned", "text_model_revision", "No revision"),
    ],
)
def test_an_unusable_text_model_is_refused(
    brief_workspace: Workspace, models: dict[str, Path], tmp_path: Path, name: str, field: str, words: str
) -> None:
    for made, files in {
        "code": {"config.json": '{"auto_map": {}}', "model.safetensors": ""},
        "pickle": {"pytorch_model.bin": ""},
    }.items():
        (tmp_path / made).mkdir()
        for file, content in files.items():
            (tmp_path / made / file).write_text(content)
    given = name if "/" in name else str(models.get(name, tmp_path / name))
    with pytest.raises(DeepSynthError, match=words) as caught:
        load_text_model(given, None, 8, brief_workspace, torch.float32)
    assert field in caught.value.fields
