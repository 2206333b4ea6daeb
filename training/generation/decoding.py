"""How summaries are generated: greedy, with the authors' n-gram blocking."""

from dataclasses import dataclass
from typing import cast

from training.options.config import TrainingConfig
from training.options.decoding_config import TRAINED_DECODING, DecodingConfig


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
        """Return the settings of a configuration that leaves none to the training, see
        `with_trained_decoding`."""
        max_length, size, window = (cast(int, getattr(config, name)) for name in TRAINED_DECODING)
        return cls(
            max_new_tokens=max_length,
            batch_size=config.per_device_eval_batch_size,
            no_repeat_ngram_size=size,
            no_repeat_ngram_window_size=window,
            bf16=bf16,
        )
