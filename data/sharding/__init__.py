"""From rows to shards: the plan of shards, duplicates, render processes, Ray, progress."""
