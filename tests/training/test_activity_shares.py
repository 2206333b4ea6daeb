"""The activities of a training, and what a whole training reports of them."""

from data.store.workspace import Workspace
from tests.training.trainings import Listener, short_training
from training.loop.activity_shares import ActivityShares
from training.train import train


def test_the_longer_part_gets_the_greater_share() -> None:
    config = short_training(max_steps=100, per_device_train_batch_size=4, num_eval_samples=0)
    few, many = (ActivityShares.of(config, 1000, 10, num_scored) for num_scored in (10, 10_000))
    assert 0 < few.loaded < few.trained < few.exported < 1
    assert many.exported < 0.2
    assert few.exported > 0.9


class Activities(Listener):
    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []
        self.shares: list[float] = []

    def begin(self, activity: str, start: float | None = None, end: float | None = None) -> None:
        self.begun.append(activity)
        self.shares += [share for share in (start, end) if share is not None]


def test_a_training_reports_its_activities_in_order(brief_workspace: Workspace) -> None:
    listener = Activities()
    train(short_training(output="activities"), brief_workspace, listener)
    first_of_each = list(dict.fromkeys(listener.begun))
    assert first_of_each == [
        "Loading", "Training", "Validating", "Exporting the model",
        "Writing summaries", "Scoring", "Sorting the samples",
    ]  # fmt: skip
    assert listener.shares == sorted(listener.shares)
    assert (listener.shares[0], listener.shares[-1]) == (0.0, 1.0)
