"""The processes of a stage, and the environment variables that start them.

Launchers, accelerate and torch read many variables. Those that would change a result against the options, or
let a process wait for others that nobody started, are ignored with a word or refused by name.
"""

import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Final

import torch
from accelerate import PartialState

from data.errors import InvalidInput
from data.progress import Progress, Silent

_LAUNCHED: Final = "LOCAL_RANK"
_WITH_IT: Final = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What a launcher sets besides."""
_NUM_PROCESSES: Final = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
_UNSUPPORTED: Final = {
    "ACCELERATE_DYNAMO_BACKEND": "compile the model",
    "ACCELERATE_USE_DEEPSPEED": "train by DeepSpeed",
    "ACCELERATE_USE_MEGATRON_LM": "train by Megatron-LM",
    "ACCELERATE_USE_PARALLELISM_CONFIG": "split samples or layers",
    "ACCELERATE_USE_SAGEMAKER": "train by SageMaker's library",
}
"""Variable -> what accelerate would do."""
_IGNORED: Final = {
    "ACCELERATE_MIXED_PRECISION": "bf16",
    "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "gradient_accumulation_steps",
}
"""Variable -> the option that decides instead."""
_TF32: Final = ("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "NVIDIA_TF32_OVERRIDE")
_OFF: Final = ("", "0", "no", "false", "off", "n", "f")
_LAUNCH: Final = "accelerate launch or torchrun (docs/several-gpus.md)"


def join_processes(progress: Progress) -> Progress:
    """Take this process's place among those that share a stage, and return its listener: that of the first
    process, none for the others.

    Raises:
        InvalidInput: environment variables name processes that no launcher started, or ask for what
            DeepSynth does not do.
    """
    has_gpu = torch.cuda.is_available()
    if not torch.distributed.is_initialized():  # Ray connects the processes itself
        require_launcher(os.environ)
    require_supported(os.environ, has_gpu)
    # The numbers of threads are ours to set.
    warnings.filterwarnings("ignore", "OMP_NUM_THREADS/MKL_NUM_THREADS unset")
    if not PartialState(cpu=not has_gpu).is_main_process:
        return Silent()
    for text in describe_ignored(os.environ, has_gpu):
        progress.message(text, "warning")
    return progress


def require_launcher(environment: Mapping[str, str]) -> None:
    """Refuse variables of a launcher that are incomplete: this process would wait for others, or be one of
    many that do the same work. Raises InvalidInput."""
    for name in (_LAUNCHED, "RANK", *_NUM_PROCESSES):
        if not environment.get(name, "0").removeprefix("-").isdecimal():
            raise _refusal(f"{name}={environment[name]} is no whole number", f"Unset {name}.")
    if int(environment.get(_LAUNCHED, "-1")) >= 0:
        if missing := [name for name in _WITH_IT if not environment.get(name)]:
            raise _refusal(
                f"{_LAUNCHED}={environment[_LAUNCHED]} says that a launcher started this process as one of "
                f"several, but {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
                f"Unset {_LAUNCHED}, or start the processes by {_LAUNCH}.",
            )
        return
    for name in _NUM_PROCESSES:
        if int(environment.get(name, "1")) > 1:
            raise _refusal(
                f"{name}={environment[name]} says that this process is one of several, but {_LAUNCHED} is "
                "not set",
                f"Unset {name}, or start the processes by {_LAUNCH}.",
            )


def require_supported(environment: Mapping[str, str], has_gpu: bool) -> None:
    """Refuse variables that ask for another device or another way of training. Raises InvalidInput."""
    for name, words in _UNSUPPORTED.items():
        if _is_on(environment, name):
            raise _refusal(
                f"{name}={environment[name]} tells accelerate to {words}, which DeepSynth does not support",
                f"Unset {name}, or change the configuration of accelerate that sets it.",
            )
    device, used = environment.get("ACCELERATE_TORCH_DEVICE", ""), "cuda" if has_gpu else "cpu"
    if device and device.partition(":")[0] != used:
        raise _refusal(
            f"ACCELERATE_TORCH_DEVICE={device} names another device than {used}, which DeepSynth uses here",
            "Unset it. CUDA_VISIBLE_DEVICES selects the GPUs, none when it is empty.",
        )
    if has_gpu and _is_on(environment, "ACCELERATE_USE_CPU"):
        raise _refusal(
            "ACCELERATE_USE_CPU tells accelerate to leave the GPU alone, but DeepSynth uses it",
            "Unset it, and set CUDA_VISIBLE_DEVICES to nothing, which hides the GPU from both.",
        )


def describe_ignored(environment: Mapping[str, str], has_gpu: bool) -> Iterator[str]:
    """Yield a warning for each variable that is set and has no effect, or has one on the numbers."""
    for name, option in _IGNORED.items():
        if _is_on(environment, name) and environment[name] != "1":
            yield f"{name}={environment[name]} in the environment is ignored: {option} decides."
    for name in _TF32:
        if has_gpu and _is_on(environment, name):
            yield f"{name}={environment[name]} in the environment: the GPU rounds float32 products to TF32."


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() not in _OFF


def _refusal(fault: str, hint: str) -> InvalidInput:
    return InvalidInput(f"The environment variable {fault}.", hint=hint)
