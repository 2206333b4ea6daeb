"""Text to laid-out pages to PNG bytes."""
