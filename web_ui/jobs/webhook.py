"""The webhook: one POST of JSON to an address of the operator for each job that ended."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from importlib.metadata import version
from typing import Any, Final

from web_ui.jobs.job import Job
from web_ui.jobs.redaction import redact_json
from web_ui.jobs.stages import RESULT_PATHS

EVENT: Final = "job.ended"
SIGNATURE_HEADER: Final = "X-DeepSynth-Signature-256"
DELIVERY_HEADER: Final = "X-DeepSynth-Delivery"
TIMEOUT_S = 10.0
RETRYABLE_STATUS: Final = frozenset({408, 425, 429})
"""Besides every status of 500 and more."""
MAX_TEXT_CHARACTERS = 500
MAX_SCORE_ROWS = 10


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where endings are told."""

    url: str = field(repr=False)
    """http or https. Services keep secrets in such addresses, so it is never shown."""
    secret: str | None = field(default=None, repr=False)
    """Key of the signature. None: requests are not signed."""
    public_url: str | None = None
    """Address of the service as users open it. None: the message has no link."""


class Undelivered(Exception):
    """The receiver did not accept a message. `is_temporary`: a later attempt may succeed."""

    def __init__(self, reason: str, is_temporary: bool) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary


def post_ending(webhook: Webhook, job: Job) -> None:
    """Tell the receiver that a job has ended. Redirects are not followed: they could lead to other machines.

    Raises:
        Undelivered: no answer in time, or an answer without a status of 200 to 299.
    """
    body = json.dumps(ending_message(job, webhook.public_url)).encode()
    headers = _headers(webhook, job, body)
    request = urllib.request.Request(webhook.url, body, headers, method="POST")  # noqa: S310 (http or https)
    try:
        urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        error.close()
        is_temporary = error.code in RETRYABLE_STATUS or error.code >= 500
        raise Undelivered(f"the receiver answered HTTP {error.code}", is_temporary) from None
    except urllib.error.URLError as error:
        raise Undelivered(f"no connection: {error.reason}", is_temporary=True) from None
    except (OSError, HTTPException, UnicodeError) as error:
        # without its text, which may hold the address
        raise Undelivered(f"no answer: {type(error).__name__}", is_temporary=True) from None


def ending_message(job: Job, public_url: str | None) -> dict[str, Any]:
    """Return what is told of a job, without tokens: who it is, how it ended, a small summary, a link."""
    # first the tokens, since a cut one would no longer be recognised
    title, result, error = redact_json([job.title, job.result, job.error])
    return {
        "event": EVENT,
        "id": job.id,
        "kind": job.kind,
        "title": title[:MAX_TEXT_CHARACTERS],
        "state": job.state,
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
        "result": summarize_result(result) if result else None,
        "error": _summarize_error(error) if error else None,
        "url": f"{public_url.rstrip('/')}/jobs/{job.id}" if public_url else None,
    }


def summarize_result(result: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers and short texts of a result, and the rows of its score table as `scores`."""
    summary = {
        name: value
        for name, value in result.items()
        if name not in RESULT_PATHS
        and (isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 200))
    }
    table = result.get("table")
    return summary | ({"scores": table[:MAX_SCORE_ROWS]} if isinstance(table, list) else {})


def signature_of(body: bytes, secret: str) -> str:
    """Return the value of SIGNATURE_HEADER: HMAC-SHA256 of the body, as GitHub signs its webhooks."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _summarize_error(error: dict[str, Any]) -> dict[str, Any]:
    return {name: str(error.get(name, ""))[:MAX_TEXT_CHARACTERS] for name in ("code", "message")}


def _headers(webhook: Webhook, job: Job, body: bytes) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"DeepSynth/{version('deepsynth')}",
        DELIVERY_HEADER: hashlib.sha256(f"{job.id} {job.ended}".encode()).hexdigest()[:32],
    }
    return headers | ({SIGNATURE_HEADER: signature_of(body, webhook.secret)} if webhook.secret else {})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect as it is: an answer that is no success."""

    def redirect_request(self, *_: Any) -> None:
        return None
