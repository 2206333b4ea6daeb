"""Checks before every view: client address, Host, Origin, token, rate.

Every web page that the user visits can send requests to a service on loopback. Therefore the Host allow-list
(against DNS rebinding) and the Origin check (against cross-site requests) apply even without a token.
"""

import hashlib
import hmac
import re

from flask import Flask, Response, redirect, request, url_for
from werkzeug.exceptions import Forbidden, MisdirectedRequest, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response as WerkzeugResponse

from web_ui.server.rate import RateLimit
from web_ui.settings import Settings, is_loopback

CHANGING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ANY_ADDRESS = {"0.0.0.0", "[::]"}  # noqa: S104  (a service listens there, but clients use another name)
PORT = re.compile(r":\d+$")
HTTP_PORT = 80
SESSION_COOKIE = "deepsynth_session"
SESSION_DAYS = 30
OPEN_ENDPOINTS = frozenset(
    {
        "health.get_health",
        "login.show_login",
        "login.log_in",
        "login.log_out",
        "assets.get_asset",
        "assets.get_style",
    }
)
ASKING_ENDPOINTS = frozenset({"chat.create_chat_completion"})
"""They change nothing, and have a limit of their own."""
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri "
    "'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def guard(app: Flask, settings: Settings) -> None:
    """Add the checks to every request of `app`, and the protective headers to every answer.

    Requests with the token have their own limit, so that strangers behind the same proxy cannot use it up.
    Requests without it are counted as guesses; the length of the token makes guessing hopeless.
    """
    changes, guesses = (RateLimit(settings.max_changes_per_minute) for _ in range(2))
    hosts = allowed_hosts(settings)

    @app.before_request
    def check() -> WerkzeugResponse | None:
        _check_host(hosts)
        _check_client(settings)
        if request.method in CHANGING_METHODS:
            refuse_cross_site()
        if is_authenticated(settings) or _is_login(settings):
            if request.method in CHANGING_METHODS and request.endpoint not in ASKING_ENDPOINTS:
                _check_rate(changes, "changing requests")
        elif request.method in CHANGING_METHODS or _has_credentials():
            _check_rate(guesses, "requests without the right token")
        return _check_token(settings)

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the accepted values of the Host header, in lower case.

    A name without a port is accepted with the service's port, and alone (a reverse proxy on port 80 or 443).
    Browsers omit port 80.
    """
    own_name = (
        f"[{settings.host.lower()}]"
        if ":" in settings.host and "[" not in settings.host
        else settings.host.lower()
    )
    names = {"localhost", "127.0.0.1", "[::1]"} | ({own_name} - ANY_ADDRESS)
    own = [f"{name}:{settings.port}" for name in names] + (list(names) if settings.port == HTTP_PORT else [])
    extra = settings.allowed_names
    with_port = [name for name in extra if PORT.search(name)]
    bare = [name for name in extra if name not in with_port]
    return frozenset([*own, *with_port, *bare, *(f"{name}:{settings.port}" for name in bare)])


def session_cookie(settings: Settings) -> str:
    """Return the value of the login cookie: an HMAC keyed with the token, which does not reveal it."""
    token = settings.api_token.get_secret_value() if settings.api_token else ""
    return hmac.new(token.encode(), b"deepsynth session", hashlib.sha256).hexdigest()


def is_valid_token(settings: Settings, text: str) -> bool:
    """Compare `text` with the token in constant time."""
    token = settings.api_token
    return token is not None and hmac.compare_digest(text.encode(), token.get_secret_value().encode())


def is_authenticated(settings: Settings) -> bool:
    """Say whether the current request has the token (Bearer or login cookie), or no token is set."""
    if settings.api_token is None:
        return True
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_valid_token(settings, credentials.strip()):
        return True
    cookie = request.cookies.get(SESSION_COOKIE, "")
    return hmac.compare_digest(cookie.encode(), session_cookie(settings).encode())


def _check_host(hosts: frozenset[str]) -> None:
    if request.headers.get("Host", "").lower() not in hosts:
        raise MisdirectedRequest("This service does not answer to that Host name.")


def _check_client(settings: Settings) -> None:
    """Refuse remote clients if the server listens publicly without a token, against the settings."""
    if (
        settings.api_token is None
        and not settings.published_on_loopback
        and not is_loopback(request.remote_addr or "localhost")
    ):
        raise Forbidden("Requests from other machines need DEEPSYNTH_API_TOKEN to be set.")


def refuse_cross_site() -> None:
    """Refuse a request from a page of another web site."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in {
        f"{scheme}://{request.host.lower()}" for scheme in ("http", "https")
    }:
        raise Forbidden("Requests from other web sites are refused.")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Forbidden("Requests from other web sites are refused.")


def wants_page() -> bool:
    """Say whether the request is that of a browser for a page, and not one for the API."""
    prefers_html = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    return request.method == "GET" and prefers_html and not request.path.startswith("/api/")


def _is_login(settings: Settings) -> bool:
    return request.endpoint == "login.log_in" and is_valid_token(
        settings, request.form.get("token", "").strip()
    )


def _has_credentials() -> bool:
    return "Authorization" in request.headers or SESSION_COOKIE in request.cookies


def _check_rate(rate: RateLimit, requests: str) -> None:
    wait_s = rate.count_request(request.remote_addr or "")
    if wait_s > 0:
        raise TooManyRequests(
            f"More than {rate.per_minute} {requests} per minute.", retry_after=int(wait_s) + 1
        )


def _check_token(settings: Settings) -> WerkzeugResponse | None:
    if request.endpoint in OPEN_ENDPOINTS or is_authenticated(settings):
        return None
    if request.blueprint == "pages" or wants_page():
        return redirect(
            url_for("login.show_login", next=request.script_root + request.full_path.removesuffix("?"))
        )
    raise Unauthorized("This service needs its token.")
