"""Configurations, presets, memory estimate and kinds of model. Nothing here imports torch: the web service
reads it."""
