"""The row of a document in a batch: its summary, as far as it is generated."""

from dataclasses import dataclass, field

from training.inputs.collate import Collator
from training.inputs.dataset import PageSample


@dataclass(slots=True, eq=False, kw_only=True)
class DecodingRow:
    """The summary of one document, as far as it is generated."""

    prompt_ids: list[int]
    max_new_tokens: int
    eos_token_id: int
    token_ids: list[int] = field(default_factory=list)
    """The generated tokens; the last one may be `eos_token_id`."""

    @property
    def has_end(self) -> bool:
        """Whether the model ended the summary by itself."""
        return bool(self.token_ids) and self.token_ids[-1] == self.eos_token_id

    @property
    def is_done(self) -> bool:
        return self.has_end or len(self.token_ids) >= self.max_new_tokens

    @property
    def text_ids(self) -> list[int]:
        """The generated tokens without the end-of-sequence token."""
        return self.token_ids[:-1] if self.has_end else self.token_ids


def new_row(sample: PageSample, max_new_tokens: int, collator: Collator) -> DecodingRow:
    """Return the row of a document, without a token yet."""
    layout = collator.token_layout
    return DecodingRow(
        prompt_ids=collator.encode_prompt(sample),
        max_new_tokens=max_new_tokens,
        eos_token_id=int(layout.tokenizer.eos_token_id),
    )
