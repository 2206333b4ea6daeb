"""A text model on cut text: what reading pages has to beat at the same token budget.

Each document is cut to as many tokens of the text model as its pages cost vision tokens, and summarised by
it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from data.errors import DeepSynthError, InvalidInput, ModelError
from data.progress import Progress
from data.store.files import read_json
from data.store.workspace import Workspace
from evaluation.baselines import truncate_text
from evaluation.loops import is_looping
from training.generation.generate_text import Prediction
from training.inputs.dataset import PageDataset
from training.models.loading import find_folder, require_complete, require_safetensors

INSTRUCTION: Final = "Summarize this document."
PROMPT_SUFFIX: Final = "\n\nSummary:"
"""Asks a causal model without a chat template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedText:
    """The beginning of a document, and how a reference sums it up."""

    document_id: str
    text: str
    reference: str
    num_pages: int


@dataclass(frozen=True, slots=True)
class TruncatedTexts:
    """Documents as a text model reads them, cut when they are asked for."""

    documents: Sequence[TruncatedText]
    cut: Callable[[str, int], str]
    """Text and number of pages -> what is read of it."""

    def __len__(self) -> int:
        return len(self.documents)

    def __getitem__(self, index: int) -> TruncatedText:
        whole = self.documents[index]
        return replace(whole, text=self.cut(whole.text, whole.num_pages))


@dataclass(frozen=True, slots=True)
class TextModel:
    """An encoder-decoder or a causal language model, as transformers has it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    max_new_tokens: int

    @property
    def is_encoder_decoder(self) -> bool:
        return bool(self.model.config.is_encoder_decoder)

    @property
    def max_document_tokens(self) -> int | None:
        """The tokens of a document that its positions hold; None: as many as one likes."""
        positions = getattr(self.model.config, "max_position_embeddings", None)
        if positions is None:
            return None
        return (
            int(positions)
            - len(self._ids(self._build_prompt("")))
            - (0 if self.is_encoder_decoder else self.max_new_tokens)
        )

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text has, without special ones."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def truncate_documents(
        self, samples: PageDataset, tokens_per_page: int, progress: Progress
    ) -> TruncatedTexts:
        """Return documents cut to the tokens that their pages cost, or to what the model holds where that is
        less.

        Raises:
            InvalidInput: the dataset does not carry its documents.
        """
        texts, num_pages = samples.texts(), samples.num_pages()
        if not any(texts):
            raise InvalidInput(
                "The dataset has no column text for a text model to read.",
                fields={"text_model": "finds no texts"},
            )
        room, most = self.max_document_tokens, tokens_per_page * max(num_pages)
        progress.message("The text model reads as many tokens of each document as its pages cost.")
        if room is not None and room < most:
            progress.message(
                f"It holds {room:,} tokens of a document, fewer than the {most:,} that the longest one's "
                "pages cost.",
                "warning",
            )

        def cut(text: str, num_pages: int) -> str:
            budget = num_pages * tokens_per_page
            return truncate_text(text, budget if room is None else min(room, budget), self.count_tokens)

        rows = zip(samples.document_ids(), texts, samples.summaries(), num_pages, strict=True)
        documents = [
            TruncatedText(document_id=document_id, text=text, reference=reference, num_pages=num)
            for document_id, text, reference, num in rows
        ]
        return TruncatedTexts(documents, cut)

    @torch.no_grad()
    def summarize(self, batch: Sequence[TruncatedText]) -> list[Prediction]:
        """Write a summary of each text, greedily or with the beams that the model's makers chose."""
        self.model.train(False)
        prompts = [self._build_prompt(item.text) for item in batch]
        inputs = self.tokenizer(
            prompts, return_tensors="pt", padding=True, add_special_tokens=not self._is_chat
        ).to(self.model.device)
        generate: Callable[..., torch.Tensor] = self.model.generate  # type: ignore[assignment]
        ids = generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=self.max_new_tokens,
            do_sample=False,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        start = 0 if self.is_encoder_decoder else inputs["input_ids"].shape[1]
        return [self._prediction(item, row) for item, row in zip(batch, ids[:, start:].tolist(), strict=True)]

    def _prediction(self, item: TruncatedText, row: list[int]) -> Prediction:
        text = str(self.tokenizer.decode(row, skip_special_tokens=True)).strip()
        cut = len(row) >= self.max_new_tokens and row[-1] not in (
            self.tokenizer.eos_token_id,
            self.tokenizer.pad_token_id,
        )
        return Prediction(
            document_id=item.document_id,
            reference=item.reference,
            num_pages=item.num_pages,
            text=text,
            num_tokens=self.count_tokens(text),
            cut=cut,
            looping=is_looping(text),
        )

    @property
    def _is_chat(self) -> bool:
        return not self.is_encoder_decoder and bool(self.tokenizer.chat_template)

    def _build_prompt(self, text: str) -> str:
        """Ask for a summary in the model's own way."""
        if self.is_encoder_decoder:
            tasks: dict[str, Any] = getattr(self.model.config, "task_specific_params", None) or {}
            return f"{tasks.get('summarization', {}).get('prefix', '')}{text}"
        if not self._is_chat:
            return text + PROMPT_SUFFIX
        chat = [{"role": "user", "content": f"{INSTRUCTION}\n\n{text}"}]
        return str(self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=not self._is_chat)["input_ids"]
        return ids


def load_text_model(
    name: str, revision: str | None, max_new_tokens: int, workspace: Workspace, dtype: torch.dtype
) -> TextModel:
    """Load a text model on the CPU, completely or not at all.

    Args:
        name: a Hub id or a folder.
        revision: commit of a Hub id.
        max_new_tokens: the longest summary.

    Raises:
        DeepSynthError: there is none of that name, or it cannot be loaded safely and completely, or writes no
            summaries.
    """
    with _rename_error_fields():
        folder, _ = find_folder(name, revision, workspace)
        require_safetensors(folder)
        model, tokenizer, report = _load(name, folder, dtype)
        # What such a file holds beyond the model (another head) is left out by everyone.
        require_complete(folder, {kind: keys for kind, keys in report.items() if kind != "unexpected_keys"})
    text_model = TextModel(model, _set_padding(name, tokenizer, model.config), max_new_tokens)
    if text_model.max_document_tokens is not None and text_model.max_document_tokens < 1:
        raise _unusable_error(
            name, f"its positions hold no document beside a summary of max_length={max_new_tokens} tokens"
        )
    return text_model


@contextmanager
def _rename_error_fields() -> Iterator[None]:
    """What loading a model says of `model` and `revision` is about `text_model` and `text_model_revision`
    here."""
    try:
        yield
    except DeepSynthError as error:
        fields = {field.replace("revision", "model_revision"): words for field, words in error.fields.items()}
        named = {
            field if field.startswith("text_") else f"text_{field}": words for field, words in fields.items()
        }
        raise type(error)(
            error.message, hint=error.hint, fields=named or {"text_model": "cannot be used"}
        ) from error


def _load(
    name: str, folder: Path, dtype: torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Mapping[str, Any]]:
    if "auto_map" in read_json(folder / "config.json"):
        raise _unusable_error(
            name, "it needs code of its own, and code inside a model repository is never run"
        )
    options: dict[str, Any] = {
        "use_safetensors": True,
        "output_loading_info": True,
        "ignore_mismatched_sizes": True,
        "dtype": dtype,
    }
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        loaded: Any = _find_model_class(name, config).from_pretrained(
            folder, config=config, local_files_only=True, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise _unusable_error(name, f"it cannot be loaded: {error}") from error
    model, report = loaded
    return model, tokenizer, report


def _find_model_class(name: str, config: PreTrainedConfig) -> type[PreTrainedModel]:
    mapping: Any = (
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING if config.is_encoder_decoder else MODEL_FOR_CAUSAL_LM_MAPPING
    )
    if type(config) in mapping:
        found: type[PreTrainedModel] = mapping[type(config)]
        return found
    raise _unusable_error(name, f"a model of type {config.model_type} writes no text from text")


def _set_padding(
    name: str, tokenizer: PreTrainedTokenizerBase, config: PreTrainedConfig
) -> PreTrainedTokenizerBase:
    """Let a tokenizer fill up batches: on the left where the text goes on at the right."""
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise _unusable_error(name, "its tokenizer has neither a padding nor an end token")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right" if config.is_encoder_decoder else "left"
    return tokenizer


def _unusable_error(name: str, why: str) -> ModelError:
    return ModelError(
        f"The text model {name} cannot be used: {why}.",
        hint="Use an encoder-decoder or causal language model of transformers, saved as safetensors with its "
        "tokenizer.",
        fields={"text_model": "cannot be used"},
    )
