"""Repeats calls of the Hugging Face Hub that fail with a temporary error. Reports each wait; a stop request
ends the wait."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from data.backoff import Backoff
from data.errors import Stopped
from data.progress import Progress

Result = TypeVar("Result")
# 412: another client committed meanwhile. The Hub's client does not repeat a failed commit itself.
RETRYABLE_STATUS: Final = frozenset({408, 409, 412, 425, 429, 500, 502, 503, 504})
# TimeoutError and ConnectionError, not their base OSError: a full disk is an OSError too, and is not
# temporary.
RETRYABLE_ERRORS: Final = (httpx2.TransportError, ConnectionError, TimeoutError)
# Without a time limit, a connection without answer would block a job forever; the answer to a large commit
# may take minutes.
TIMEOUT: Final = httpx2.Timeout(connect=15, read=300, write=300, pool=20)
# draft-ietf-httpapi-ratelimit-headers: r=0, no request is left; t: seconds until the limit is reset.
RATE_LIMIT_EXHAUSTED: Final = re.compile(r";\s*r=0\s*;\s*t=(\d+)")
MAX_WAIT_S: Final = 3900.0  # a little more than the hour for which the Hub counts commits


def call_with_retries(
    what: str,
    call: Callable[[], Result],
    listener: Progress,
    backoff: Backoff | None = None,
    retryable: tuple[type[Exception], ...] = RETRYABLE_ERRORS,
    unreachable_attempts: int | None = None,
) -> Result:
    """Call a function of the Hub's client, and repeat the call while its error is temporary.

    Args:
        what: name of the call, for the log.
        listener: gets a message for each wait, and can stop it.
        backoff: None: the default.
        retryable: errors that are temporary, in addition to the HTTP statuses above.
        unreachable_attempts: attempts while there is no connection to the Hub; None: those of `backoff`.

    Raises:
        Stopped: the listener requested a stop during a wait.
        Exception: the call's error, if it is not temporary or after the last attempt.
    """
    backoff = backoff or Backoff()
    faults: tuple[type[Exception], ...] = (HfHubHTTPError, *retryable)
    is_said = False
    for attempt in range(1, backoff.num_attempts + 1):
        get_session().timeout = TIMEOUT
        try:
            return call()
        except faults as error:
            is_short = unreachable_attempts is not None and is_unreachable(error)
            num_attempts = unreachable_attempts if is_short else backoff.num_attempts
            if not _is_retryable(error) or attempt == num_attempts:
                raise
            wait_s, fault = _wait_s(error, backoff, attempt), error
        trying = f"trying again in {wait_s:.0f} s (attempt {attempt + 1} of {num_attempts})."
        if not is_unreachable(fault):
            listener.message(f"Hub: {what} failed ({describe_error(fault)}); {trying}", "warning")
        else:  # the same fault is said once, however long it lasts
            if not is_said:
                listener.message(f"{describe_error(fault)}.", "warning")
            listener.message(trying.capitalize())
            is_said = True
        _sleep_unless_stopped(wait_s, listener)
    raise AssertionError("the last attempt returns or raises")


def _wait_s(error: Exception, backoff: Backoff, attempt: int) -> float:
    asked_s = _retry_after_s(error)
    return min(backoff.wait_s(attempt) if asked_s is None else asked_s, MAX_WAIT_S)


def http_status(error: BaseException | None) -> int:
    """Return the HTTP status of the server's answer; 0 without an answer."""
    return error.response.status_code if isinstance(error, HfHubHTTPError) else 0


def is_unreachable(error: BaseException) -> bool:
    """Return whether there was no connection to the Hub at all."""
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)


def describe_error(error: Exception) -> str:
    """Return an error as one line of at most 300 characters, without the token."""
    if is_unreachable(error):
        return f"{urlsplit(constants.ENDPOINT).hostname} cannot be reached"
    if isinstance(error, HfHubHTTPError):
        text = f"HTTP {http_status(error)}: {error.server_message or error.response.reason_phrase}"
    else:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    text = " ".join(text.split())[:300].rstrip(".")
    token = get_token()
    return text.replace(token, "***") if token else text


def _is_retryable(error: Exception) -> bool:
    if isinstance(error, HfHubHTTPError):
        return http_status(error) in RETRYABLE_STATUS
    return not isinstance(error, OfflineModeIsEnabled)


def _retry_after_s(error: Exception) -> float | None:
    """Return the wait in seconds that the Hub asks for, from RateLimit, or from Retry-After, which holds
    seconds or a date (RFC 9110, 10.2.3); None if it asks for none."""
    if not isinstance(error, HfHubHTTPError):
        return None
    exhausted = RATE_LIMIT_EXHAUSTED.search(error.response.headers.get("RateLimit", ""))
    after = exhausted[1] if exhausted else error.response.headers.get("Retry-After", "")
    if re.fullmatch(r"\d+(\.\d+)?", after):
        return float(after)
    try:
        until = parsedate_to_datetime(after)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _sleep_unless_stopped(seconds: float, listener: Progress) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if listener.should_stop():
            raise Stopped
        time.sleep(min(left, 0.2))
