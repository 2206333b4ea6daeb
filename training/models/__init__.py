"""Models: loading, the published layout, what trains, export, model card, the tiny model."""
