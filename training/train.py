"""The training stage: page dataset -> fine-tuned model, measured while it trains and scored at the end."""

from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from transformers import TrainingArguments, set_seed

from data.cores import num_cores
from data.errors import InvalidInput
from data.hub.repository import resolve_repo_id
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from training.finish import TrainingResult, export_run, final_split, finish_run
from training.inputs.collate import Collator
from training.inputs.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.inputs.feature_cache import FeatureCache, accept_features, page_key
from training.inputs.targets import require_summaries, warn_truncated_summaries, warn_unknown_characters
from training.inputs.tokens import TokenLayout, require_positions, token_layout_for
from training.loop import checkpoints
from training.loop.arguments import build_training_arguments
from training.loop.out_of_memory import initial_batch_config, retry_with_smaller_batches
from training.loop.run_training import TrainingSetup, run_training
from training.loop.trackers import start_wandb
from training.models.device import compute_dtype, free_memory
from training.models.loading import LoadedModel, ModelFiles, build_empty_model, find_model, load_from_files
from training.models.provenance import Provenance
from training.models.trainable import choose_trainable
from training.options.config import TrainingConfig
from training.options.memory import describe_memory_fit, estimate_training_memory
from training.options.model_kinds import license_of, require_page_mode
from training.options.run_folder import RunFolder, RunState, open_run
from training.speed.compiler import missing_compiler_requirements

_NUM_EXAMPLES = 64
"""Samples by which is judged how many pages the feature cache holds already."""


@dataclass(frozen=True, slots=True)
class _TrainingTask:
    """A training as asked for: its samples, what it starts from and where it writes, before anything large is
    loaded."""

    config: TrainingConfig
    workspace: Workspace
    dataset: PageDatasetFolder
    training: PageDataset
    validation: PageDataset
    final: PageDataset
    """What the finished model is scored on."""
    folder: RunFolder
    model_files: ModelFiles

    @property
    def max_num_pages(self) -> int:
        return max(max(split.num_pages()) for split in (self.training, self.validation, self.final))

    @property
    def token_layout(self) -> TokenLayout:
        return token_layout_for(
            self.model_files, self.dataset.mode, self.config.prompt, self.config.max_length
        )

    @property
    def dtype(self) -> torch.dtype:
        """The dtype that the model is loaded, computed and exported in."""
        return compute_dtype(self.config.bf16)

    def cached_pages(self) -> tuple[int, list[str]]:
        """Return how many pages a feature cache would hold, and the keys of some of them."""
        num_pages = sum(self.training.num_pages()) + sum(self.validation.num_pages())
        step = max(1, len(self.training) // _NUM_EXAMPLES)
        return num_pages, [
            page_key(page)
            for index in range(0, len(self.training), step)
            for page in self.training[index].pages
        ]


def train(config: TrainingConfig, workspace: Workspace, progress: Progress) -> TrainingResult:
    """Fine-tune a model on a page dataset, or go on with the same training where it was interrupted.

    Raises:
        DeepSynthError: the request cannot be carried out; what can be known without the weights is said
            before they are loaded.
        Stopped: the listener asked to stop; a checkpoint of the last step is saved.
    """
    torch.set_num_threads(min(torch.get_num_threads(), num_cores()))
    arguments = build_training_arguments(config, RunFolder(workspace.model(config.output)).checkpoints)
    if not arguments.should_save:
        progress = Silent()  # one process of several speaks for all, and holds the folder for all
    with hold_writer_lock(workspace, "model", config.output) if arguments.should_save else nullcontext():
        task = _open_task(config, workspace)
        _check_request(task, arguments, progress)
        with arguments.main_process_first(local=False):
            _, state = open_run(
                config,
                workspace,
                task.dataset.fingerprint,
                task.model_files.fingerprint(),
                arguments.world_size,
            )
        if state.phase in ("training", "trained"):
            if arguments.should_save and state.phase == "training":
                _require_disk_space(task, progress)
                if "wandb" in config.report_to:
                    start_wandb(task.folder.path, state.run_name)
            _report_start(task, arguments, progress)
            start = initial_batch_config(config, state.fitting_batch_size, state.fitting_eval_batch_size)
            state = retry_with_smaller_batches(
                lambda attempted: _run_attempt(attempted, start, task, progress), start, progress
            )
            free_memory()
        return finish_run(config, task.dataset, state, arguments.should_save, workspace, progress)


def _open_task(config: TrainingConfig, workspace: Workspace) -> _TrainingTask:
    dataset = open_dataset(workspace, config.dataset)
    training, validation, final = (
        dataset.split(name) for name in ("train", "validation", final_split(dataset))
    )
    model_files = find_model(config.model, config.revision, workspace)
    folder = RunFolder(workspace.model(config.output))
    return _TrainingTask(
        config,
        workspace,
        dataset,
        training,
        validation,
        final.first(config.num_test_samples),
        folder,
        model_files,
    )


def _check_request(task: _TrainingTask, arguments: TrainingArguments, progress: Progress) -> None:
    """Refuse what can be known not to work before weights are loaded or anything is written."""
    config = task.config
    require_summaries(task.training.summaries(), progress)
    require_page_mode(config.model, task.model_files.kind, task.dataset.mode)
    require_positions(task.model_files.config, task.token_layout, task.max_num_pages)
    if config.push_to_hub:
        resolve_repo_id(
            config.hub_model_id, config.output
        )  # refuses a missing token before hours of training
    if config.auto_batch_size and arguments.world_size > 1:
        raise InvalidInput(
            "auto_batch_size needs a single process: several cannot try batches out together.",
            hint="Set per_device_train_batch_size and gradient_accumulation_steps instead.",
            fields={"auto_batch_size": "needs a single process"},
        )


def _require_disk_space(task: _TrainingTask, progress: Progress) -> None:
    """Refuse, before weights are loaded, what the disk could not hold. What is there of it already is taken
    off."""
    empty = build_empty_model(task.model_files)
    if task.config.cache_features:
        num_pages, examples = task.cached_pages()
        cache = FeatureCache.find_fullest(
            task.workspace, empty, task.dataset.page_size_px, task.dtype, examples
        )
        cache.require_disk_space(num_pages, examples)
    counts = choose_trainable(empty, task.config.train, task.config.router)
    model_bytes = counts.num_parameters * task.dtype.itemsize
    limit = task.config.save_total_limit
    most_bytes = checkpoints.require_disk_space(
        task.folder.checkpoints, counts.num_trainable_parameters, limit, model_bytes
    )
    progress.message(f"Checkpoints and the finished model take up to {most_bytes / 1e9:.2f} GB of disk.")


def _report_start(task: _TrainingTask, arguments: TrainingArguments, progress: Progress) -> None:
    """Say what the training will be, to its listener and to those who will read its model."""
    if arguments.should_save:
        _provenance(task).write(task.folder.path)
        summaries = task.training.summaries()
        warn_truncated_summaries(summaries, task.token_layout, progress)
        warn_unknown_characters(summaries, task.token_layout, progress)
    if torch.cuda.device_count() > 1 and arguments.world_size == 1:
        progress.message(
            f"One process uses one of the {torch.cuda.device_count()} GPUs here; accelerate launch starts "
            "one for each "
            "(docs/several-gpus.md).",
            "warning",
        )
    if torch.cuda.is_available():
        expected = estimate_training_memory(
            task.config, task.dataset.mode, task.max_num_pages, task.model_files.kind
        )
        free_gb = torch.cuda.mem_get_info()[0] / 1e9
        progress.message(
            describe_memory_fit(expected, free_gb), "info" if expected.fits(free_gb) else "warning"
        )
        if missing := missing_compiler_requirements():
            progress.message(
                "Steps take up to 1.4 times as long as they need, since this is missing: "
                f"{', '.join(missing)}.",
                "warning",
            )


def _run_attempt(
    config: TrainingConfig, start: TrainingConfig, task: _TrainingTask, progress: Progress
) -> RunState:
    """Train from the last checkpoint on with the batch sizes of `config`, which may be smaller than those
    begun with, and export."""
    arguments = build_training_arguments(config, task.folder.checkpoints)
    state = task.folder.require_state()
    arguments.run_name = state.run_name
    if arguments.should_save:
        task.folder.write_config(config, task.dataset.fingerprint)
        if config is not start:
            sizes = (config.per_device_train_batch_size, config.per_device_eval_batch_size)
            state = replace(state, fitting_batch_size=sizes[0], fitting_eval_batch_size=sizes[1])
            task.folder.write_state(state)
    loaded = _load(task, progress)
    set_seed(config.seed)  # adapters start from random numbers
    trainable = choose_trainable(loaded.model, config.train, config.router)
    collator = Collator(task.token_layout, config.blank_pages)
    if config.cache_features:
        collator = replace(collator, feature_cache=_feature_cache(loaded, task, progress))
    setup = TrainingSetup(
        config=config,
        folder=task.folder,
        loaded=loaded,
        trainable=trainable,
        collator=collator,
        arguments=arguments,
    )
    if state.phase == "training":
        state = run_training(setup, state, task.training, task.validation, progress)
    return export_run(setup, state, task.workspace, progress)


def _provenance(task: _TrainingTask) -> Provenance:
    start, model_files = task.model_files.provenance, task.model_files
    base = model_files.source if model_files.revision or model_files.source == "tiny" else None
    return Provenance(
        prompt=task.config.prompt,
        rendering=task.dataset.rendering,
        base_model=start.base_model if start else base,
        base_revision=start.base_revision if start else model_files.revision,
        licence=start.licence if start else license_of(base),
    )


def _feature_cache(loaded: LoadedModel, task: _TrainingTask, progress: Progress) -> FeatureCache:
    accept_features(loaded.model)
    cache = FeatureCache.open(task.workspace, loaded.model, task.dataset.page_size_px, task.dtype)
    num_pages, examples = task.cached_pages()
    cache.require_disk_space(
        num_pages, examples
    )  # again: now it is known which encoder the pages must be stored of
    progress.message(
        f"The encoder's output for {num_pages:,} pages is kept in {cache.folder} (up to "
        f"{cache.size_bytes(num_pages) / 1e9:.2f} GB)."
    )
    return cache


def _load(task: _TrainingTask, progress: Progress) -> LoadedModel:
    progress.message(f"Loading {task.config.model}.")
    return load_from_files(task.model_files, task.dtype)
