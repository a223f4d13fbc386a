"""What HubSpot's refusals mean: the status, and the category and policy beside it.

https://developers.hubspot.com/docs/api-reference/error-handling, /docs/developer-tooling/platform/usage-guidelines
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from pointsman_sdk import Rejected, Retryable, Scope
from pointsman_sdk.http import raise_for_status, retry_after
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

VENDOR = "HubSpot"
_WORTH_READING = 64_000  # bytes of an answer that says what is wrong
_NAMED = re.compile(r'"(?:name|propertyName)"\s*:\s*"([a-z0-9_]{1,100})"')
_PROPERTY = re.compile(r"[a-z0-9_]{1,100}")
_EXISTING = re.compile(r"Existing ID: ?([0-9]{1,20})\b")
_LOCKED = timedelta(seconds=2)
_DAILY, _SECONDLY = "DAILY", "SECONDLY"
_UNTIL_TOMORROW = timedelta(hours=1)  # where the account's zone is not known: asked again by the hour
#: The scopes that the connector asks for. No other word of a refusal is repeated.
SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.lists.read",
    "crm.lists.write",
)


class NotFound(Rejected):
    """404: there is no such record, list or property."""


class Conflict(Rejected):
    """409: another record has this value. `existing` is its id, where HubSpot names it."""

    def __init__(self, message: str, existing: str | None = None) -> None:
        super().__init__(message)
        self.existing = existing


class Invalid(Rejected):
    """400: a value that HubSpot, or a rule of the account's admin, does not take."""


class Forbidden(Rejected):
    """403: the sign-in may not do this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a refusal says, as far as it is read. `text` is never passed on."""

    category: str = ""
    policy: str = ""
    text: str = field(default="", repr=False)
    is_hubspots: bool = False

    @classmethod
    def of(cls, response: httpx.Response) -> "Said":
        if len(response.content) > _WORTH_READING:
            return cls()
        try:
            said = parse_json(response.content)
        except Unreadable:
            return cls()
        return cls.read(said)

    @classmethod
    def read(cls, said: Any) -> "Said":
        """The same of one error of a batch."""
        if not isinstance(said, Mapping):
            return cls()
        texts = "\n".join(_texts(said))
        is_hubspots = said.get("status") == "error" or isinstance(said.get("correlationId"), str)
        return cls(
            category=_word(said.get("category")),
            policy=_word(said.get("policyName")),
            text=texts,
            is_hubspots=is_hubspots,
        )

    def properties(self, sent: Sequence[str]) -> list[str]:
        """Those of the properties which were sent that it complains about."""
        named = set(_NAMED.findall(self.text))
        return [name for name in sent if name in named]


def _word(value: Any) -> str:
    return value if isinstance(value, str) and len(value) < 100 else ""


def _texts(said: Mapping[str, Any]) -> Iterator[str]:
    """Its message, those of its details, and the names of properties and scopes in their contexts."""
    details = [said, *(one for one in said.get("errors") or () if isinstance(one, Mapping))]
    for one in details[:50]:
        if isinstance(message := one.get("message"), str):
            yield message[:10_000]
        context = one.get("context")
        for name, values in context.items() if isinstance(context, Mapping) else ():
            listed = values if isinstance(values, list) else [values]
            for value in listed[:50]:
                if isinstance(value, str) and len(value) < 200:
                    is_name = name in ("propertyName", "properties") and _PROPERTY.fullmatch(value)
                    yield f'"propertyName": "{value}"' if is_name else value


def raise_refusal(
    response: httpx.Response, *, now: datetime, writes: bool, sent: Sequence[str] = (), zone: ZoneInfo | None = None
) -> None:
    """Raise what the answer means, unless it is a success.

    `sent` are the names of the properties that were written, `zone` is the account's, by whose midnight a daily limit ends.
    """
    status = response.status_code
    if status >= 300:
        said = Said.of(response)
        _raise_wait(response, said, now=now, zone=zone)
        raise_said(status, said, sent)
    raise_for_status(response, vendor=VENDOR, now=now, writes=writes)


def raise_said(status: int, said: Said, sent: Sequence[str] = ()) -> None:
    """Raise what is peculiar to HubSpot."""
    match status:
        case 400 if said.is_hubspots:
            raise Invalid(_invalid(said, sent))
        case 403 if said.is_hubspots:
            raise Forbidden(_forbidden(said))
        case 404 if said.is_hubspots:
            raise NotFound(f"{VENDOR} has no such record")
        case 409:
            found = _EXISTING.search(said.text)
            raise Conflict(f"another record of {VENDOR} has this value", found[1] if found else None)
        case _:
            return


def _raise_wait(response: httpx.Response, said: Said, *, now: datetime, zone: ZoneInfo | None) -> None:
    status, told = response.status_code, retry_after(response, now=now)
    if status == 429:
        wait = told or _pause(response, said.policy, now, zone)
        raise Retryable(
            f"{VENDOR} asks for fewer calls (status 429{_policy(said.policy)})",
            retry_after=wait,
            scope=Scope.CONNECTION,
        )
    if status == 423:
        raise Retryable(f"{VENDOR} has locked the record for a moment (status 423)", retry_after=told or _LOCKED)
    if status == 477:
        text = f"{VENDOR} moves the account to another data centre (status 477)"
        raise Retryable(text, retry_after=told, scope=Scope.CONNECTION)


def _pause(response: httpx.Response, policy: str, now: datetime, zone: ZoneInfo | None) -> timedelta | None:
    """How long to wait where HubSpot does not say: until midnight of the account's day, or as long as its window is."""
    if policy == _DAILY:
        if zone is None:
            return _UNTIL_TOMORROW
        here = now.astimezone(zone)
        midnight = datetime.combine(here.date() + timedelta(days=1), time(), zone)
        return midnight - now
    if policy == _SECONDLY:
        return timedelta(seconds=1)
    window = response.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
    if window.isascii() and window.isdigit() and len(window) < 7:
        return timedelta(milliseconds=int(window))
    return timedelta(seconds=10) if policy else None


def _policy(policy: str) -> str:
    return f", {policy}" if policy in (_DAILY, _SECONDLY, "TEN_SECONDLY_ROLLING") else ""


def _invalid(said: Said, sent: Sequence[str]) -> str:
    named = said.properties(sent)
    if named:
        return (
            f"{VENDOR} does not take the value of {', '.join(named)}: a rule of the account's admin, an option that it "
            "does not have, or a property that is not there"
        )
    return f"{VENDOR} refused the request (status 400)"


def _forbidden(said: Said) -> str:
    words = set(re.findall(r"[a-z]+(?:\.[a-z_]+){0,3}", said.text))
    missing = [scope for scope in SCOPES if scope in words]
    if missing:
        return f"the sign-in lacks a scope that this needs: one of {', '.join(missing)}"
    return f"the sign-in may not do this in {VENDOR} (status 403)"
