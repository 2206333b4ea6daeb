"""Style sheets, modules and images. Their address contains a digest over all of them, so that a browser
caches each file until any file changes."""

import posixpath
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, send_from_directory, url_for
from werkzeug.wrappers import Response

STATIC = Path(__file__).parents[1] / "static"
STYLES = (
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/tabs.css",
    "css/verdict.css",
    "css/measures.css",
    "css/start.css",
    "css/experiments.css",
    "css/playground.css",
    "vendor/uplot/uPlot.min.css",
)
IMPORT_PATTERN = re.compile(r'^import [^"]*from "(\.[^"]+)";$', re.MULTILINE)
YEAR_S = 365 * 24 * 3600

assets = Blueprint("assets", __name__)


@assets.get("/static/<digest>/<path:name>")
def get_asset(digest: str, name: str) -> Response:
    """Serve one file. A page opened before an update asks with the old digest; it gets the new file, which
    the browser does not cache."""
    return send_from_directory(STATIC, name, max_age=_max_age_s(digest))


@assets.get("/static/<digest>/style.css")
def get_style(digest: str) -> Response:
    """Serve all style sheets as one file."""
    response = Response("\n".join((STATIC / name).read_text("utf-8") for name in STYLES), mimetype="text/css")
    response.cache_control.public, response.cache_control.max_age = True, _max_age_s(digest)
    return response


@assets.app_context_processor
def asset_urls() -> dict[str, object]:
    """Give templates `asset(name)` and `style()`: the address of a file and of the style sheet."""
    return {
        "asset": lambda name: url_for("assets.get_asset", digest=static_digest(), name=name),
        "style": lambda: url_for("assets.get_style", digest=static_digest()),
    }


@cache
def static_digest() -> str:
    """Return one digest over all static files."""
    files = sorted(path for path in STATIC.rglob("*") if path.is_file())
    return sha256(
        b"".join(sha256(str(path).encode() + path.read_bytes()).digest() for path in files)
    ).hexdigest()[:12]


@cache
def imported_modules(*first: str) -> tuple[str, ...]:
    """Return the modules that a page imports, directly or not: the page names all of them, so that the
    browser loads them at the same time."""
    found = dict.fromkeys(first)
    for module in (waiting := list(found)):
        for name in IMPORT_PATTERN.findall((STATIC / module).read_text("utf-8")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(module), name))
            if path not in found:
                found[path] = None
                waiting.append(path)
    return tuple(found)


def _max_age_s(digest: str) -> int:
    return YEAR_S if digest == static_digest() else 0
