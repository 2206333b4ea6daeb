"""The web application: web pages and API of one workspace. Served by `gunicorn 'web_ui.app:create_app()'`."""

from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from pydantic import BaseModel

from data.store.workspace import Workspace
from web_ui.api.service import EXTENSION, Service
from web_ui.jobs.store import JobStore
from web_ui.server import security
from web_ui.server.request_log import log_requests
from web_ui.settings import Settings, check_exposure
from web_ui.views.artifacts import artifacts
from web_ui.views.assets import assets
from web_ui.views.benchmarks import benchmarks
from web_ui.views.chat import chat
from web_ui.views.datasets import datasets
from web_ui.views.demo import demo
from web_ui.views.errors import register_error_handlers
from web_ui.views.experiments import experiments
from web_ui.views.health import health
from web_ui.views.jobs import jobs
from web_ui.views.login import login
from web_ui.views.metrics import metrics
from web_ui.views.models import models
from web_ui.views.pages import pages
from web_ui.views.previews import previews
from web_ui.views.samples import samples
from web_ui.views.sources import sources
from web_ui.views.stored import stored
from web_ui.views.studies import studies
from web_ui.views.system import system
from web_ui.views.training import training

BLUEPRINTS = (
    pages,
    assets,
    login,
    health,
    system,
    benchmarks,
    demo,
    datasets,
    previews,
    sources,
    models,
    training,
    chat,
    jobs,
    experiments,
    studies,
    artifacts,
    metrics,
    samples,
    stored,
)
MAX_JSON_BYTES = 1 << 20


class JsonProvider(DefaultJSONProvider):
    """JSON answers: pydantic models become objects, with their fields in the order of the model."""

    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:
        is_model = isinstance(value, BaseModel)
        return value.model_dump(mode="json") if is_model else DefaultJSONProvider.default(value)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Args:
        settings: None: read from the environment.

    Raises:
        InvalidInput: a setting is wrong, or other machines could reach the service without a token.
        StorageError: the workspace cannot be created.
    """
    settings = settings or Settings.from_environment()
    check_exposure(settings)
    workspace = Workspace.create(settings.workspace)
    app = Flask(__name__, static_folder=None)
    app.json = JsonProvider(app)
    # Jinja would sort keys, and charts are drawn in their order.
    app.jinja_env.policies["json.dumps_kwargs"] = {}
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_JSON_BYTES
    app.extensions[EXTENSION] = Service(settings=settings, workspace=workspace, jobs=JobStore(workspace))
    log_requests(app)
    security.guard(app, settings)
    register_error_handlers(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
