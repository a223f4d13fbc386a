"""Manifest: what a connector says about itself before it is given anything to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel

from pointsman_sdk.kinds.appointments import Invites
from pointsman_sdk.signs import Signs

CONTRACT = 2
"""The version of this contract. A connector states the first and the last that it speaks; the host refuses one that does not
speak this. A new capability is a new Protocol, and what is added with a default does not raise the number."""


class Capability(StrEnum):
    """What a connector can do. Each is an attribute of the connector with this name, and has a Protocol."""

    CALENDARS = "calendars"
    BUSY = "busy"
    APPOINTMENTS = "appointments"
    WATCHES = "watches"
    PEOPLE = "people"
    ACCOUNTS = "accounts"
    OWNERS = "owners"
    ACTIVITIES = "activities"
    FIELDS = "fields"
    TASKS = "tasks"
    PROGRAMMES = "programmes"
    NOTICES = "notices"
    INTAKE = "intake"


class Method(StrEnum):
    """How a connection proves who it is to the vendor."""

    NONE = "none"
    BASIC = "basic"
    API_KEY = "api_key"
    OAUTH2 = "oauth2"


class ClientAuth(StrEnum):
    """How the client's secret is sent to the token endpoint (RFC 6749, 2.3.1)."""

    BASIC = "basic"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """One way to sign in; all but `method`, `title`, `fields` and `only_if` is for OAuth 2.

    `{name}` in a URL stands for the configuration's field of that name (a tenant, a domain, an own server). `client_id` and
    `client_secret` are fields of the configuration. `params` are added to the authorize URL. `per_subject` says that each
    calendar's owner has a token of its own. `issuer` is for a vendor that names itself in its answer to a sign-in (RFC 9207):
    an answer that names another, or none, is refused. `only_if` names a field of the configuration and the value with which
    this way is taken, where one client may sign in by several. `fields` names the fields of the configuration that this way
    needs and that may be empty, since other ways do without: who sets up a connection is asked for them, and for all that are
    required.
    """

    method: Method
    title: str = ""
    scopes: tuple[str, ...] = ()
    authorize_url: str | None = None
    token_url: str | None = None
    issuer: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    pkce: bool = True
    client_auth: ClientAuth = ClientAuth.BASIC
    per_subject: bool = False
    only_if: tuple[str, str] | None = None
    fields: tuple[str, ...] = ()


class Per(StrEnum):
    """Over what a limit counts."""

    CONNECTION = "connection"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the vendor stands: `rate` calls a second on average (None: it states none), up to `burst` together, and `at_once`
    calls in flight. The host keeps it over all its processes. `busy_batch` calendars go into one question.

    With `per` SUBJECT `rate` and `burst` are those of each subject that the connector names (`Subjects`), and of the connection
    where it names none. `at_once` always is the connection's."""

    rate: float | None = None
    burst: int = 10
    at_once: int = 4
    per: Per = Per.CONNECTION
    busy_batch: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Read by the host to list the connector, draw its set-up form and decide what may be asked of it.

    `contract` is the first and the last contract that it speaks. `auth` are the ways to sign in, one or several. `signs` says
    what the vendor's webhooks prove; None: it sends none. `invites` says who can write to an appointment's guests,
    `makes_meetings` whether the vendor can make a meeting with an event (`CREATE_MEETING`): not each calendar has to.

    `words` is what the set-up form says in other languages than English: by the language ("de") each English text with what it
    is there. Of a language that is named all titles of `auth` and all descriptions of `config` are there; what the model's
    validators say may be. Who reads a language that is not named reads English.
    """

    name: str  # the entry point's name: lower case, an identifier
    title: str
    contract: tuple[int, int]
    capabilities: frozenset[Capability]
    config: type[BaseModel]  # SecretStr marks a secret; the JSON Schema is the set-up form
    auth: tuple[Auth, ...]
    limits: Limits = Limits()
    signs: Signs | None = None
    invites: frozenset[Invites] = frozenset({Invites.NOBODY})
    makes_meetings: bool = False
    docs: str
    maintainers: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    def worded(self, text: str, language: str) -> str:
        """A text of the form in this language; in English where it is not said."""
        return self.words.get(language, {}).get(text, text)
