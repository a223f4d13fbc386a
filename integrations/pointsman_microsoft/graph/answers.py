"""What Graph says is wrong: the codes of its errors, and what the connector makes of them.

An error is `{"error": {"code": ..., "message": ...}}` (Graph, "error responses"). The text may name people, and is not passed on.
"""

from datetime import timedelta

import httpx

from pointsman_sdk import PlaceGone, Rejected, Retryable
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_WORTH_READING = 8_000  # bytes of an answer that may name its fault
ITEM_GONE = frozenset({"ErrorItemNotFound", "ErrorInvalidIdMalformed", "ResourceNotFound", "ExtensionError"})
#: A mailbox or calendar that is not there, or not for us.
PLACE_GONE = frozenset(
    {
        "ErrorItemNotFound",
        "ErrorFolderNotFound",
        "ErrorInvalidUser",
        "ErrorInvalidIdMalformed",
        "ErrorNonExistentMailbox",
        "ErrorMissingEmailAddress",  # of who signed in and has no mailbox (node-outlook issue 7)
        "ErrorAccessDenied",
        "ErrorAccountDisabled",
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
        "Request_ResourceNotFound",
        "ResourceNotFound",
    }
)
#: Passes by itself, with whatever status it is said.
_LATER = frozenset(
    {
        "ErrorMailboxMoveInProgress",
        "MailboxInfoStale",
        "ErrorMailboxStoreUnavailable",
        "ErrorServerBusy",
        "ErrorTimeoutExpired",
        "ConcurrentItemSave",
        "ErrorConcurrentItemSave",
        "ErrorFolderSaveConflict",
        "ErrorSaveConflict",
    }
)
_THROTTLED = frozenset({"ApplicationThrottled", "TooManyRequests", "ErrorExceededConnectionCount"})
_NEXT_SUBSCRIPTIONS = timedelta(seconds=30)  # where Graph names no time
_NO_SYNC = frozenset({"SyncStateNotFound", "SyncStateInvalid", "resyncRequired", "ErrorInvalidSyncStateData"})
_REFUSED = 400


class Changed(Retryable):
    """The event is not the one that was read: read again (412 ErrorIrresolvableConflict, msgraph-sdk-dotnet issue 1201)."""


class Duplicate(Retryable):
    """Another event was made with this transactionId (corso issue 2490)."""


class CursorLost(Retryable):
    """The token of a delta query is not known any more (410; Graph, "delta query overview")."""


def code_of(response: httpx.Response) -> str:
    """What Graph calls the fault; "" where the answer does not say."""
    if response.status_code < _REFUSED or len(response.content) > _WORTH_READING:
        return ""
    try:
        found = parse_json(response.content)
        code = found["error"]["code"]
    except (Unreadable, TypeError, KeyError):
        return ""
    return code if isinstance(code, str) else ""


def is_throttled(response: httpx.Response) -> bool:
    return code_of(response) in _THROTTLED


def raise_throttling_of_subscriptions(response: httpx.Response, *, wait: timedelta | None) -> None:
    """Raise Retryable for the one call where there were too many about subscriptions: Graph counts these by themselves, for a
    whole data centre (category "subscriptionservice"; learn.microsoft.com/answers/questions/1138873), and bookings go on.
    """
    status = response.status_code
    if status == 429 or is_throttled(response) or (status in (403, 503) and wait is not None):
        said = _NEXT_SUBSCRIPTIONS if wait is None else wait
        raise Retryable(f"Microsoft Graph asks for fewer calls about subscriptions (status {status})", retry_after=said)


def raise_what_is_peculiar(status: int, code: str, *, wait: timedelta | None, of_place: bool) -> None:
    """Raise what a code means. `of_place`: the request names no event, so that what is not found is the calendar.

    What passes by itself is one mailbox's: others over the connection go on.
    """
    if code == "ErrorDuplicateTransactionId":
        raise Duplicate("an event was made with this transactionId before")
    if status == 412 or code in ("ErrorIrresolvableConflict", "ErrorChangeKeyRequiredForWriteOperations"):
        raise Changed("others changed the event in Outlook")
    if status == 410 or code in _NO_SYNC:
        raise CursorLost("the list of changes cannot be gone on with")
    if not of_place and status == 404 and code in ITEM_GONE:
        raise Changed("the event was removed in Outlook")
    if code in _LATER:
        raise Retryable("the mailbox cannot be used for the moment", retry_after=wait)
    if of_place and status in (400, 403, 404) and code in PLACE_GONE:
        raise PlaceGone("there is no such mailbox or calendar, or the app may not use it")
    if code == "ValidationError":
        raise Rejected("Microsoft could not call back: the public address has to be https, and open to the internet")
    if code == "Authorization_RequestDenied":
        raise Rejected("the app has no permission for this: an administrator has to give it in the Azure portal")
