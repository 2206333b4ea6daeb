"""Log in to a service that needs a token. The form is plain HTML, so this one address takes a form instead of JSON."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web_ui import security
from web_ui.service import current_service

login = Blueprint("login", __name__)


@login.get("/login")
def show_login() -> str:
    return render_template("login.html", is_wrong=False)


@login.post("/login")
def log_in() -> Response:
    """Exchange the token for a cookie that scripts cannot read and other sites cannot send."""
    settings = current_service().settings
    if not security.is_token(settings, request.form.get("token", "").strip()):
        return make_response(render_template("login.html", is_wrong=True), 401)
    response = redirect(url_for("pages.home"))
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
