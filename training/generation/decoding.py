"""How summaries are generated: greedy, with the authors' n-gram blocking."""

from dataclasses import dataclass

from training.options.config import TrainingConfig
from training.options.decoding_config import DecodingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How summaries are generated. The n-gram values are the model authors': 30 within 90 tokens."""

    max_new_tokens: int
    batch_size: int
    no_repeat_ngram_size: int = 30
    """0: repeats are not blocked."""
    no_repeat_ngram_window_size: int = 90
    bf16: bool = False
    """Compute in bfloat16 under autocast."""

    @classmethod
    def of(cls, config: TrainingConfig | DecodingConfig, bf16: bool) -> "Decoding":
        """Return the settings of a configuration."""
        return cls(
            max_new_tokens=config.max_length,
            batch_size=config.per_device_eval_batch_size,
            no_repeat_ngram_size=config.no_repeat_ngram_size,
            no_repeat_ngram_window_size=config.no_repeat_ngram_window_size,
            bf16=bf16,
        )
