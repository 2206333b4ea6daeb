"""For users: source inspection, preview, compression, legibility, expected time and size."""
