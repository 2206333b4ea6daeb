"""A dataset on disk: its folder, manifest, shards, card and diagnostics."""
