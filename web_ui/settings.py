"""Settings of the services, read from environment variables."""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from data.errors import InvalidInput
from data.validation import parse_config
from web_ui.jobs.stages import Role
from web_ui.jobs.webhook import Webhook

ROLE_PORTS: dict[Role, int] = {"cpu": 5000, "gpu": 5001}
GIB = 1 << 30
URL_CHARACTERS = re.compile(r"[!-~]+")
HOST_NAME = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")


class Settings(BaseModel):
    """One service's settings, each read from the environment variable named by its alias."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    workspace: Path = Field(
        Path("workspace"),
        alias="DEEPSYNTH_WORKSPACE",
        description="folder for all files that DeepSynth writes",
    )
    role: Role = Field("cpu", alias="DEEPSYNTH_ROLE", description="cpu: makes datasets; gpu: trains")
    host: str = Field("127.0.0.1", alias="DEEPSYNTH_HOST", description="address to listen on")
    port: int = Field(
        5000, ge=1, le=65535, alias="DEEPSYNTH_PORT", description="default 5000 for cpu, 5001 for gpu"
    )
    published_on_loopback: bool = Field(
        False,
        alias="DEEPSYNTH_PUBLISHED_ON_LOOPBACK",
        description="1: a container whose port is published on 127.0.0.1 only",
    )
    api_token: Annotated[SecretStr, Field(min_length=16, max_length=512)] | None = Field(
        None,
        alias="DEEPSYNTH_API_TOKEN",
        description="token that every request must carry; required unless only this machine can reach it",
    )
    allowed_hosts: str = Field(
        "",
        alias="DEEPSYNTH_ALLOWED_HOSTS",
        description="further host names of this service: name or name:port, separated by commas",
    )
    hub_token: SecretStr | None = Field(
        None, alias="HF_TOKEN", description="Hugging Face token, needed to publish and for gated data"
    )
    hub_username: str | None = Field(
        None,
        alias="HF_USERNAME",
        description="Hugging Face user or organisation that owns published datasets",
    )
    max_upload_bytes: int = Field(
        20 * GIB, ge=1, alias="DEEPSYNTH_MAX_UPLOAD_BYTES", description="largest uploaded file"
    )
    max_unfinished_jobs: int = Field(
        1000, ge=1, alias="DEEPSYNTH_MAX_UNFINISHED_JOBS", description="limit on jobs that have not ended"
    )
    max_changes_per_minute: int = Field(
        600,
        ge=0,
        alias="DEEPSYNTH_MAX_CHANGES_PER_MINUTE",
        description="changing requests, and requests with a wrong token, per client address; 0: no limit",
    )
    client_timeout_s: float = Field(
        20.0,
        gt=0,
        alias="DEEPSYNTH_CLIENT_TIMEOUT_S",
        description="seconds that the service waits for the bytes of a client",
    )

    public_url: str | None = Field(
        None,
        max_length=2000,
        alias="DEEPSYNTH_PUBLIC_URL",
        description="address of this service as users open it, for the links in webhook messages",
    )
    webhook_url: Annotated[SecretStr, Field(max_length=2000)] | None = Field(
        None,
        alias="DEEPSYNTH_WEBHOOK_URL",
        description="http or https address that is told by POST of every job that ends",
    )
    webhook_secret: Annotated[SecretStr, Field(min_length=16, max_length=512)] | None = Field(
        None,
        alias="DEEPSYNTH_WEBHOOK_SECRET",
        description="key of the signature of webhook messages (HMAC-SHA256); unset: not signed",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        return _checked_url(url) if url else None

    @field_validator("webhook_url")
    @classmethod
    def _check_webhook_url(cls, url: SecretStr | None) -> SecretStr | None:
        return SecretStr(_checked_url(url.get_secret_value())) if url else None

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, text: str) -> str:
        for name in _names(text):
            if not HOST_NAME.fullmatch(name):
                raise ValueError(
                    f"must be names or name:port, separated by commas, without http://, not {name!r}"
                )
        return text

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings. Unset and empty variables take the defaults.

        Raises:
            InvalidInput: a value is wrong. Names the variable, its value and the allowed values.
        """
        environment = os.environ if environment is None else environment
        names = [str(field.alias) for field in cls.model_fields.values()]
        values = {name: environment[name] for name in names if environment.get(name)}
        if values.get("DEEPSYNTH_ROLE") == "gpu":
            values.setdefault("DEEPSYNTH_PORT", str(ROLE_PORTS["gpu"]))
        return parse_config(cls, values)

    @property
    def webhook(self) -> Webhook | None:
        """Return where endings of jobs are told; None: nowhere."""
        if self.webhook_url is None:
            return None
        secret = self.webhook_secret.get_secret_value() if self.webhook_secret else None
        return Webhook(self.webhook_url.get_secret_value(), secret, self.public_url)

    @property
    def allowed_names(self) -> list[str]:
        """Return the names of `allowed_hosts`, in lower case."""
        return _names(self.allowed_hosts)

    @property
    def is_on_loopback(self) -> bool:
        """Say whether only this machine can reach the service."""
        return self.published_on_loopback or is_loopback(self.host)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.lower().split(",") if name.strip()]


def _checked_url(url: str) -> str:
    """Return an address, or raise ValueError, without the address: it may hold a secret."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not URL_CHARACTERS.fullmatch(url):
        raise ValueError("must be an http:// or https:// address without blanks or characters beyond ASCII")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("must not hold a user name, a password or a #fragment")
    if parts.port == 0:
        raise ValueError("must not name port 0")
    return url


def is_loopback(host: str) -> bool:
    """Say whether an address or name always means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(settings: Settings) -> None:
    """Refuse a service that other machines could reach without a token.

    Raises:
        InvalidInput: the host is not loopback and DEEPSYNTH_API_TOKEN is not set.
    """
    if settings.api_token is None and not settings.is_on_loopback:
        raise InvalidInput(
            f"The service would listen on {settings.host}, open to other machines, without a token.",
            hint="Set DEEPSYNTH_API_TOKEN to a long random text, or listen on 127.0.0.1.",
            fields={"DEEPSYNTH_API_TOKEN": "is required when the service is reachable from other machines"},
        )
