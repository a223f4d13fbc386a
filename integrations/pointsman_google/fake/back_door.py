"""What is no part of Google's API: the owners of calendars, and a key for the service account, for those who run the fake.

Below `/_fake/`: `GET service-account-key`; `PUT user` with the `email` of who signs in, whose domain delegates to the service
account; `PUT calendars/{id}` with fields of a calendar; and as the owner does in Google's own pages, with fields of an event as
Google names them, `POST calendars/{id}/events`, `PATCH` and `DELETE` of
`calendars/{id}/events/{event}`.
"""

from typing import TYPE_CHECKING, Any

import httpx

from pointsman_google.fake.wire import Refused, error, not_found
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

if TYPE_CHECKING:
    from pointsman_google.fake.vendor import GoogleVendor

_FIELDS = frozenset({"owner", "summary", "zone", "roles", "shares_busy", "meets", "invites"})


def answer(vendor: "GoogleVendor", request: httpx.Request, parts: tuple[str, ...]) -> httpx.Response:
    """Serve a path below `/_fake/`."""
    try:
        body = parse_json(request.content) if request.content else {}
        return httpx.Response(200, json=_done(vendor, request.method, parts, body))
    except Refused as refusal:
        return error(refusal)
    except (Unreadable, KeyError, ValueError, TypeError, AttributeError):
        return error(Refused(400, "badRequest"))


def _done(vendor: "GoogleVendor", method: str, parts: tuple[str, ...], body: Any) -> Any:
    match method, parts:
        case "GET", ("service-account-key",):
            return {"key": vendor.accounts.key_file()}
        case "PUT", ("user",):
            vendor.user = body["email"]
            return {"email": vendor.user}
        case "PUT", ("calendars", name):
            calendar = vendor.calendar(name, owner=body.get("owner"))
            for field in _FIELDS & body.keys():
                setattr(calendar, field, body[field])
            return {"id": name}
        case "POST", ("calendars", name, "events"):
            return vendor.events.insert(vendor.calendar(name), body)
        case "PATCH", ("calendars", name, "events", event):
            return vendor.events.change(vendor.calendar(name), event, body)
        case "DELETE", ("calendars", name, "events", event):
            vendor.erase(name, event)
            return {"id": event}
        case _:
            raise not_found()
