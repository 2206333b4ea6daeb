"""The answers of the chat completions in OpenAI's shape; what it has no word for is under `deepsynth`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from time import time
from typing import Any, Literal

from pydantic import BaseModel, Field

from data.errors import DeepSynthError
from evaluation.baselines import lead
from evaluation.measures.facts import unsupported_facts
from web_ui.api.schemas import JsonObject

CHAT_PREFIX = "/v1/"
NUM_LEAD_SENTENCES = 3
_ERROR_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class ServedModel(BaseModel):
    """A model of the workspace."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    deepsynth: JsonObject = Field(description="warmth (warm, loading, waiting, paused or cold) and job_id")


class ServedModels(BaseModel):
    """The models of the workspace."""

    object: Literal["list"]
    data: list[ServedModel]


class Usage(BaseModel):
    """Tokens of a request."""

    prompt_tokens: int = Field(description="of the pages, their newlines and the prompt")
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: JsonObject = Field(
        description="vision_tokens of the pages; document_tokens: those of the document as text, or null"
    )


class ChatChoice(BaseModel):
    """The summary."""

    index: int
    message: JsonObject
    finish_reason: Literal["stop", "length"] = Field(description="length: cut off at max_tokens")


class ChatCompletion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    deepsynth: JsonObject = Field(
        description="num_pages, num_vision_tokens, num_text_tokens, notes, pages, lead_3, unsupported, "
        "is_looping, queue_s, first_token_s, total_s, attention"
    )


class ChatErrorBody(BaseModel):
    """What is wrong, and what to do."""

    message: str
    type: str
    param: str | None = Field(description="the field that is wrong")
    code: str


class ChatError(BaseModel):
    """The form of every error below `CHAT_PREFIX`: that of OpenAI's API."""

    error: ChatErrorBody


def error_body(error: Mapping[str, Any], status: int) -> dict[str, Any]:
    """Return an error in the shape that OpenAI's clients read.

    Args:
        error: as `DeepSynthError.as_dict` gives it.
        status: the HTTP status of the answer.
    """
    kind = _ERROR_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    message = f"{error['message']} {error['hint']}".strip()
    param = next(iter(error["fields"]), None)
    return {"message": message, "type": kind, "param": param, "code": error["code"]}


@dataclass(slots=True, kw_only=True)
class ChatAnswer:
    """Builds the answer to a request from the events of a warm model."""

    model: str
    with_pages: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{token_hex(12)}")
    created: int = field(default_factory=lambda: int(time()))
    _read: dict[str, Any] = field(default_factory=dict)
    _attention: list[dict[str, Any]] | None = None

    def whole(self, events: Iterator[dict[str, Any]]) -> dict[str, Any]:
        """Return the whole answer."""
        end: dict[str, Any] = {}
        for event in events:
            self._note(event)
            end = event
        if end.get("event") != "end":
            return {}  # the client is gone
        message = {"role": "assistant", "content": end["text"]}
        choice = {"index": 0, "message": message, "finish_reason": _finish_reason(end)}
        extra = {**self._read_extra(), **self._end_extra(end)}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": self._usage(end),
            "deepsynth": extra,
        }

    def stream(self, events: Iterator[dict[str, Any]], with_usage: bool) -> Iterator[str]:
        """Yield the answer as server-sent events."""
        try:
            for event in events:
                yield from self._chunks(event, with_usage)
        except DeepSynthError as error:  # the status is sent already
            yield _line({"error": error_body(error.as_dict(), error.http_status)})
        yield "data: [DONE]\n\n"

    def _chunks(self, event: dict[str, Any], with_usage: bool) -> Iterator[str]:
        self._note(event)
        match event["event"]:
            case "read":
                yield self._chunk({"role": "assistant", "content": ""}, extra=self._read_extra())
            case "text":
                yield self._chunk({"content": event["text"]})
            case "end":
                yield self._chunk({}, _finish_reason(event), self._end_extra(event))
                if with_usage:
                    head = self._head("chat.completion.chunk")
                    yield _line({**head, "choices": [], "usage": self._usage(event)})

    def _note(self, event: dict[str, Any]) -> None:
        """Keep what the end of the answer needs."""
        if event["event"] == "read":
            self._read = event
        elif event["event"] == "attention":
            self._attention = event["words"]

    def _chunk(
        self, delta: dict[str, str], finish_reason: str | None = None, extra: dict[str, Any] | None = None
    ) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return _line({**chunk, "deepsynth": extra} if extra else chunk)

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _usage(self, end: dict[str, Any]) -> dict[str, Any]:
        prompt, summary = self._read["num_prompt_tokens"], end["num_tokens"]
        details = {
            "vision_tokens": self._read["num_vision_tokens"],
            "document_tokens": self._read["num_text_tokens"],
        }
        return {
            "prompt_tokens": prompt,
            "completion_tokens": summary,
            "total_tokens": prompt + summary,
            "prompt_tokens_details": details,
        }

    def _read_extra(self) -> dict[str, Any]:
        extra = {
            name: self._read[name] for name in ("num_pages", "num_vision_tokens", "num_text_tokens", "notes")
        }
        if self.with_pages:
            extra["pages"] = [f"data:image/png;base64,{page}" for page in self._read["pages"]]
        text = self._read["text"]
        return {**extra, "lead_3": lead(text, NUM_LEAD_SENTENCES) if text else None}

    def _end_extra(self, end: dict[str, Any]) -> dict[str, Any]:
        times = {name: end[name] for name in ("is_looping", "queue_s", "first_token_s", "total_s")}
        unsupported = unsupported_facts(end["text"], self._read["text"])
        return {**times, "unsupported": unsupported, "attention": self._attention}


def _finish_reason(end: dict[str, Any]) -> Literal["stop", "length"]:
    return "length" if end["is_cut"] else "stop"


def _line(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
