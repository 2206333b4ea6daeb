"""Rows become shards: which rows make which shard, duplicates, render processes, Ray, progress."""
