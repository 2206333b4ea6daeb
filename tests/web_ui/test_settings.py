"""The environment of a service: defaults, names, bounds, and no secret in an error."""

import pytest

from data.errors import InvalidInput
from web_ui.settings import Settings, is_loopback


def test_an_empty_environment_gives_a_cpu_service_on_loopback() -> None:
    settings = Settings.from_environment({})
    assert (settings.role, settings.host, settings.port, settings.api_token) == (
        "cpu",
        "127.0.0.1",
        5000,
        None,
    )


def test_the_gpu_service_has_its_own_port() -> None:
    assert Settings.from_environment({"DEEPSYNTH_ROLE": "gpu"}).port == 5001


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_environment(
        {"DEEPSYNTH_API_TOKEN": "", "DEEPSYNTH_PORT": ""}
    ) == Settings.from_environment({})


def test_a_wrong_value_names_its_variable() -> None:
    with pytest.raises(InvalidInput, match="DEEPSYNTH_PORT must be at most 65535, not '99999'"):
        Settings.from_environment({"DEEPSYNTH_PORT": "99999"})


@pytest.mark.parametrize(
    "hosts", ["http://gpu-box:5000", "gpu-box:port", "lab.example/path", "a b", "gpu-box:5000, fd00::7"]
)
def test_an_allowed_host_is_a_name_with_or_without_a_port(hosts: str) -> None:
    with pytest.raises(InvalidInput, match="DEEPSYNTH_ALLOWED_HOSTS must be names or name:port"):
        Settings.from_environment({"DEEPSYNTH_ALLOWED_HOSTS": hosts})


def test_a_refused_token_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        Settings.from_environment({"DEEPSYNTH_API_TOKEN": "short"})
    assert caught.value.message == "DEEPSYNTH_API_TOKEN must have a length of at least 16."
    assert "short" not in str(caught.value.as_dict())


def test_secrets_do_not_show_in_the_settings() -> None:
    settings = Settings.from_environment(
        {
            "DEEPSYNTH_API_TOKEN": "canary-api-token",
            "HF_TOKEN": "hf_canary",
            "DEEPSYNTH_WEBHOOK_URL": "https://hooks.example/canary",
            "DEEPSYNTH_WEBHOOK_SECRET": "canary-webhook-secret",
        }
    )
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump_json()} {settings.webhook!r}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/canary",
        "file:///canary",
        "hooks.example/canary",
        "https:///canary",
        "https://user:canary@hooks.example/",
        "https://hooks.example/can ary",
        "https://hooks.example:99999/canary",
        "https://h\u00f6oks.example/canary",
    ],
)
def test_a_webhook_that_cannot_be_called_is_refused_without_its_address(url: str) -> None:
    with pytest.raises(InvalidInput, match="DEEPSYNTH_WEBHOOK_URL") as caught:
        Settings.from_environment({"DEEPSYNTH_WEBHOOK_URL": url})
    assert "canary" not in str(caught.value.as_dict())


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.4", False),
        ("gpu-box", False),
    ],
)
def test_only_addresses_of_this_machine_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
