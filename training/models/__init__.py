"""Models: finding, downloading, loading, what trains, export, published layout, model card, the tiny model."""
