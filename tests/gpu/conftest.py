"""The small page dataset of the training tests."""

from tests.training.conftest import brief_workspace

__all__ = ["brief_workspace"]
