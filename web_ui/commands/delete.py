"""`deepsynth delete`: remove a dataset or a trained model from the workspace."""

from argparse import Namespace

from web_ui.catalog.deletion import delete_dataset, delete_model
from web_ui.commands.stages import open_workspace
from web_ui.jobs.store import JobStore


def run(options: Namespace) -> int:
    """Run `deepsynth delete dataset|model NAME`."""
    workspace = open_workspace(options)
    delete = {"dataset": delete_dataset, "model": delete_model}[options.what]
    delete(options.name, workspace, JobStore(workspace))
    print(f"Deleted the {options.what} {options.name}.")
    return 0
