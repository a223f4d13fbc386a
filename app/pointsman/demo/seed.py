"""Set the demo floor up, through the service's own API as an admin would. What an admin changed since then stays."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from pointsman.demo import calendars
from pointsman.demo.api import ApiClient
from pointsman.demo.files import DemoState, load_yaml, read_example
from pointsman.demo.senders import Sender
from pointsman.demo.vendors import DemoVendors, connect_calendars, connect_mail, vendor_owners
from pointsman.local.calendar_server import SERVICE_USER, CalendarServer

_ROSTER = {"roles": "name", "suppliers": "key", "reps": "key"}


def calendar_owners() -> list[str]:
    """The reps with a login at the demo's calendar server; without a fake vendor all have their calendars there."""
    return [*load_yaml("floor.yaml")["calendars"]["owners"], *vendor_owners()]


def server_owners() -> list[str]:
    """The reps whose calendars are on the demo's server, beside the fake vendor."""
    return list(load_yaml("floor.yaml")["calendars"]["owners"])


def demo_organisation() -> str:
    """The name of the organisation that the demo is about, as buyers read it."""
    return str(load_yaml("floor.yaml")["organisation"])


def demo_connection() -> str:
    """The key of the connection to the demo's own calendar server."""
    return str(load_yaml("floor.yaml")["calendars"]["connection"]["key"])


def seed_floor(
    api: ApiClient, server: CalendarServer, kept: DemoState, *, now: datetime, vendors: DemoVendors | None = None
) -> dict[str, Sender]:
    """Roster, calendars, policy and intakes; answers with the senders by their intake's key.

    A floor without `vendors` writes no mail, and has all calendars on the server.
    """
    floor = load_yaml("floor.yaml")
    _roster(api, floor)
    policy = read_example("policy.yaml")
    if vendors is not None:
        connect_mail(api, vendors, floor["mail"], floor["organisation"])
        policy = policy.replace(b"# invitations:", b"invitations:")
    _policy(api, policy)
    calendars_here = floor["calendars"]
    if vendors is None:
        calendars_here = {**calendars_here, "owners": [*calendars_here["owners"], *floor["vendor"]["owners"]]}
    else:
        vendor = floor["vendor"]
        for owner, calendar in connect_calendars(api, vendors, vendor, floor["reps"]).items():
            _bind(api, owner, vendor["connection"]["key"], calendar)
    _calendars(api, server, calendars_here, floor["reps"], now=now)
    return {intake["key"]: _intake(api, intake, kept) for intake in load_yaml("intakes.yaml")}


def _roster(api: ApiClient, floor: Mapping[str, Any]) -> None:
    """Add the reps that are missing; whether the roster is the demo's was asked before (`own_floor`)."""
    there = api.call("GET", "/v1/roster")
    known = {part: {row[name] for row in there[part]} for part, name in _ROSTER.items()}
    missing = {part: [row for row in floor[part] if row[name] not in known[part]] for part, name in _ROSTER.items()}
    if any(missing.values()):
        api.call("PUT", "/v1/roster", missing)


def _policy(api: ApiClient, wanted: bytes) -> None:
    """Publish the demo's policy once, as it is written; what an admin published since then stays."""
    if api.send("GET", "/v1/policies/current").status_code == httpx.codes.OK:
        return
    draft = api.call("POST", "/v1/policies", content=wanted, headers={"Content-Type": "application/yaml"})
    api.call(
        "POST", f"/v1/policies/{draft['version']}/publish", {"note": "The demo's policy", "expected_current": None}
    )


def _calendars(
    api: ApiClient,
    server: CalendarServer,
    wanted: Mapping[str, Any],
    reps: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> None:
    """Connect the server anew at each start, since its port may be another; other calendars of a rep stay."""
    account = {"base_url": server.url, "username": SERVICE_USER, "password": server.password()}
    key = wanted["connection"]["key"]
    api.call("PUT", f"/v1/connections/{key}", {"connector": wanted["connection"]["connector"], "config": account})
    for owner in wanted["owners"]:
        # Bound by its path: what is owed to the calendar must reach it when the server's port is another.
        path = httpx.URL(server.ensure_calendar(owner, calendars.CALENDAR_NAME)).path
        _bind(api, owner, key, path)
    zone = next(rep["time_zone"] for rep in reps if rep["key"] == wanted["busy"])
    calendars.block_a_morning(server, wanted["busy"], zone=zone, now=now)


def _bind(api: ApiClient, owner: str, key: str, calendar: str) -> None:
    """The one calendar of a rep at this connection, beside those of others; appointments go where they went."""
    address = f"/v1/reps/{owner}/calendars"
    bound = api.call("GET", address)["calendars"]
    others = [{name: row[name] for name in ("connection", "calendar", "writes")} for row in bound]
    others = [row for row in others if row["connection"] != key]
    ours = {"connection": key, "calendar": calendar, "writes": not any(row["writes"] for row in others)}
    api.call("PUT", address, {"calendars": [*others, ours]})


def _intake(api: ApiClient, wanted: Mapping[str, Any], kept: DemoState) -> Sender:
    secret = kept.sender_secret(wanted["key"])
    there = api.send("GET", f"/v1/intakes/{wanted['key']}")
    if there.status_code == httpx.codes.OK:
        made = there.json()
    else:
        sample = httpx.Response(200, content=read_example(wanted["sample"])).json()
        made = api.call("POST", "/v1/intakes", {**wanted, "sample": sample, "secrets": [secret]})
    return Sender(
        address=made["address"],
        verifier=made["verifier"],
        secret=secret,
        signs_as_asked=made["verifier"]["scheme"] == wanted["verifier"]["scheme"],
    )


def set_intake_secret(api: ApiClient, intake: str, secret: str) -> bool:
    """Have the intake believe this secret, when the one that it knows was lost. False when it is refused."""
    there = api.call("GET", f"/v1/intakes/{intake}")
    document = {name: there[name] for name in ("title", "kind", "verifier", "mapping", "sample", "active")}
    return api.send("PUT", f"/v1/intakes/{intake}", json={**document, "secrets": [secret]}).is_success
