"""Settings: POINTSMAN_* variables, read when asked for and never at import; all faults are listed at once."""

import base64
import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Annotated, Literal, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pointsman.domain.messages.form_faults import form_fault
from pointsman.domain.messages.message import Message, say

PREFIX = "POINTSMAN_"
_ORIGIN = r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?"  # what a Content-Security-Policy may name
_SCHEMES = ("postgresql+psycopg://", "postgresql://", "postgres://")


class SettingsError(Exception):
    """The settings cannot be used; `faults` has one sentence each, naming the variable, and `told` the same as messages."""

    def __init__(self, faults: list[str], told: Sequence[Message] = ()) -> None:
        super().__init__("; ".join(faults))
        self.faults, self.told = faults, tuple(told)


class Settings(BaseSettings):
    """How this process runs. Secrets do not show in `repr`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: Annotated[str, Field(repr=False)]  # as the service
    migration_database_url: Annotated[str, Field(repr=False)] = ""  # as a role that may become the owner
    pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    statement_timeout_ms: Annotated[int, Field(ge=100, le=600_000)] = 10_000

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000
    public_url: str = ""  # as senders see us; some signatures cover it
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()  # whose X-Forwarded-* headers are believed
    language: Literal["en", "de"] = "en"  # of calendar events for reps who say no language
    organisation: str = ""  # whose appointments they are, as buyers read it
    booking_link_acts_per_day: Annotated[int, Field(ge=1, le=1_000)] = (
        10  # bookings, moves and cancellations of one lead
    )
    booking_page_requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 300  # from one source; 0: no limit
    refused_requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 60  # wrong keys and signatures of a source
    booking_page_embedded_in: Annotated[tuple[str, ...], NoDecode] = ()  # origins that may show it in a frame
    docs: bool = True
    start_page_links: str = ""  # a file of the demo: what its start page leads to
    max_body_bytes: Annotated[int, Field(ge=1_024, le=50_000_000)] = 1_000_000
    max_json_depth: Annotated[int, Field(ge=4, le=200)] = 32
    receive_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0

    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode, Field(min_length=1)]  # newest first; older ones still open
    private_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()  # that vendors and own servers may lie in

    worker_concurrency: Annotated[int, Field(ge=1, le=200)] = 10
    job_deadline_s: Annotated[float, Field(gt=0, le=3_600)] = 60.0

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _one_driver(cls, url: str) -> str:
        return with_one_driver(url) if url else url

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("it must begin with https:// or http://")
        if any(sign in url for sign in "?# "):
            raise ValueError("it ends before any ? or #: paths are put after it")
        return url.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in given:
            try:
                network = ip_network(proxy)
            except ValueError:
                raise ValueError(
                    f"{proxy[:100]!r} is not an address or a network, such as 10.0.0.5 or 10.0.0.0/24; names are not looked up"
                ) from None
            if network.prefixlen == 0:
                raise ValueError(f"{proxy[:100]!r} would believe every sender: name the proxies")
        return given

    @field_validator("booking_page_embedded_in")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for origin in given:
            if not re.fullmatch(_ORIGIN, origin, flags=re.ASCII):
                raise ValueError(f"{origin[:100]!r} is not an origin such as https://www.example.com")
        return given

    @field_validator("secret_keys", "private_networks", "booking_page_embedded_in", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("secret_keys")
    @classmethod
    def _of_32_bytes(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, key in enumerate(keys, start=1):
            if not _is_key(key.get_secret_value()):
                raise ValueError(f"key {number} is not 32 bytes in URL-safe base64; `pointsman keys secret` prints one")
        return keys

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        """A variable set to nothing counts as unset. The end of a line, as a file of a secret has it, is not meant."""
        if not isinstance(values, dict):
            return values
        given = {name: value.rstrip("\r\n") if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in given.items() if value != ""}

    @model_validator(mode="after")
    def _default_public_url(self) -> Self:
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  # compared, not bound
        url = self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        object.__setattr__(self, "public_url", url)
        return self

    @property
    def conninfo(self) -> str:
        """The database URL for libpq."""
        return self.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def with_one_driver(url: str) -> str:
    """The URL of a database for SQLAlchemy and psycopg. Raises ValueError, which says what is wrong and quotes nothing."""
    scheme = next((scheme for scheme in _SCHEMES if url.startswith(scheme)), None)
    if scheme is None:
        raise ValueError("it must begin with postgresql:// (PostgreSQL 15 or newer is the only database)")
    if not _is_readable(address := url.removeprefix(scheme)):
        raise ValueError(
            "it cannot be read: in user and password write % as %25, @ as %40, : as %3A, / as %2F and a space"
            " as %20; a port is a number; the parameters are those of libpq"
        )
    return "postgresql+psycopg://" + address


def _is_readable(address: str) -> bool:
    """Whether both of our readers, SQLAlchemy and libpq, take it. What they say of a fault quotes passwords."""
    try:
        make_url(f"postgresql+psycopg://{address}")
        parts = conninfo_to_dict(f"postgresql://{address}")
        hosts = str(parts.get("host") or "").split(",")
        ports = str(parts.get("port") or "").split(",")
        for host in hosts:
            host.encode("idna" if not host.startswith("/") else "utf-8")
    except (psycopg.ProgrammingError, ArgumentError, ValueError):  # UnicodeError is a ValueError
        return False
    return not any("@" in host for host in hosts) and all(port == "" or port.isdecimal() for port in ports)


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == 32
    except ValueError:
        return False


_MISSING = {"database_url": "fault.no-database-url", "secret_keys": "fault.no-secret-keys"}
_HINTS = {
    "database_url": "set it to the database, for example postgresql://user:password@host/pointsman",
    "secret_keys": "set it to a key that encrypts stored credentials; `pointsman keys secret` prints a new one",
}


def load_settings(**given: object) -> Settings:
    """Settings from `given`, then the environment. Raises `SettingsError` with every fault."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        faults = [_sentence(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors()]
        raise SettingsError(faults, [_message(fault) for fault in error.errors()]) from None


def _sentence(location: tuple[int | str, ...], kind: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0])
    if kind == "missing" or (name == "secret_keys" and kind == "too_short"):
        return f"{PREFIX}{name.upper()} is missing: {_HINTS.get(name, 'set it')}."
    return f"{PREFIX}{name.upper()}: {text}."


def _message(fault: ErrorDetails) -> Message:
    """The same as a message."""
    said = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return say("fault.as-said", said=said)
    name = str(fault["loc"][0])
    variable = f"{PREFIX}{name.upper()}"
    if fault["type"] == "missing" or (name == "secret_keys" and fault["type"] == "too_short"):
        return say(_MISSING.get(name, "fault.setting-missing"), name=variable)
    return say("fault.setting", name=variable, said=form_fault(fault, said))
