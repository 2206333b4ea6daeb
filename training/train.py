"""The training stage: page dataset -> fine-tuned model, with metrics on the way and a final evaluation."""

from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from transformers import TrainingArguments, set_seed

from data.cores import num_cores
from data.errors import InvalidInput
from data.hub.repository import resolve_repo_id
from data.progress import PartialProgress, Progress
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from training.finish import TrainingResult, export_run, final_split, finish_run
from training.inputs.collate import Collator
from training.inputs.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.inputs.feature_cache import FeatureCache, accept_features, page_key
from training.inputs.targets import (
    require_summaries,
    require_texts,
    warn_cut_documents,
    warn_truncated_summaries,
    warn_unknown_characters,
)
from training.inputs.tokens import TokenLayout, require_positions, token_layout_for
from training.loop import checkpoints
from training.loop.activity_shares import ActivityShares
from training.loop.arguments import build_training_arguments
from training.loop.out_of_memory import initial_batch_config, retry_with_smaller_batches
from training.loop.run_training import TrainingSetup, run_training
from training.loop.trackers import start_wandb
from training.models.device import compute_dtype, free_memory
from training.models.loading import LoadedModel, build_empty_model, load_from_files
from training.models.model_files import ModelFiles, find_model
from training.models.processes import join_processes
from training.models.provenance import Provenance
from training.models.trainable import choose_trainable
from training.options.config import TrainingConfig
from training.options.inputs_in_use import hold_inputs, require_other_output
from training.options.memory import describe_memory_fit, estimate_training_memory
from training.options.model_kinds import BUILT_IN, license_of, require_page_mode
from training.options.run_folder import RunFolder, RunState, open_run
from training.speed.compiler import missing_compiler_requirements

_NUM_EXAMPLES = 64
"""Samples whose pages tell how much of the feature cache is filled already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrainingTask:
    """A requested training before anything large is loaded: its samples, its base and its folder."""

    config: TrainingConfig
    workspace: Workspace
    folder: RunFolder
    dataset: PageDatasetFolder
    training: PageDataset
    validation: PageDataset
    final: PageDataset
    """The samples that the finished model is evaluated on."""
    model_files: ModelFiles

    @classmethod
    def open(cls, config: TrainingConfig, workspace: Workspace, folder: RunFolder) -> "_TrainingTask":
        dataset = open_dataset(workspace, config.dataset)
        return cls(
            config=config,
            workspace=workspace,
            folder=folder,
            dataset=dataset,
            training=dataset.split("train"),
            validation=dataset.split("validation"),
            final=dataset.split(final_split(dataset)).first(config.num_test_samples),
            model_files=find_model(config.model, config.revision, workspace),
        )

    @property
    def max_num_pages(self) -> int:
        return max(max(split.num_pages()) for split in (self.training, self.validation, self.final))

    @property
    def shares(self) -> ActivityShares:
        return ActivityShares.of(self.config, len(self.training), len(self.validation), len(self.final))

    @property
    def token_layout(self) -> TokenLayout:
        config = self.config
        return token_layout_for(
            self.model_files, self.dataset.mode, config.prompt, config.max_length, config.reads
        )

    @property
    def dtype(self) -> torch.dtype:
        """The dtype that the model is loaded, computed and exported in."""
        return compute_dtype(self.config.bf16)

    def cached_pages(self) -> tuple[int, list[str]]:
        """Return the number of pages that the feature cache is for, and the keys of some of them."""
        num_pages = sum(self.training.num_pages()) + sum(self.validation.num_pages())
        indices = range(0, len(self.training), max(1, len(self.training) // _NUM_EXAMPLES))
        return num_pages, [page_key(page) for index in indices for page in self.training[index].pages]


def train(config: TrainingConfig, workspace: Workspace, progress: Progress) -> TrainingResult:
    """Fine-tune a model on a page dataset, or resume the same training where it was interrupted.

    Several processes share the work; the first one reports.

    Raises:
        DeepSynthError: the request cannot be carried out; mostly raised before the weights are loaded.
        Stopped: the listener asked to stop; a checkpoint of the last step is saved.
    """
    progress = join_processes(progress)
    torch.set_num_threads(min(torch.get_num_threads(), num_cores()))
    folder = RunFolder.of(config, workspace)
    arguments = build_training_arguments(config, folder.checkpoints)
    is_main = arguments.should_save  # of several processes one holds the folder for all
    require_other_output(config, workspace)
    with (
        hold_writer_lock(workspace, "model", config.output) if is_main else nullcontext(),
        hold_inputs(workspace, config.dataset, config.model),
    ):
        task = _TrainingTask.open(config, workspace, folder)
        progress.begin("Loading", 0.0, task.shares.loaded)
        _check_request(task, arguments, progress)
        task.dataset.warn_of_losses(progress)
        state = _open_run(task, arguments)
        if state.phase in ("training", "trained"):
            state = _train_and_export(task, state, arguments, progress)
        scoring = PartialProgress(progress, task.shares.exported, 1.0)
        return finish_run(config, folder, task.dataset, state, workspace, scoring, is_main)


def _open_run(task: _TrainingTask, arguments: TrainingArguments) -> RunState:
    dataset, base = task.dataset.fingerprint, task.model_files.fingerprint()
    with arguments.main_process_first(local=False):
        return open_run(task.config, task.folder, task.workspace, dataset, base, arguments.world_size)


def _train_and_export(
    task: _TrainingTask, state: RunState, arguments: TrainingArguments, progress: Progress
) -> RunState:
    if arguments.should_save and state.phase == "training":
        _require_disk_space(task, progress)
        if "wandb" in task.config.report_to:
            start_wandb(task.folder.path, state.run_name)
    _report_start(task, arguments, progress)
    start = initial_batch_config(task.config, state.fitting_batch_size, state.fitting_eval_batch_size)
    state = retry_with_smaller_batches(
        lambda attempted: _run_attempt(attempted, start, task, progress), start, progress
    )
    free_memory()
    return state


def _check_request(task: _TrainingTask, arguments: TrainingArguments, progress: Progress) -> None:
    """Refuse a training that cannot work, before weights are loaded or anything is written."""
    config = task.config
    require_summaries(task.training.summaries(), progress)
    require_page_mode(config.model, task.model_files.kind, task.dataset.mode)
    if config.reads != "pages":
        require_texts(task.dataset.folder.name, (task.training, task.validation, task.final))
    require_positions(task.token_layout, task.max_num_pages)
    if config.push_to_hub:  # refuse a missing token before hours of training
        resolve_repo_id(config.hub_model_id, config.output)
    if config.auto_batch_size and arguments.world_size > 1:
        raise InvalidInput(
            "auto_batch_size needs a single process: several processes cannot try out batch sizes together.",
            hint="Set per_device_train_batch_size and gradient_accumulation_steps instead.",
            fields={"auto_batch_size": "needs a single process"},
        )


def _require_disk_space(task: _TrainingTask, progress: Progress) -> None:
    """Refuse, before weights are loaded, a training whose files the disk cannot hold. Files that are there
    already are not counted."""
    empty, config = build_empty_model(task.model_files), task.config
    if config.cache_features:
        num_pages, keys = task.cached_pages()
        page_px = task.dataset.page_size_px
        cache = FeatureCache.find_fullest(task.workspace, empty, page_px, task.dtype, keys)
        cache.require_disk_space(num_pages, keys)
    counts = choose_trainable(empty, config.train, config.router, config.lora)
    most_bytes = checkpoints.require_disk_space(
        task.folder.checkpoints,
        counts.num_trainable_parameters,
        config.save_total_limit,
        counts.num_parameters * task.dtype.itemsize,
    )
    progress.message(f"Checkpoints and the finished model take up to {most_bytes / 1e9:.2f} GB of disk.")


def _report_start(task: _TrainingTask, arguments: TrainingArguments, progress: Progress) -> None:
    """Write the provenance file, report warnings and the memory estimate; no weights are loaded yet."""
    if arguments.should_save:
        _provenance(task).write(task.folder.path)
        summaries = task.training.summaries()
        warn_truncated_summaries(summaries, task.token_layout, progress)
        warn_unknown_characters(summaries, task.token_layout, progress)
        names, texts = task.training.document_ids(), task.training.texts()
        warn_cut_documents(names, texts, task.token_layout, progress)
    num_gpus = torch.cuda.device_count()
    if num_gpus > 1 and arguments.world_size == 1:
        progress.message(
            f"One process uses one of the {num_gpus} GPUs here; accelerate launch starts one for each "
            "(docs/several-gpus.md).",
            "warning",
        )
    if torch.cuda.is_available():
        _report_gpu(task, progress)


def _report_gpu(task: _TrainingTask, progress: Progress) -> None:
    kind = task.model_files.kind
    expected = estimate_training_memory(task.config, task.dataset.mode, task.max_num_pages, kind)
    free_gb = torch.cuda.mem_get_info()[0] / 1e9
    fits = expected.fits_in(free_gb)
    progress.message(describe_memory_fit(expected, free_gb), "info" if fits else "warning")
    if missing := missing_compiler_requirements():
        progress.message(
            f"Steps take up to 1.4 times as long as they need, since this is missing: {', '.join(missing)}.",
            "warning",
        )


def _run_attempt(
    config: TrainingConfig, start: TrainingConfig, task: _TrainingTask, progress: Progress
) -> RunState:
    """Train from the last checkpoint on with the batch sizes of `config`, and export. They are smaller than
    those of `start` after GPU memory ran out."""
    arguments = build_training_arguments(config, task.folder.checkpoints)
    state = task.folder.require_state()
    arguments.run_name = state.run_name
    if arguments.should_save:
        state = _record_attempt(config, start, task, state)
    setup = _set_up(config, task, arguments, progress)
    if state.phase == "training":
        progress.begin("Training", task.shares.loaded, task.shares.trained)
        state = run_training(setup, state, task.training, task.validation, progress)
    progress.begin("Exporting the model", task.shares.trained, task.shares.exported)
    return export_run(setup, state, task.workspace, progress)


def _record_attempt(
    config: TrainingConfig, start: TrainingConfig, task: _TrainingTask, state: RunState
) -> RunState:
    task.folder.write_config(config, task.dataset.fingerprint)
    if config is start:
        return state
    state = replace(
        state,
        fitting_batch_size=config.per_device_train_batch_size,
        fitting_eval_batch_size=config.per_device_eval_batch_size,
    )
    task.folder.write_state(state)
    return state


def _set_up(
    config: TrainingConfig, task: _TrainingTask, arguments: TrainingArguments, progress: Progress
) -> TrainingSetup:
    progress.message(f"Loading {config.model}.")
    loaded = load_from_files(task.model_files, task.dtype)
    set_seed(config.seed)  # adapters start from random numbers
    trainable = choose_trainable(loaded.model, config.train, config.router, config.lora)
    collator = Collator(task.token_layout, config.blank_pages)
    if config.cache_features:
        collator = replace(collator, feature_cache=_feature_cache(loaded, task, progress))
    return TrainingSetup(
        config=config,
        folder=task.folder,
        loaded=loaded,
        trainable=trainable,
        collator=collator,
        arguments=arguments,
    )


def _provenance(task: _TrainingTask) -> Provenance:
    start, model_files = task.model_files.provenance, task.model_files
    base = model_files.source if model_files.revision or model_files.source == BUILT_IN else None
    return Provenance(
        prompt=task.config.prompt,
        rendering=task.dataset.rendering,
        base_model=start.base_model if start else base,
        base_revision=start.base_revision if start else model_files.revision,
        licence=start.licence if start else license_of(base),
        max_num_pages=max(*task.training.num_pages(), start.max_num_pages or 1 if start else 1),
        max_length=task.config.max_length,
        no_repeat_ngram_size=task.config.no_repeat_ngram_size,
        no_repeat_ngram_window_size=task.config.no_repeat_ngram_window_size,
        reads=task.config.reads,
    )


def _feature_cache(loaded: LoadedModel, task: _TrainingTask, progress: Progress) -> FeatureCache:
    accept_features(loaded.model)
    cache = FeatureCache.open(task.workspace, loaded.model, task.dataset.page_size_px, task.dtype)
    num_pages, keys = task.cached_pages()
    cache.require_disk_space(num_pages, keys)  # again: only now the encoder, and so the folder, is known
    progress.message(
        f"The encoder's output for {num_pages:,} pages is kept in {cache.folder} (up to "
        f"{cache.size_bytes(num_pages) / 1e9:.2f} GB)."
    )
    return cache
