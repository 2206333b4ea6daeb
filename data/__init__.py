"""Documents to pages to shards to the Hub. No torch, no Flask; imports nothing from the other packages."""
