"""`deepsynth publish`: put a finished dataset or model on the Hugging Face Hub."""

from argparse import Namespace

from web_ui.commands.stages import run_configured


def run(options: Namespace) -> int:
    """Run `deepsynth publish dataset|model NAME`. It continues a push that was stopped."""
    values = {options.what: options.name, "repo_id": options.repo_id, "private": not options.public}
    return run_configured(f"publish_{options.what}", values, options)
