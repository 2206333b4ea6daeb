"""A warm model behind the chat completions, asked by OpenAI's own client over HTTP."""

import base64
import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pypdfium2
import pytest
from openai import OpenAI
from PIL import Image

from data.progress import Silent
from data.store.workspace import Workspace
from tests.services import Service
from training.options.decoding_config import PredictionConfig
from training.predict import predict

pytestmark = pytest.mark.slow
TEXT = "Tea was served. Music was played in Oslo on 3 May."
HUGE = "word " * 200_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    workspace = Workspace.create(tmp_path_factory.mktemp("warm") / ("long-name-" * 9) / "workspace")
    service = Service(role="gpu", workspace=workspace.root)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def job_id(service: Service) -> str:
    return start(service, max_waiting=40)


@pytest.fixture(scope="module")
def client(service: Service, job_id: str) -> OpenAI:
    return OpenAI(base_url=f"http://127.0.0.1:{service.port}/v1", api_key="none", max_retries=0)


def start(service: Service, **settings: Any) -> str:
    job_id = str(service.call("POST", "/api/model/warm", {"model": "tiny", **settings})["id"])
    wait_warm(service)
    return job_id


def wait_warm(service: Service) -> None:
    def is_warm() -> bool:
        served = service.call("GET", "/v1/models")["data"]
        return any(each["deepsynth"]["warmth"] == "warm" for each in served)

    service.wait_until(is_warm, "warm", 60)


def ask(client: OpenAI, content: Any = TEXT, **options: Any) -> Any:
    return client.chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": content}], **options
    )


def picture(file_format: str = "PNG") -> dict[str, Any]:
    content = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(content, file_format)
    encoded = base64.b64encode(content.getvalue()).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{file_format.lower()};base64,{encoded}"}}


def pdf(num_pages: int) -> dict[str, Any]:
    document = pypdfium2.PdfDocument.new()
    for _ in range(num_pages):
        document.new_page(200, 300)
    content = io.BytesIO()
    document.save(content)
    encoded = base64.b64encode(content.getvalue()).decode()
    return {
        "type": "file",
        "file": {"file_data": f"data:application/pdf;base64,{encoded}", "filename": "a.pdf"},
    }


def test_the_text_is_that_of_a_prediction(client: OpenAI, service: Service, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    workspace = Workspace.create(tmp_path / "workspace")
    result = predict(PredictionConfig(model="tiny", inputs=(str(tmp_path / "a.txt"),)), workspace, Silent())
    answer = ask(client)
    assert answer.choices[0].message.content == result.as_dict()["examples"][0]["summary"]
    assert answer.usage.completion_tokens == result.as_dict()["examples"][0]["num_tokens"]
    assert answer.usage.prompt_tokens_details.vision_tokens == 25
    assert answer.deepsynth["lead_3"] == "Tea was served.\nMusic was played in Oslo on 3 May."


def test_a_stream_gives_the_whole_text_in_parts(client: OpenAI) -> None:
    whole = ask(client).choices[0].message.content
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    parts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(part for part in parts if part) == whole
    assert len([part for part in parts if part]) > 5
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens > 5


def test_pictures_and_pdfs_are_pages_and_a_text_beside_them_is_the_prompt(client: OpenAI) -> None:
    answer = ask(client, [picture(), picture("JPEG"), {"type": "text", "text": " Summarize.\n"}])
    assert (answer.deepsynth["num_pages"], answer.deepsynth["notes"]) == (2, [])
    answer = ask(
        client, [pdf(3), {"type": "text", "text": "Translate."}], extra_body={"deepsynth": {"pages": True}}
    )
    assert len(answer.deepsynth["pages"]) == 3
    assert "not with this one" in answer.deepsynth["notes"][0]
    page = Image.open(io.BytesIO(base64.b64decode(answer.deepsynth["pages"][0].partition(",")[2])))
    assert page.size == (320, 320)


def test_max_tokens_cuts_the_summary(client: OpenAI) -> None:
    answer = ask(client, max_tokens=3)
    assert (answer.usage.completion_tokens, answer.choices[0].finish_reason) == (3, "length")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "holds no document"),
        (HUGE, "more than 256 pages"),
        ("word " * 2_000_000, "at most 1,000,000 are read"),
        (
            [{"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}}],
            "Addresses are not fetched",
        ),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
            "not a readable picture",
        ),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,%%%"}}], "is not base64"),
        ([{"type": "image_url", "image_url": {"url": "data:image/gif;base64,AAAA"}}], "of type image/gif"),
        ([picture(), {"type": "text", "text": HUGE}], "The prompt has"),
        ([pdf(300)], "holds"),
        ([{"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}}], "not a readable PDF"),
    ],
)
def test_a_bad_document_is_refused_in_words_and_the_model_stays_warm(
    client: OpenAI, content: Any, words: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        ask(client, content)
    assert words in refusal.value.message
    assert refusal.value.body["type"] == "invalid_request_error"
    assert ask(client).choices[0].finish_reason == "stop"


def test_a_page_bomb_is_refused(client: OpenAI) -> None:
    content = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(content, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
    with pytest.raises(openai.BadRequestError, match="12000 x 12000 px"):
        ask(client, [{"type": "image_url", "image_url": {"url": url}}])


def test_other_settings_than_greedy_are_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        ask(client, temperature=0.7)
    assert refusal.value.body["param"] == "temperature"
    with pytest.raises(openai.BadRequestError, match="not a known field"):
        ask(client, extra_body={"beam_search": True})


def test_unknown_and_cold_models_are_told_apart(client: OpenAI, service: Service) -> None:
    with pytest.raises(openai.NotFoundError, match="Those that exist: tiny"):
        client.chat.completions.create(model="none", messages=[{"role": "user", "content": TEXT}])
    assert [model.id for model in client.models.list()] == ["tiny"]


def test_two_hundred_mixed_requests_at_once_get_the_texts_that_they_get_alone(client: OpenAI) -> None:
    patient = client.with_options(max_retries=20)
    texts = [f"Tea number {number} was served. Music was played in Oslo." for number in range(20)]
    alone = [ask(client, text).choices[0].message.content for text in texts]

    def once(number: int) -> None:
        text, expected = texts[number % 20], alone[number % 20]
        if number % 3 == 0:
            assert ask(patient, text).choices[0].message.content == expected
        elif number % 3 == 1:
            parts = [chunk.choices[0].delta.content or "" for chunk in ask(patient, text, stream=True)]
            assert "".join(parts) == expected
        else:
            stream = ask(patient, text, stream=True)
            next(iter(stream))
            stream.close()

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(once, range(200)))
    assert ask(client).choices[0].finish_reason == "stop"


def test_a_full_line_refuses_and_says_when_to_come_back(client: OpenAI) -> None:
    def once(_number: int) -> openai.RateLimitError | None:
        try:
            ask(client)
        except openai.RateLimitError as error:
            return error
        return None

    with ThreadPoolExecutor(120) as pool:
        refusals = list(pool.map(once, range(120)))
    refused = [error for error in refusals if error]
    assert 0 < len(refused) < 120
    assert all(int(error.response.headers["Retry-After"]) > 0 for error in refused)
    assert {error.body["type"] for error in refused} == {"rate_limit_error"}


def test_killed_in_the_middle_the_answer_is_an_error_and_the_model_is_warm_again(
    client: OpenAI, service: Service, job_id: str
) -> None:
    (worker,) = service.processes("web_ui.jobs.worker")
    results: list[object] = []

    def keep_asking() -> None:
        try:
            results.extend(ask(client).choices[0].finish_reason for _ in range(200))
        except openai.APIStatusError as error:
            results.append(error)

    thread = threading.Thread(target=keep_asking)
    thread.start()
    service.wait_until(lambda: len(results) > 2, "answered")
    os.kill(worker.pid, signal.SIGKILL)
    thread.join(60)
    assert isinstance(results[-1], openai.APIStatusError)
    assert results[-1].status_code == 503
    assert results[-1].body["code"] == "model_not_warm"  # type: ignore[index]
    service.wait_job(job_id, lambda job: job["attempts"] == 2, 30)
    wait_warm(service)
    assert ask(client).choices[0].finish_reason == "stop"
    assert service.call("GET", f"/api/jobs/{job_id}")["attempts"] == 2


def test_paused_the_device_is_free_and_resumed_it_answers_again(
    client: OpenAI, service: Service, job_id: str
) -> None:
    service.call("POST", f"/api/jobs/{job_id}/pause")
    service.wait_job(job_id, lambda job: job["state"] == "paused", 20)
    with pytest.raises(openai.InternalServerError, match="is not loaded"):
        ask(client)
    service.call("POST", f"/api/jobs/{job_id}/resume")
    wait_warm(service)
    assert ask(client).choices[0].finish_reason == "stop"


def test_forgotten_it_ends_by_itself(service: Service, job_id: str) -> None:
    service.call("POST", f"/api/jobs/{job_id}/cancel")
    service.wait_job(job_id, lambda job: job["state"] == "cancelled", 20)
    started_s = time.monotonic()
    second = start(service, idle_timeout_s=2)
    job = service.wait_job(second, limit_s=60)
    assert job["state"] == "succeeded"
    assert time.monotonic() - started_s >= 2
