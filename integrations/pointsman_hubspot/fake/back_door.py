"""What is no part of HubSpot's API: what users do in its pages, for those who run the fake.

Below `/_fake/`: `POST {kind}` with values makes a record, `PATCH {kind}/{id}` changes it, `DELETE {kind}/{id}` puts it into the
recycle bin, `POST {kind}/{id}/merge` with the id of `other` merges that one into it. `PUT lists/{id}` makes a list,
`PUT lists/{id}/{contact}` puts a contact into it. `POST owners` with `email`, `first_name` and `last_name` makes an owner.
`PUT webhooks` with a `callback` has the app's webhooks sent there, and `rules/{kind}/{property}` with a `pattern` is an admin's
validation rule.
"""

from typing import TYPE_CHECKING, Any

import httpx

from pointsman_hubspot.fake.catalogue import Owner
from pointsman_hubspot.fake.wire import Refused, error, not_found
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

if TYPE_CHECKING:
    from pointsman_hubspot.fake.vendor import HubSpotVendor


def answer(vendor: "HubSpotVendor", request: httpx.Request, parts: tuple[str, ...]) -> httpx.Response:
    """Serve a path below `/_fake/`."""
    try:
        body = parse_json(request.content) if request.content else {}
        found = _done(vendor, request.method, parts, body)
    except Refused as refusal:
        return error(refusal)
    except (Unreadable, KeyError, ValueError, TypeError, AttributeError):
        return error(Refused(400, "VALIDATION_ERROR"))
    if vendor.hooks.post is not None:
        vendor.hooks.send()
    return httpx.Response(200, json=found)


def _done(vendor: "HubSpotVendor", method: str, parts: tuple[str, ...], body: Any) -> dict[str, Any]:
    """The id, the name, or whatever the caller needs of what was done."""
    if parts[0] in vendor.records.rows:
        return _on_record(vendor, method, parts, body)
    match method, parts:
        case "POST", ("owners",):
            number = str(max(int(one.id) for one in vendor.owners) + 1)
            vendor.owners.append(Owner(id=number, **body))
            done = {"id": number}
        case "PUT", ("lists", name):
            vendor.add_list(name, dynamic=body.get("dynamic") is True)
            done = {"id": name}
        case "PUT", ("lists", name, record):
            vendor.join(name, record)
            done = {"id": record}
        case "PUT", ("webhooks",):
            vendor.hooks.callback = body["callback"]
            done = {"secret": vendor.app_secret}
        case "PUT", ("rules", kind, name):
            vendor.records.properties[kind][name].rule = body.get("pattern")
            done = {"name": name}
        case _:
            raise not_found()
    return done


def _on_record(vendor: "HubSpotVendor", method: str, parts: tuple[str, ...], body: Any) -> dict[str, Any]:
    match method, parts:
        case "POST", (kind,):
            return vendor.add(kind, **body).shown(body)
        case "POST", (kind, record, "merge"):
            vendor.merge(kind, record, str(body["other"]))
        case "PATCH", (kind, record):
            vendor.edit(kind, record, **body)
        case "DELETE", (kind, record):
            vendor.archive(kind, record)
        case _:
            raise not_found()
    return {"id": record}
