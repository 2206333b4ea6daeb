"""The training stage: page dataset -> fine-tuned model, measured while it trains and scored at the end."""

from dataclasses import dataclass, replace

import torch
from transformers import TrainingArguments

from data.cores import num_cores
from data.hub import repository_name
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from training.arguments import training_arguments
from training.collate import Collator
from training.config import TrainingConfig
from training.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.features import FeatureCache, accept_features
from training.finish import TrainingResult, export_run, final_split, finish_run
from training.fitting import Fitting, fit
from training.memory import estimate, fit_sentence
from training.model import PAGE_MODES, LoadedModel, load_model
from training.out_of_memory import free_memory, run_until_it_fits
from training.provenance import Provenance, licence_of
from training.reader import encoder_for, require_mode, require_positions, wrong_mode
from training.run_folder import RunFolder, RunState, open_run
from training.targets import require_summaries, say_what_is_cut
from training.trainable import choose_trainable


@dataclass(frozen=True, slots=True)
class _Task:
    """A training as asked for: its samples and where it writes, before anything large is loaded."""

    config: TrainingConfig
    workspace: Workspace
    dataset: PageDatasetFolder
    training: PageDataset
    validation: PageDataset
    final: PageDataset
    """What the finished model is scored on."""
    folder: RunFolder

    @property
    def most_pages(self) -> int:
        return max(max(split.num_pages()) for split in (self.training, self.validation, self.final))


def train(config: TrainingConfig, workspace: Workspace, progress: Progress) -> TrainingResult:
    """Fine-tune a model on a page dataset, or go on with the same training where it was interrupted.

    Raises:
        DeepSynthError: the request cannot be carried out; what can be known without the weights is said before they are loaded.
        Stopped: the listener asked to stop; a checkpoint of the last step is saved.
    """
    dataset = open_dataset(workspace, config.dataset)
    training, validation, final = (dataset.split(name) for name in ("train", "validation", final_split(dataset)))
    if config.push_to_hub:
        repository_name(config.hub_model_id, config.output)  # refuses a missing token before hours of training
    torch.set_num_threads(min(torch.get_num_threads(), num_cores()))
    folder = RunFolder(workspace.model(config.output))
    arguments = training_arguments(config, folder.checkpoints)
    if not arguments.should_save:
        progress = Silent()  # one process of several speaks for all
    require_summaries(training.summaries(), progress)
    with arguments.main_process_first():
        open_run(config, dataset.fingerprint, workspace)
    state = folder.require_state()
    if state.phase in ("training", "trained"):
        task = _Task(config, workspace, dataset, training, validation, final.first(config.num_test_samples), folder)
        _say_what_fits(task, progress)
        state = run_until_it_fits(lambda attempted: _attempt(attempted, task, progress), config, progress)
        free_memory()
    return finish_run(config, dataset, state, arguments.should_save, workspace, progress)


def _attempt(config: TrainingConfig, task: _Task, progress: Progress) -> RunState:
    """Train from the last checkpoint on with the batch sizes of `config`, which may be smaller than those asked for, and export."""
    arguments = training_arguments(config, task.folder.checkpoints)
    loaded = _load(config, task.dataset, arguments, task.workspace, progress)
    collator = Collator(encoder_for(loaded, task.dataset.mode, config.prompt, config.max_length), config.blank_pages)
    require_positions(loaded.model, collator.encoder, task.most_pages, "dataset")
    if arguments.should_save:
        _provenance(config, task.dataset, loaded).write(task.folder.path)
        say_what_is_cut(task.training.summaries(), collator.encoder, progress)
    chosen = choose_trainable(loaded.model, config.train)
    if config.cache_features:
        collator = replace(collator, features=_feature_cache(loaded, task, arguments, progress))
    fitting = Fitting(config, task.folder, loaded, chosen, collator, arguments)
    state = task.folder.require_state()
    if state.phase == "training":
        state = fit(fitting, state, task.training, task.validation, progress)
    return export_run(fitting, state, task.workspace, progress)


def _provenance(config: TrainingConfig, dataset: PageDatasetFolder, loaded: LoadedModel) -> Provenance:
    start = loaded.provenance
    base = loaded.source if loaded.revision or loaded.source == "tiny" else None
    return Provenance(
        prompt=config.prompt,
        rendering=dataset.rendering,
        base_model=start.base_model if start else base,
        base_revision=start.base_revision if start else loaded.revision,
        licence=start.licence if start else licence_of(base),
    )


def _feature_cache(loaded: LoadedModel, task: _Task, arguments: TrainingArguments, progress: Progress) -> FeatureCache:
    accept_features(loaded.model)
    dtype = torch.bfloat16 if arguments.bf16 else torch.float32
    cache = FeatureCache.open(task.workspace, loaded.model, task.dataset.page_size_px, dtype)
    num_pages = sum(task.training.num_pages()) + sum(task.validation.num_pages())
    cache.require_room(num_pages)
    progress.message(
        f"The encoder's output for {num_pages:,} pages is kept in {cache.folder} (up to {cache.size_bytes(num_pages) / 1e9:.2f} GB)."
    )
    return cache


def _say_what_fits(task: _Task, progress: Progress) -> None:
    if torch.cuda.is_available():
        expected = estimate(task.config, task.dataset.mode, task.most_pages)
        memory_gb = torch.cuda.get_device_properties(0).total_memory / 1e9
        progress.message(fit_sentence(expected, memory_gb), "info" if expected.fits(memory_gb) else "warning")


def _load(
    config: TrainingConfig, dataset: PageDatasetFolder, arguments: TrainingArguments, workspace: Workspace, progress: Progress
) -> LoadedModel:
    if config.model == "tiny" and dataset.mode not in PAGE_MODES["tiny"]:
        raise wrong_mode(config.model, PAGE_MODES["tiny"], dataset.mode)
    progress.message(f"Loading {config.model}.")
    loaded = load_model(config.model, config.revision, workspace, torch.bfloat16 if arguments.bf16 else torch.float32)
    require_mode(loaded, dataset.mode)
    return loaded
