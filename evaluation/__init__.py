"""Text against text: ROUGE, training metrics, reports, verdicts. No torch."""
