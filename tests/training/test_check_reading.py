"""The reading check, with the real tiny model on real pages."""

from data.progress import Silent
from data.store.workspace import Workspace
from training.check_reading import ReadingResult, check_reading
from training.options.reading_config import ReadingCheckConfig


def check(workspace: Workspace, **values: object) -> ReadingResult:
    config = {"model": "tiny", "dataset": "brief", "split": "train", **values}
    return check_reading(ReadingCheckConfig.model_validate(config), workspace, Silent())


def test_the_tiny_model_reads_micro_pages_and_no_blank_ones(brief_workspace: Workspace) -> None:
    read, blank = (check(brief_workspace, blank_pages=blank) for blank in (False, True))
    print(read.report, blank.report)
    assert read.report.character_error_rate.mean < 0.02
    assert blank.report.character_error_rate.mean > 0.7
