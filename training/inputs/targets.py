"""Checks of the texts of samples: summaries that are empty, too long, or with characters that have no token;
and documents without text, or with more than a model holds."""

from collections.abc import Sequence

from data.errors import InvalidInput, listed
from data.progress import Progress
from training.inputs.dataset import PageDataset
from training.inputs.tokens import TokenLayout


def require_summaries(summaries: Sequence[str], progress: Progress) -> None:
    """Refuse a training split whose summaries are all empty; warn if some are.

    Raises:
        InvalidInput: all summaries are empty.
    """
    num_empty = sum(not summary.strip() for summary in summaries)
    if num_empty == len(summaries):
        raise InvalidInput(
            "All summaries of the training split are empty, so there is nothing to learn.",
            hint="Check the column mapping of the dataset's source, and generate the dataset again.",
            fields={"dataset": "has no summaries"},
        )
    if num_empty:
        progress.message(f"{num_empty:,} of {len(summaries):,} training summaries are empty.", "warning")


def require_texts(dataset: str, splits: Sequence[PageDataset]) -> None:
    """Refuse splits that do not store their documents' texts, for a model that reads text. Raises
    InvalidInput."""
    if not all(split.has_texts for split in splits):
        raise InvalidInput(
            f"Dataset {dataset!r} has no column text, and the model reads text instead of pages.",
            hint="Use a dataset that stores its documents' texts.",
            fields={"dataset": "has no texts"},
        )


def warn_cut_documents(
    document_ids: Sequence[str], texts: Sequence[str], token_layout: TokenLayout, progress: Progress
) -> None:
    """Warn of documents that a model which reads whole texts does not hold whole."""
    cut = [name for name, text in zip(document_ids, texts, strict=True) if token_layout.cuts(text)]
    if cut:
        progress.message(
            f"{len(cut):,} of {len(texts):,} documents are cut at the {token_layout.max_document_tokens:,} "
            f"tokens that the model holds beside its prompt and summary: {listed(cut, 5)}.",
            "warning",
        )


def warn_truncated_summaries(summaries: Sequence[str], token_layout: TokenLayout, progress: Progress) -> None:
    """Warn if summaries have more tokens than `max_length`; the model learns their beginning."""
    kept = token_layout.max_length - 1  # one token is EOS
    # A text has at most as many tokens as bytes, so short texts need no tokenizer: for a large split this
    # takes seconds instead of a minute.
    long = [
        num
        for summary in summaries
        if len(summary.encode()) > kept and (num := len(token_layout.encode_text(summary))) > kept
    ]
    if long:
        progress.message(
            f"{len(long):,} of {len(summaries):,} training summaries are cut at "
            f"max_length={token_layout.max_length}; the longest has {max(long) + 1:,} tokens with its end "
            "mark.",
            "warning",
        )


def warn_unknown_characters(summaries: Sequence[str], token_layout: TokenLayout, progress: Progress) -> None:
    """Warn of characters without a token. The published models have a token for each byte, the tiny model
    has tokens for Latin letters."""
    unknown_id = token_layout.tokenizer.unk_token_id
    if unknown_id is None:
        return
    characters = set().union(*summaries)
    unknown = {character for character in characters if unknown_id in token_layout.encode_text(character)}
    if num_affected := sum(not unknown.isdisjoint(summary) for summary in summaries):
        named = listed([repr(character) for character in sorted(unknown)], 5)
        progress.message(
            f"{num_affected:,} of {len(summaries):,} training summaries hold characters without a token, "
            f"which the model learns to write as {token_layout.tokenizer.unk_token}: {named}.",
            "warning",
        )
