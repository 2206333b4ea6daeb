"""Page datasets become tensors: pixels, tokens, batches, and the cache of the encoder's output."""
