"""OpenAI's chat completions, answered by the warm models of the workspace."""

from contextlib import ExitStack
from datetime import datetime
from itertools import chain
from threading import BoundedSemaphore
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import TooManyRequests

from training.options.warm_protocol import MAX_REQUEST_BYTES
from web_ui.api.chat_answers import ChatAnswer, ChatCompletion, ServedModels
from web_ui.api.chat_schemas import ChatRequest
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.catalog.models import usable_models
from web_ui.catalog.warm_models import WarmModel, ask, find_warm_model, warm_models
from web_ui.server.clients import client_watch
from web_ui.server.serve import MAX_CHATS

RETRY_S: Final = 2
chat = Blueprint("chat", __name__)
_PLACES: Final = BoundedSemaphore(MAX_CHATS)


@chat.before_request
def allow_pages() -> None:
    """Allow the pages of a document in the body; other requests are small."""
    request.max_content_length = MAX_REQUEST_BYTES


@endpoint(chat, "GET", "/v1/models", Operation(answer=ServedModels))
def list_served_models() -> dict[str, Any]:
    """List the models of the workspace, in OpenAI's shape, and which of them are warm."""
    service = current_service()
    warm = {model.name: model for model in warm_models(service.workspace, service.jobs)}
    names = dict.fromkeys([*usable_models(service.workspace), *warm])
    return {"object": "list", "data": [_served(name, warm.get(name)) for name in names]}


@endpoint(
    chat,
    "POST",
    "/v1/chat/completions",
    Operation(body=ChatRequest, answer=ChatCompletion, errors=(429, 503)),
)
def create_chat_completion(body: ChatRequest) -> dict[str, Any] | Response:
    """Summarise a document by a warm model: OpenAI's chat completions, whole or as a stream (SSE)."""
    service = current_service()
    models = warm_models(service.workspace, service.jobs)
    model = find_warm_model(body.model, models, usable_models(service.workspace))
    with ExitStack() as held:
        _take_place(held)
        events = ask(model, body.as_warm_request(), service.workspace, client_watch(request.environ))
        held.callback(events.close)
        answer = ChatAnswer(model=body.model, with_pages=body.deepsynth.pages)
        if not body.stream:
            return answer.whole(events)
        first = next(events)  # an error before the first event is a plain answer, no part of a stream
        with_usage = bool(body.stream_options and body.stream_options.include_usage)
        lines = answer.stream(chain([first], events), with_usage)
        response = Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
        response.call_on_close(held.pop_all().close)
        return response


def _take_place(held: ExitStack) -> None:
    """Take one of the places for chats: the others of the web server's threads serve the screen."""
    if not _PLACES.acquire(blocking=False):
        raise TooManyRequests(f"{MAX_CHATS} requests are being answered already.", retry_after=RETRY_S)
    held.callback(_PLACES.release)


def _served(name: str, warm: WarmModel | None) -> dict[str, Any]:
    created = int(datetime.fromisoformat(warm.created).timestamp()) if warm else 0
    state = {"warmth": warm.warmth, "job_id": warm.job_id} if warm else {"warmth": "cold", "job_id": None}
    return {"id": name, "object": "model", "created": created, "owned_by": "workspace", "deepsynth": state}
