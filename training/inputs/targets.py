"""What of a split's summaries a model cannot learn: empty ones, ends of long ones, unknown characters. Said
before the training starts."""

from collections.abc import Sequence

from data.errors import InvalidInput, listed
from data.progress import Progress
from training.inputs.tokens import TokenLayout


def require_summaries(summaries: Sequence[str], progress: Progress) -> None:
    """Refuse a training split without summaries, and say how many are empty.

    Raises:
        InvalidInput: all are.
    """
    num_empty = sum(not summary.strip() for summary in summaries)
    if num_empty == len(summaries):
        raise InvalidInput(
            "All summaries of the training split are empty, so there is nothing to learn.",
            hint="Check the column mapping that the dataset was made with.",
            fields={"dataset": "has no summaries"},
        )
    if num_empty:
        progress.message(f"{num_empty:,} of {len(summaries):,} summaries to learn from are empty.", "warning")


def warn_truncated_summaries(summaries: Sequence[str], token_layout: TokenLayout, progress: Progress) -> None:
    """Warn when summaries are longer than the tokens that the model learns of them."""
    kept = token_layout.max_length - 1  # and the end mark
    # No text has more tokens than bytes, so short ones need no tokenizer: seconds instead of a minute for a
    # large split.
    long = [
        num
        for summary in summaries
        if len(summary.encode()) > kept and (num := len(token_layout.encode_text(summary))) > kept
    ]
    if long:
        progress.message(
            f"{len(long):,} of {len(summaries):,} summaries to learn from are cut at "
            f"max_length={token_layout.max_length}; "
            f"the longest has {max(long) + 1:,} tokens with its end mark.",
            "warning",
        )


def warn_unknown_characters(summaries: Sequence[str], token_layout: TokenLayout, progress: Progress) -> None:
    """Warn of characters for which the model has no token. The real models have one for each byte, the tiny
    one has Latin letters."""
    unknown_id = token_layout.tokenizer.unk_token_id
    if unknown_id is None:
        return
    unknown = {
        character
        for character in set().union(*summaries)
        if unknown_id in token_layout.encode_text(character)
    }
    num_affected = sum(not unknown.isdisjoint(summary) for summary in summaries)
    if num_affected:
        named = listed([repr(character) for character in sorted(unknown)], 5)
        progress.message(
            f"{num_affected:,} of {len(summaries):,} summaries to learn from hold characters for which the "
            "model has no token, and in "
            f"whose place it learns to write {token_layout.tokenizer.unk_token}: {named}.",
            "warning",
        )
