"""Text against text: ROUGE, training metrics, reports. No torch."""
