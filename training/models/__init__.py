"""Models: finding, downloading, loading, what trains, export, published layout, card, the tiny model."""
