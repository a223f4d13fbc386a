"""What Google's refusals mean: the status, and the reason beside it.

Sources: developers.google.com/calendar/api/guides/errors, /guides/quota, /guides/version-resources.
"""

from datetime import datetime, timedelta

import httpx

from pointsman_sdk import PlaceGone, ReauthRequired, Rejected, Retryable, Scope
from pointsman_sdk.http import raise_for_status, retry_after
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

VENDOR = "Google Calendar"
_WORTH_READING = 8_000  # bytes of an answer that says what is wrong
_USAGE = "quotaExceeded"
#: Reasons of a 403 that mean "too many calls", and how long to wait where Google does not say: it counts by the minute, in a
#: window that slides; the limits of a calendar's use are counted over longer.
_WAITS = {
    "rateLimitExceeded": timedelta(seconds=5),
    "userRateLimitExceeded": timedelta(seconds=5),
    "RATE_LIMIT_EXCEEDED": timedelta(seconds=5),
    _USAGE: timedelta(minutes=1),
    "dailyLimitExceeded": timedelta(minutes=10),
}
_LACKS_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
#: Said of the address to call, and not of the sign-in or the calendar.
_NO_CALLBACK = frozenset({"push.webhookUrlUnauthorized", "webhookUrlUnauthorized"})
_SWITCHED_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})


class NotFound(PlaceGone):
    """404: there is no such calendar, or no such event in it, or the user may not know of it."""


class Forbidden(PlaceGone):
    """403: the user sees the calendar and may not do this in it."""


class Gone(Rejected):
    """410: the event was deleted, or a token is too old."""


class Exists(Rejected):
    """409: the id was given out before, also to an event that was deleted since."""


class Changed(Retryable):
    """412: the event is not the one that was read."""


class UsageLimit(Retryable):
    """403 "Calendar usage limits exceeded": of what a user writes, and most of all of the guests from outside, also where none is
    written to. It lasts for hours or days (support.google.com/a/answer/2905486), while readings go on.
    """


class Malformed(Rejected):
    """400: a token or a value that Google does not take."""


def reasons(response: httpx.Response) -> frozenset[str]:
    """The reasons that an answer gives, in Google's words; empty where it gives none."""
    if len(response.content) > _WORTH_READING:
        return frozenset()
    try:
        said = parse_json(response.content)
    except Unreadable:
        return frozenset()
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        return frozenset()
    told = [row for name in ("errors", "details") if isinstance(rows := error.get(name), list) for row in rows]
    found = [row.get("reason") for row in told if isinstance(row, dict)]
    return frozenset(one for one in found if isinstance(one, str))


def refuses_callback(response: httpx.Response) -> bool:
    """Whether it is the address to call that Google does not take, which it says by a 401, too."""
    return bool(reasons(response) & _NO_CALLBACK)


#: Counted over the whole Google Cloud project, and not for the user.
_OF_PROJECT = frozenset({"dailyLimitExceeded"})


def raise_refusal(response: httpx.Response, *, now: datetime, writes: bool, subject: str | None = None) -> None:
    """Raise what the answer means, unless it is a success. `subject`: the user as which a service account called."""
    status = response.status_code
    if status >= 300:
        why = reasons(response)
        if status in (403, 429) and _USAGE in why and writes:
            said = retry_after(response, now=now)
            raise UsageLimit(
                "Google's limits of calendar use are reached", retry_after=_WAITS[_USAGE] if said is None else said
            )
        if status in (403, 429) and (waits := [_WAITS[one] for one in why if one in _WAITS]):
            said = retry_after(response, now=now)
            whose = None if why & _OF_PROJECT else subject
            raise Retryable(
                f"{VENDOR} asks for fewer calls (status {status})",
                retry_after=max(waits) if said is None else said,
                scope=Scope.CONNECTION if whose is None else Scope.SUBJECT,
                subject=whose,
            )
        _raise_what_is_peculiar(status, why)
    raise_for_status(response, vendor=VENDOR, now=now, writes=writes, subject=subject)


def _raise_what_is_peculiar(status: int, why: frozenset[str]) -> None:
    match status:
        case 401 | 403 if why & _NO_CALLBACK:
            raise Malformed(f"{VENDOR} does not call this address")
        case 400:
            raise Malformed(f"{VENDOR} refused the request (status 400)")
        case 403 if why:
            raise _forbidden(why)
        case 404:
            raise NotFound("the calendar is not there, or the sign-in may not see it: share it, or name another")
        case 409:
            raise Exists(f"{VENDOR} has another event by this name")
        case 410:
            raise Gone(f"{VENDOR} says that it is gone")
        case 412:
            raise Changed("others changed the event")
        case _:
            return


def _forbidden(why: frozenset[str]) -> ReauthRequired | Rejected:
    if why & _LACKS_SCOPE:
        return ReauthRequired(
            "the sign-in lacks a permission that Pointsman asks for: sign in again and grant all of them"
        )
    if why & _SWITCHED_OFF:
        return Rejected("the Google Calendar API is switched off in the Google Cloud project: enable it there")
    if "forbiddenForServiceAccounts" in why:
        return Rejected("Google lets a service account invite guests with domain-wide delegation alone")
    if "forbiddenForNonOrganizer" in why:
        return Rejected("the event belongs to another organizer by now: it is theirs to change")
    return Forbidden(
        "the sign-in may not write to this calendar: share it with the right to make changes, or name another"
    )
