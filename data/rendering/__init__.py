"""From text to laid-out pages to PNG bytes."""
