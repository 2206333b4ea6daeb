"""A ready model writes summaries: greedy generation, the log of its predictions, a text model beside it."""
