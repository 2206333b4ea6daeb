"""The benchmark datasets: their presets, and the jobs that make them."""

from typing import Any

from flask import Blueprint, Response, url_for

from data.config import DatasetConfig
from data.inspection.estimate import estimate_dataset
from data.presets import PRESETS, BenchmarkPreset, benchmark_config
from data.validation import parse_config
from web_ui.api.benchmark_schemas import BenchmarkPresetList, BenchmarkRequest
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.schemas import SubmitQuery
from web_ui.api.submission import job_operation, submit_job
from web_ui.views.assets import static_digest

benchmarks = Blueprint("benchmarks", __name__)


def dataset_from_benchmark(values: dict[str, Any]) -> DatasetConfig:
    """Build a dataset from a request. Values that are missing or null come from the preset."""
    request = parse_config(BenchmarkRequest, values)
    return benchmark_config(
        request.preset,
        request.model_dump(mode="json", exclude={"preset"}, exclude_unset=True, exclude_none=True),
    )


@endpoint(benchmarks, "GET", "/api/datasets/presets", Operation(answer=BenchmarkPresetList))
def list_dataset_presets() -> dict[str, Any]:
    """List the benchmark datasets."""
    return {"presets": [_answer(preset) for preset in PRESETS.values()]}


@endpoint(
    benchmarks, "POST", "/api/benchmark/create", job_operation(BenchmarkRequest, dataset_from_benchmark)
)
def create_benchmark(body: DatasetConfig, query: SubmitQuery) -> Response:
    """Queue the making of a benchmark dataset."""
    return submit_job("dataset", body, query.ids)


def _answer(preset: BenchmarkPreset) -> dict[str, Any]:
    config = benchmark_config(preset.name, {})
    estimate = estimate_dataset(
        sum(preset.num_documents.values()), preset.mean_document_words, config.rendering.mode
    )
    return {
        "name": preset.name,
        "title": preset.title,
        "picture": url_for("assets.get_asset", digest=static_digest(), name=f"pictures/{preset.name}.png"),
        "description": preset.description,
        "source": f"{preset.source.id} on the Hugging Face Hub. {preset.source_note}".strip(),
        "licence": preset.license,
        "licence_allows": preset.license_allows,
        "warning": preset.license_note or None,
        "splits": preset.num_documents,
        "mean_document_words": preset.mean_document_words,
        "config": config.model_dump(mode="json"),
        "estimate": estimate,
    }
