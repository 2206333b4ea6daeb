"""The image of the dataset service holds no package of trainings, so the service must not import one."""

import subprocess
import sys

PROGRAM = """
import sys

MISSING = {"nltk", "rouge_score", "sacrebleu", "torch", "transformers", "accelerate", "peft"}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in MISSING:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import data.generate, evaluation.samples.build, web_ui.app, web_ui.cli, web_ui.jobs.runner, web_ui.jobs.worker
"""


def test_the_dataset_service_needs_no_package_of_trainings() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
