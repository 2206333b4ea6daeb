"""Looking before and after: sources, pages to come, compression, legibility, expected time and size."""
