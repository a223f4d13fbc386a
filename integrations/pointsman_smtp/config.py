"""What a connection to a mail server needs to know."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from pointsman_smtp.addresses import mailbox

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class Security(StrEnum):
    """How what is sent is kept from others on the way."""

    STARTTLS = "starttls"  # begins in clear, and goes on in TLS or not at all (RFC 3207)
    TLS = "tls"  # TLS from the first byte (RFC 8314, 3.3)
    NONE = "none"  # in clear: only inside networks that the host's admin opened


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("the name of a server alone, such as smtp.example.com")
    return text


def _sender(text: str) -> str:
    if mailbox(text).utf8:
        raise ValueError("the part before the @ has to be written in ASCII")
    return text


def _line(text: str) -> str:
    if _CONTROLS.search(text):
        raise ValueError("one line, without control characters")
    return text


def _line_or_none(text: str | None) -> str | None:
    return None if text is None else _line(text)


class SmtpConfig(BaseModel):
    """One account of one mail server. Without user name and password the server has to take mail from this machine as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(description="Mail server, for instance smtp.example.com"), AfterValidator(_host)]
    port: Annotated[int | None, Field(description="Port; empty: 587, with tls 465, with none 25", ge=1, le=65535)] = (
        None
    )
    security: Annotated[
        Security,
        Field(description="starttls, tls (from the first byte), or none: only inside networks that the admin opened"),
    ] = Security.STARTTLS
    username: Annotated[
        str | None, Field(description="User name; empty for a server without login"), AfterValidator(_line_or_none)
    ] = None
    password: Annotated[SecretStr | None, Field(description="Password, better an app password")] = None
    sender: Annotated[
        str,
        Field(description="Address that messages come from, and bounces go to"),
        AfterValidator(_sender),
    ]
    sender_name: Annotated[
        str, Field(description="Name of the sender, where a message says none", max_length=100), AfterValidator(_line)
    ] = ""
    hello: Annotated[
        str | None,
        Field(description="Name that this machine greets the server with; empty: the sender's domain"),
        AfterValidator(lambda text: None if text is None else _host(text)),
    ] = None
    seconds: Annotated[
        float, Field(description="How long one message may take, with all answers of the server", gt=0, le=25)
    ] = 25.0

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, or neither")
        return self

    @property
    def calls_at(self) -> int:
        """The port that is connected to."""
        return self.port or _PORTS[self.security]
