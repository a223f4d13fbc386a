"""Set the demo floor up, through the service's own API as an admin would. Doing it again changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from pointsman.demo import calendars
from pointsman.demo.api import Api
from pointsman.demo.script import Keepsake, body, document
from pointsman.demo.senders import Sender
from pointsman.local.calendar_server import SERVICE, CalendarServer

_ROSTER = ("roles", "suppliers", "reps")


def owners() -> list[str]:
    """The reps whose calendars the demo's server holds."""
    return list(document("floor.yaml")["calendars"]["owners"])


def seed(api: Api, server: CalendarServer, kept: Keepsake, *, now: datetime) -> dict[str, Sender]:
    """Roster, calendars, policy and intakes; answers with the senders by their intake's key."""
    floor = document("floor.yaml")
    api.call("PUT", "/v1/roster", {name: floor[name] for name in _ROSTER})
    _policy(api, document("policy.yaml"))
    _calendars(api, server, floor["calendars"], floor["reps"], now=now)
    return {intake["key"]: _intake(api, intake, kept) for intake in document("intakes.yaml")}


def _calendars(
    api: Api, server: CalendarServer, wanted: Mapping[str, Any], reps: Sequence[Mapping[str, Any]], *, now: datetime
) -> None:
    account = {"base_url": server.url, "username": SERVICE, "password": server.password()}
    key = wanted["connection"]["key"]
    api.call("PUT", f"/v1/connections/{key}", {"connector": wanted["connection"]["connector"], "config": account})
    for owner in wanted["owners"]:
        url = server.ensure_calendar(owner, calendars.NAME)
        binding = {"connection": key, "calendar": url, "writes": True}
        api.call("PUT", f"/v1/reps/{owner}/calendars", {"calendars": [binding]})
    zone = next(rep["time_zone"] for rep in reps if rep["key"] == wanted["busy"])
    calendars.block_a_morning(server, wanted["busy"], zone=zone, now=now)


def _policy(api: Api, wanted: Mapping[str, Any]) -> None:
    """Publish the demo's policy once; what an admin published since then stays."""
    if api.send("GET", "/v1/policies/current").status_code == httpx.codes.OK:
        return
    draft = api.call("POST", "/v1/policies", wanted)
    api.call("POST", f"/v1/policies/{draft['version']}/publish", {"note": "The demo's policy", "expected_current": None})


def _intake(api: Api, wanted: Mapping[str, Any], kept: Keepsake) -> Sender:
    secret = kept.sender_secret(wanted["key"])
    sample = httpx.Response(200, content=body(wanted["sample"])).json()
    given = {**wanted, "sample": sample, "secrets": [secret]}
    address = f"/v1/intakes/{wanted['key']}"
    if api.send("GET", address).status_code == httpx.codes.OK:
        made = api.call("PUT", address, {name: value for name, value in given.items() if name != "key"})
    else:
        made = api.call("POST", "/v1/intakes", given)
    return Sender(address=made["address"], scheme=wanted["verifier"]["scheme"], secret=secret)

