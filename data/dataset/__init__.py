"""A dataset on disk: its folder, manifest, shards, card, and what is worth knowing about it."""
