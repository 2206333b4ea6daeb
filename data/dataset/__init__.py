"""A dataset on disk: its folder, manifest, shards, card, losses and diagnostics."""
