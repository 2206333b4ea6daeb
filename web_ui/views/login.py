"""Login with the token of the service. The page is plain HTML and sends a form, not JSON."""

import re

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web_ui.api.service import current_service
from web_ui.server import security

login = Blueprint("login", __name__)


LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
"""A path on this service. Browsers read `//host` and `/\\host` as another site, and ignore control
characters."""


@login.get("/login")
def show_login() -> str:
    return render_template("login.html", is_wrong=False, next=request.args.get("next", ""))


@login.post("/login")
def log_in() -> Response:
    """Check the token and set a session cookie that scripts cannot read and other sites cannot send."""
    settings, wanted = current_service().settings, request.form.get("next", "")
    if not security.is_valid_token(settings, request.form.get("token", "").strip()):
        return make_response(render_template("login.html", is_wrong=True, next=wanted), 401)
    response = redirect(wanted if LOCAL_PATH.fullmatch(wanted) else url_for("pages.home"))
    response.set_cookie(
        security.SESSION_COOKIE,
        security.session_cookie(settings),
        max_age=security.SESSION_DAYS * 24 * 3600,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
    )
    return response


@login.post("/logout")
def log_out() -> Response:
    response = redirect(url_for("login.show_login"))
    response.delete_cookie(security.SESSION_COOKIE, httponly=True, samesite="Strict")
    return response
