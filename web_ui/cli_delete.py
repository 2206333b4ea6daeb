"""`deepsynth delete`: remove a dataset or a trained model from the workspace."""

from argparse import Namespace

from web_ui.cli_stages import workspace_of
from web_ui.deletion import delete_dataset, delete_model
from web_ui.jobs.store import JobStore


def run(options: Namespace) -> int:
    """Delete what `deepsynth delete dataset|model NAME` names."""
    workspace = workspace_of(options)
    delete = {"dataset": delete_dataset, "model": delete_model}[options.what]
    delete(options.name, workspace, JobStore(workspace))
    print(f"The {options.what} {options.name} is deleted.")
    return 0
