"""What a connection to a mail server needs to know."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from pointsman_sdk.addresses import check_base_address
from pointsman_smtp.addresses import mailbox
from pointsman_smtp.servers import server_name

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HALVES = re.compile(r"[\ud800-\udfff]")  # of a pair of UTF-16, which no mail server can be told
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class Security(StrEnum):
    """How what is sent is kept from others on the way."""

    STARTTLS = "starttls"  # begins in clear, and goes on in TLS or not at all (RFC 3207)
    TLS = "tls"  # TLS from the first byte (RFC 8314, 3.3)
    NONE = "none"  # in clear: only inside networks that the host's admin opened


class SignIn(StrEnum):
    """How the connection signs in to the server."""

    PASSWORD = "password"  # noqa: S105  # a word; with neither user name nor password nobody signs in
    GOOGLE = "google"  # a person signs in at Google once, and tokens are shown since (XOAUTH2)
    MICROSOFT = "microsoft"  # the same at Microsoft
    MICROSOFT_APP = "microsoft_app"  # the app itself signs in at Microsoft, for a mailbox that was given to it
    NONE = "none"


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
_BY_TOKEN = frozenset({SignIn.GOOGLE, SignIn.MICROSOFT, SignIn.MICROSOFT_APP})
_AT_MICROSOFT = frozenset({SignIn.MICROSOFT, SignIn.MICROSOFT_APP})


def _sender(text: str) -> str:
    if mailbox(text).utf8:
        raise ValueError("the part before the @ has to be written in ASCII")
    return text


def _line(text: str) -> str:
    if _CONTROLS.search(text):
        raise ValueError("one line, without control characters")
    if _HALVES.search(text):
        raise ValueError("half a character stands in it")
    return text


def _line_or_none(text: str | None) -> str | None:
    return None if text is None else _line(text)


def _directory(text: str | None) -> str | None:
    if text is not None and not _TENANT.fullmatch(text):
        raise ValueError("a directory's ID or domain alone, such as example.onmicrosoft.com")
    return text


class SmtpConfig(BaseModel):
    """One account of one mail server. Without user name and password the server has to take mail from this machine as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[
        str,
        Field(description="Mail server, for instance smtp.example.com, smtp.gmail.com or smtp.office365.com"),
        AfterValidator(server_name),
    ]
    port: Annotated[int | None, Field(description="Port; empty: 587, with tls 465, with none 25", ge=1, le=65535)] = (
        None
    )
    security: Annotated[
        Security,
        Field(description="starttls, tls (from the first byte), or none: only inside networks that the admin opened"),
    ] = Security.STARTTLS
    sign_in: Annotated[
        SignIn,
        Field(description="password, a sign-in by tokens (google, microsoft, microsoft_app), or none"),
    ] = SignIn.PASSWORD
    username: Annotated[
        str | None,
        Field(description="User name; with tokens the address of the mailbox; empty for a server without login"),
        AfterValidator(_line_or_none),
    ] = None
    password: Annotated[SecretStr | None, Field(description="Password, better an app password")] = None
    client_id: Annotated[
        str | None,
        Field(description="With tokens: client id, from Google Cloud or of the app registration"),
        AfterValidator(_line_or_none),
    ] = None
    client_secret: Annotated[SecretStr | None, Field(description="With tokens: client secret that belongs to it")] = (
        None
    )
    tenant: Annotated[
        str | None,
        Field(description="Microsoft: directory (tenant) ID, or the directory's domain"),
        AfterValidator(_directory),
    ] = None
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
        AfterValidator(lambda text: None if text is None else server_name(text)),
    ] = None
    seconds: Annotated[
        float, Field(description="How long one message may take, with all answers of the server", gt=0, le=25)
    ] = 25.0
    authorize_url: Annotated[
        str,
        AfterValidator(check_base_address),
        Field(description="Where a mailbox of Google signs in; Google's, unless you try a fake"),
    ] = "https://accounts.google.com/o/oauth2/v2/auth"
    token_url: Annotated[
        str,
        AfterValidator(check_base_address),
        Field(description="Where Google issues tokens; Google's, unless you try a fake"),
    ] = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
    login_url: Annotated[
        str,
        AfterValidator(check_base_address),
        Field(description="Address of Microsoft's sign-in; Microsoft's, unless you try a fake"),
    ] = "https://login.microsoftonline.com"

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> Self:
        """What a sign-in needs is there, and nothing of another one."""
        if self.by_token:
            if self.password is not None:
                raise ValueError(f"sign_in {self.sign_in} shows tokens: leave the password out")
            if self.username is None or self.client_id is None or self.client_secret is None:
                raise ValueError(f"sign_in {self.sign_in} needs username (the mailbox), client_id and client_secret")
            if self.sign_in in _AT_MICROSOFT and self.tenant is None:
                raise ValueError(f"sign_in {self.sign_in} needs the tenant")
            return self
        if self.client_id is not None or self.client_secret is not None:
            raise ValueError("a client goes with sign_in google, microsoft or microsoft_app")
        if self.sign_in is SignIn.NONE and (self.username is not None or self.password is not None):
            raise ValueError("sign_in none has neither username nor password")
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, or neither")
        return self

    @property
    def by_token(self) -> bool:
        """Whether a token is shown to the server (XOAUTH2) and no password."""
        return self.sign_in in _BY_TOKEN

    @property
    def calls_at(self) -> int:
        """The port that is connected to."""
        return self.port or _PORTS[self.security]
