"""`deepsynth export`: write a model, or the adapter of a training, for other programs."""

from argparse import Namespace
from pathlib import Path

from web_ui.commands.stages import absolute_model_path, open_workspace
from web_ui.commands.terminal import print_result


def run(options: Namespace) -> int:
    """Export, then print how other programs use the folder."""
    from training.export import export  # noqa: PLC0415  (imports torch)

    folder = Path(options.output).expanduser().absolute()
    result = export(
        absolute_model_path(options.model),
        options.revision,
        folder,
        open_workspace(options),
        is_adapter=options.adapter,
    )
    if options.json:
        print_result(result.as_dict(), True)
    else:
        print(f"{result.folder} reads {result.pages}. To use it:\n\n{result.use}")
    return 0
