"""Article sample documents: several paragraphs of made-up news, with a one-sentence summary that follows from them."""

import random


def article(rng: random.Random) -> tuple[str, str]:
    """Return a document of 150-600 words and its one-sentence summary."""
    raise NotImplementedError
