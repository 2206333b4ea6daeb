"""The first screen, the four tabs, the playground, and below the tabs the pages of experiments, of a
comparison, of a job and of samples: one HTML page each, made from `index.html`, which the browser modules
fill from the API."""

from dataclasses import asdict
from typing import Any, get_args

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from data.errors import NotFound
from data.page_modes import MODES
from evaluation.measures.registry import MEASURES
from evaluation.samples.store import Collection
from evaluation.training_metrics import METRICS
from web_ui.api.service import current_service
from web_ui.jobs.job import now
from web_ui.jobs.stages import STAGES
from web_ui.views.assets import imported_modules
from web_ui.views.start import example_document, is_empty_workspace, start_values

THEME_COOKIE = "deepsynth_theme"
PRELOADED_PATHS = {
    "benchmarks": ("system", "forms/dataset", "datasets/presets"),
    "custom": ("system", "forms/dataset"),
    "jobs": ("system", "jobs"),
    "experiments": ("system", "experiments"),
    "train": ("system", "forms/training", "training/presets", "datasets", "models"),
}
"""Tab, or page below it -> the API paths that its script requests first. The head of the page names them, so
that the browser loads them together with the modules."""

pages = Blueprint("pages", __name__)


@pages.app_context_processor
def theme() -> dict[str, str | None]:
    """Give templates the theme chosen with the switch; None: the theme of the system. The page is rendered
    with it, so that the wrong theme is never shown."""
    chosen = request.cookies.get(THEME_COOKIE)
    return {"theme": chosen if chosen in ("light", "dark") else None}


@pages.after_request
def allow_page_cache(response: Response) -> Response:
    """Let the browser restore a page from its history cache. Not with a login: after a logout the page must
    not come back."""
    if current_service().settings.api_token is None:
        response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/")
def home() -> Response:
    """Redirect to the first screen if the workspace holds nothing yet, else to the first tab."""
    is_empty = is_empty_workspace(current_service().workspace)
    return redirect(url_for("pages.start" if is_empty else "pages.benchmarks"))


@pages.get("/start")
def start() -> str:
    return _render_tab("start", **start_values())


@pages.get("/benchmarks")
def benchmarks() -> str:
    return _render_tab("benchmarks")


@pages.get("/custom")
def custom() -> str:
    return _render_tab("custom")


@pages.get("/train")
def train() -> str:
    return _render_tab("train")


@pages.get("/jobs")
def jobs() -> str:
    return _render_tab("jobs")


@pages.get("/playground")
def playground() -> str:
    return _render_tab("playground", example=example_document().text)


@pages.get("/jobs/experiments")
def experiments() -> str:
    return _render_tab("jobs", "experiments", page_title="Experiments")


@pages.get("/jobs/studies")
def studies() -> str:
    return _render_tab("jobs", "studies", page_title="Studies")


@pages.get("/jobs/studies/<name>")
def study(name: str) -> str:
    return _render_tab("jobs", "study", name=name, page_title=f"Study {name}")


@pages.get("/jobs/compare")
def compare() -> str:
    return _render_tab("jobs", "compare", page_title="Comparison")


@pages.get("/jobs/<job_id>")
def job(job_id: str) -> str:
    return _render_tab("jobs", "job", job_id=job_id)


@pages.get("/samples/<collection>/<name>")
def samples(collection: str, name: str) -> str:
    if collection not in get_args(Collection):
        raise NotFound(
            f"There are no samples of {collection!r}.", hint=f"Use {', '.join(get_args(Collection))}."
        )
    return _render_tab("jobs", "samples", collection=collection, name=name)


@pages.get("/datasets/<name>")
def dataset(name: str) -> str:
    return _render_tab("jobs", "stored-page", stored_collection="datasets", name=name, page_title=name)


@pages.get("/models/<path:name>")
def model(name: str) -> str:
    """Show a training, or a base model under its id on the Hub."""
    return _render_tab("jobs", "stored-page", stored_collection="models", name=name, page_title=name)


def render_missing(message: str) -> str:
    """Render the page for an address that leads nowhere."""
    return _render_tab("missing", message=message)


def _render_tab(active_tab: str, partial: str | None = None, **values: Any) -> str:
    """Render a tab, or the partial of a page below it, which gets the values."""
    service, partial = current_service(), partial or active_tab
    return render_template(
        "index.html",
        active_tab=active_tab,
        partial=partial,
        modules=imported_modules("js/frame.js", *([] if partial == "missing" else [f"js/{partial}.js"])),
        first_asked=() if request.query_string else PRELOADED_PATHS.get(partial, ()),
        **values,
        role=service.settings.role,
        stages=STAGES,
        kind_labels={kind: stage.label for kind, stage in STAGES.items()},
        page_sizes={name: mode.size_px for name, mode in MODES.items()},
        metrics={key: asdict(metric) for key, metric in METRICS.items()},
        measures={key: asdict(measure) for key, measure in MEASURES.items()},
        version=service.version,
        opened=now(),
        has_login=service.settings.api_token is not None,
    )
