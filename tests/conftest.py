"""What holds for every test."""

import gc

gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, and not among what collecting imported: each training looks twice, and
    would go through it all."""
    gc.freeze()
    gc.enable()
