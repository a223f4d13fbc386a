"""Everything that can go wrong for a caller, named for what the caller does next.

    PointsmanError
    ├── Invalid                      the request is wrong as written: mend it
    │   └── PolicyInvalid            the policy document has faults: mend them
    ├── Unauthenticated              say who you are
    ├── Forbidden                    this key may not do that
    ├── NotFound                     no such thing
    ├── Conflict                     the state of things forbids it: look again
    │   ├── SlotTaken                that time is gone: choose another slot
    │   ├── RequestInFlight          the same request is still running: wait and retry
    │   └── StaleVersion             another request changed it: read, then retry
    ├── RoleProtected                the rep's role or the gate forbids this work: no path around it
    ├── IdempotencyKeyReused         an idempotency key came back with another body: use a new key
    ├── TooLarge                     more than we accept at once: send less
    ├── UnsupportedMedia             a kind of body that we do not read: send another kind
    ├── TooManyRequests              more often than we accept: wait, then retry
    └── Unavailable                  we cannot do it right now: retry later

`path` points at the fault inside the request ("rules[3].when.field"); `code` is stable and goes
into the problem's `type`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_FAULTS = 100  # that an answer lists; more than anybody mends at once
_LONGEST_PATH, _LONGEST_MESSAGE = 300, 600  # characters: a path or message may quote a name of the request


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault in a request: where it is, what it is, and what to do about it.

    `told` is the message that says the same in any language, where there is one; its JSON form, where another process found it.
    """

    path: str
    code: str
    message: str
    told: object = field(default=None, compare=False, repr=False)


def listed_faults(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The first MAX_FAULTS, none longer than a reader takes in."""
    return tuple(
        Fault(path=_cut(f.path, _LONGEST_PATH), code=f.code, message=_cut(f.message, _LONGEST_MESSAGE), told=f.told)
        for f in faults[:MAX_FAULTS]
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class PointsmanError(Exception):
    """Base of all errors that a caller may see; `str(error)` is written for the person who must act.

    Of many `faults` the first are kept; `faults_left_out` counts the others. `told` is the message that it was written from,
    where it was: for who keeps it and tells it in another language.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        faults: Sequence[Fault] = (),
        extra: Mapping[str, object] | None = None,
        told: object = None,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.faults = listed_faults(faults)
        self.faults_left_out = max(len(faults) - MAX_FAULTS, 0)
        self.extra = dict(extra or {})
        self.told = told


class Invalid(PointsmanError):
    """The request is wrong as written."""

    code = "invalid"


class PolicyInvalid(Invalid):
    """The policy document has faults that keep it from being published."""

    code = "policy-invalid"


class Unauthenticated(PointsmanError):
    """The caller is unknown: the key or the signature is missing or wrong."""

    code = "unauthenticated"


class Forbidden(PointsmanError):
    """The caller is known, but may not do this."""

    code = "forbidden"


class NotFound(PointsmanError):
    """There is no such thing, or this caller may not see it."""

    code = "not-found"


class Conflict(PointsmanError):
    """The present state forbids the request."""

    code = "conflict"


class SlotTaken(Conflict):
    """The time was free and is not any more."""

    code = "slot-taken"


class RequestInFlight(Conflict):
    """The first request with this idempotency key has not finished."""

    code = "in-flight"


class StaleVersion(Conflict):
    """The thing changed since the caller read it."""

    code = "stale-version"


class RoleProtected(PointsmanError):
    """The work lies outside the rep's role, or the lead has not passed the gate."""

    code = "role-protected"


class IdempotencyKeyReused(PointsmanError):
    """An idempotency key was used before with a different body."""

    code = "idempotency-key-reused"


class TooLarge(PointsmanError):
    """The request is larger or deeper than the limits allow."""

    code = "too-large"


class UnsupportedMedia(PointsmanError):
    """The body is of a kind that we do not read here."""

    code = "unsupported-media"


class TooManyRequests(PointsmanError):
    """More often than we accept; `retry_after_s` says in how many seconds it may be tried again."""

    code = "too-many-requests"

    def __init__(self, message: str, *, retry_after_s: int, code: str | None = None, told: object = None) -> None:
        super().__init__(message, code=code, told=told)
        self.retry_after_s = retry_after_s


class Unavailable(PointsmanError):
    """A part we need does not answer right now."""

    code = "unavailable"
