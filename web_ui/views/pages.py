"""The four tabs: one HTML page at a real address each, drawn from `index.html`; everything on it comes from the API."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from web_ui.service import current_service

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> Response:
    """Lead to the first tab."""
    return redirect(url_for("pages.benchmarks"))


@pages.get("/benchmarks")
def benchmarks() -> str:
    return _tab("benchmarks")


@pages.get("/custom")
def custom() -> str:
    return _tab("custom")


@pages.get("/train")
def train() -> str:
    return _tab("train")


@pages.get("/jobs")
def jobs() -> str:
    return _tab("jobs")


@pages.get("/jobs/<job_id>")
def job(job_id: str) -> str:
    return _tab("jobs", job_id)


def _tab(active_tab: str, job_id: str | None = None) -> str:
    service = current_service()
    return render_template(
        "index.html",
        active_tab=active_tab,
        job_id=job_id,
        role=service.settings.role,
        version=service.version,
        has_login=service.settings.api_token is not None,
    )
