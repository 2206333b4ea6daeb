"""A text model on truncated text: the baseline for page reading at the same token budget.

The text model summarises each document, truncated to as many of its tokens as the document's pages have in
the decoder of the model that reads them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
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
from data.store.workspace import Workspace
from evaluation.baselines import truncate_text
from evaluation.loops import is_looping
from training.generation.generate_text import Prediction
from training.inputs.dataset import PageDataset
from training.models.library_faults import library_reads
from training.models.loading import require_complete
from training.models.model_files import find_folder, require_safetensors
from training.models.weight_sizes import require_similar_size
from training.options.model_config import check_any_config, read_model_json

INSTRUCTION: Final = "Summarize this document."
PROMPT_SUFFIX: Final = "\n\nSummary:"
"""Prompt of a causal model without a chat template, after the document."""

_HINT: Final = (
    "Use an encoder-decoder or causal language model of transformers, as safetensors with its tokenizer."
)
_LOADING_OPTIONS: Final[Mapping[str, bool]] = {
    "use_safetensors": True,
    "local_files_only": True,
    "output_loading_info": True,
    "ignore_mismatched_sizes": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedText:
    """The beginning of a document, and its reference summary."""

    document_id: str
    text: str
    reference: str
    num_pages: int


@dataclass(frozen=True, slots=True)
class TruncatedTexts:
    """Documents as a text model reads them; each document is truncated on access."""

    documents: Sequence[TruncatedText]
    cut: Callable[[str, int], str]
    """(text, number of pages) -> truncated text."""

    def __len__(self) -> int:
        return len(self.documents)

    def __getitem__(self, index: int) -> TruncatedText:
        whole = self.documents[index]
        return replace(whole, text=self.cut(whole.text, whole.num_pages))


@dataclass(frozen=True, slots=True)
class TextModel:
    """An encoder-decoder or causal language model of transformers."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    max_new_tokens: int

    @property
    def is_encoder_decoder(self) -> bool:
        return bool(self.model.config.is_encoder_decoder)

    @property
    def max_document_tokens(self) -> int | None:
        """The most tokens of a document beside prompt and summary; None: no limit."""
        positions = getattr(self.model.config, "max_position_embeddings", None)
        if positions is None:
            return None
        num_summary_tokens = 0 if self.is_encoder_decoder else self.max_new_tokens
        return int(positions) - len(self._ids(self._build_prompt(""))) - num_summary_tokens

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, without special tokens."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def truncate_documents(
        self, samples: PageDataset, tokens_per_page: int, progress: Progress
    ) -> TruncatedTexts:
        """Return documents truncated to the tokens of their pages, or to the model's limit if it is lower.

        Args:
            tokens_per_page: tokens of one page in the decoder of the model that reads it.

        Raises:
            InvalidInput: the dataset does not store its documents' texts.
        """
        documents = _read_documents(samples)
        most = tokens_per_page * max(document.num_pages for document in documents)
        room = self.max_document_tokens
        progress.message("The text model reads as many tokens of each document as its pages cost.")
        if room is not None and room < most:
            progress.message(
                f"It reads at most {room:,} tokens of a document, fewer than the {most:,} that the pages of "
                "the longest document cost.",
                "warning",
            )

        def cut(text: str, num_pages: int) -> str:
            budget = num_pages * tokens_per_page
            return truncate_text(text, budget if room is None else min(room, budget), self.count_tokens)

        return TruncatedTexts(documents, cut)

    @torch.no_grad()
    def summarize(self, batch: Sequence[TruncatedText]) -> list[Prediction]:
        """Generate a summary of each text: greedy, or with the beams of the model's generation config."""
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
        """Return the prompt: the task's prefix (encoder-decoder), the chat template, or text and suffix."""
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


def _read_documents(samples: PageDataset) -> list[TruncatedText]:
    texts = samples.texts()
    if not any(texts):
        raise InvalidInput(
            "The dataset has no column text, which a text model reads.",
            hint="Remove text_model, or use a dataset with the column text.",
            fields={"text_model": "finds no texts"},
        )
    rows = zip(samples.document_ids(), texts, samples.summaries(), samples.num_pages(), strict=True)
    return [
        TruncatedText(document_id=document_id, text=text, reference=reference, num_pages=num_pages)
        for document_id, text, reference, num_pages in rows
    ]


def load_text_model(
    name: str, revision: str | None, max_new_tokens: int, workspace: Workspace, dtype: torch.dtype
) -> TextModel:
    """Load a text model on the CPU.

    Args:
        name: a Hub id or a folder.
        revision: commit of a Hub id.
        max_new_tokens: the most tokens of a summary.

    Raises:
        DeepSynthError: no model has that name, the model cannot be loaded safely and completely, or it does
            not generate text.
    """
    with _rename_error_fields():
        folder, _ = find_folder(name, revision, workspace, partial(_judge, name))
        require_safetensors(folder)
        model, tokenizer, report = _load(name, folder, dtype)
        # Weights that the class does not have (another head) are ignored, as usual for such files.
        require_complete(folder, {kind: keys for kind, keys in report.items() if kind != "unexpected_keys"})
    text_model = TextModel(model, _set_padding(name, tokenizer, model.config), max_new_tokens)
    if text_model.max_document_tokens is not None and text_model.max_document_tokens < 1:
        raise _unusable_error(
            name, f"its positions hold no document beside a summary of max_length={max_new_tokens} tokens"
        )
    return text_model


@contextmanager
def _rename_error_fields() -> Iterator[None]:
    """Rename the fields of errors in this block: `model` -> `text_model`, `revision` ->
    `text_model_revision`."""
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


def _judge(name: str, document: Mapping[str, Any]) -> None:
    check_any_config(document)
    if "auto_map" in document:
        raise _unusable_error(
            name, "it needs code from its repository, and code inside a model repository is never run"
        )


def _load(
    name: str, folder: Path, dtype: torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Mapping[str, Any]]:
    _judge(name, read_model_json(folder / "config.json"))
    with library_reads(f"The text model {name}", _HINT):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model_class: Any = _find_model_class(name, config)
        with torch.device("meta"):
            empty = model_class(deepcopy(config))
        require_similar_size(empty, folder)
        model, report = model_class.from_pretrained(folder, config=config, dtype=dtype, **_LOADING_OPTIONS)
    return model, tokenizer, report


def _find_model_class(name: str, config: PreTrainedConfig) -> type[PreTrainedModel]:
    mapping: Any = (
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING if config.is_encoder_decoder else MODEL_FOR_CAUSAL_LM_MAPPING
    )
    if type(config) in mapping:
        found: type[PreTrainedModel] = mapping[type(config)]
        return found
    raise _unusable_error(name, f"a model of type {config.model_type} does not generate text from text")


def _set_padding(
    name: str, tokenizer: PreTrainedTokenizerBase, config: PreTrainedConfig
) -> PreTrainedTokenizerBase:
    """Set the padding token and side: a causal model continues at the right, so it is padded on the left."""
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise _unusable_error(name, "its tokenizer has neither a padding nor an end token")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right" if config.is_encoder_decoder else "left"
    return tokenizer


def _unusable_error(name: str, why: str) -> ModelError:
    return ModelError(
        f"The text model {name} cannot be used: {why}.", hint=_HINT, fields={"text_model": "cannot be used"}
    )
