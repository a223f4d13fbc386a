"""Manifest: what a connector says about itself before it is given anything to do."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

CONTRACT = 1
"""The version of this contract. A connector states the one it was written for; the host refuses others.

What is added with a default (such as `BookingRequest.tentative`) does not raise it: a connector that does not know the
field does what it did before.
"""


class Capability(StrEnum):
    """What a connector can do; each has one Protocol of the same name, and declared equals implemented."""

    CALENDAR = "calendar"
    CRM = "crm"
    INTAKE = "intake"
    NURTURE = "nurture"
    NOTIFY = "notify"


class Method(StrEnum):
    """How a connection proves who it is to the vendor."""

    NONE = "none"
    BASIC = "basic"
    API_KEY = "api_key"
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """The sign-in a connection needs; the URLs and scopes are for OAuth 2 alone."""

    method: Method
    scopes: tuple[str, ...] = ()
    authorize_url: str | None = None
    token_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Read by the host to list the connector, draw its set-up form and decide what may be asked of it."""

    name: str  # the entry point's name: lower case, an identifier
    title: str
    contract: int
    capabilities: frozenset[Capability]
    config: type[BaseModel]  # SecretStr marks a secret; the JSON Schema is the set-up form
    auth: Auth
    docs: str
    maintainers: tuple[str, ...]
