"""The four tabs: one HTML page at a real address each, drawn from `index.html`; everything on it comes from the API."""

import posixpath
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from web_ui.service import current_service

STATIC = Path(__file__).parents[1] / "static"
IMPORT = re.compile(r'^import .*from "(\..*)";$', re.MULTILINE)

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
    partial = "job" if job_id else active_tab
    return render_template(
        "index.html",
        active_tab=active_tab,
        partial=partial,
        modules=_modules("js/frame.js", f"js/{partial}.js"),
        job_id=job_id,
        role=service.settings.role,
        version=service.version,
        has_login=service.settings.api_token is not None,
    )


@cache
def _modules(*first: str) -> tuple[str, ...]:
    """Name the modules that a page needs, so that a browser asks for all at once instead of for one after the other's imports."""
    found = dict.fromkeys(first)
    for module in (waiting := list(found)):
        for name in IMPORT.findall((STATIC / module).read_text("utf-8")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(module), name))
            if path not in found:
                found[path] = None
                waiting.append(path)
    return tuple(found)
