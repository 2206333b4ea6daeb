"""The demo succeeds only where its table shows that pages are read, and says what stands in its way."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from training.options.config import TrainingConfig
from web_ui.commands.demo import (
    CONTROL,
    CONTROL_NAME,
    TRAINED_NAME,
    TRAINING,
    ApiClient,
    DemoError,
    require_learning,
)


def test_the_demo_takes_no_name_that_a_training_has_by_default() -> None:
    assert len({TRAINING["output"], CONTROL["output"], TrainingConfig.model_fields["output"].default}) == 3


@pytest.mark.parametrize(
    ("trained", "lead_3", "blank", "fault"),
    [
        (0.90, 0.66, 0.36, None),
        (0.66, 0.66, 0.36, "lead-3 has 66.0:"),
        (0.70, 0.66, 0.70, "blank pages has 70.0:"),
        (0.30, 0.66, 0.36, "lead-3 has 66.0 and same training, blank pages has 36.0:"),
    ],
)
def test_the_trained_model_must_stand_above_lead_3_and_above_blank_pages(
    trained: float, lead_3: float, blank: float, fault: str | None
) -> None:
    scores = {TRAINED_NAME: trained, "lead-1": 0.99, "lead-3": lead_3, CONTROL_NAME: blank}
    rows = [{"name": name, "rougeL": value} for name, value in scores.items()]
    if fault is None:
        require_learning(rows)
    else:
        with pytest.raises(DemoError, match=fault):
            require_learning(rows)


class OtherProgram(BaseHTTPRequestHandler):
    """Answers as a program at DeepSynth's port, or a proxy before it, does."""

    def do_GET(self) -> None:
        if self.path == "/broken":
            self.send_error(502)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_program() -> Iterator[ApiClient]:
    server = HTTPServer(("127.0.0.1", 0), OtherProgram)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield ApiClient(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "fault"),
    [("/broken", "GET /broken: HTTP 502 Bad Gateway"), ("/", "Does another program use its port")],
)
def test_another_program_at_the_port_is_said_in_words(
    other_program: ApiClient, path: str, fault: str
) -> None:
    with pytest.raises(DemoError, match=fault):
        other_program.call("GET", path)
