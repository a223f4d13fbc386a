"""An SDR with the buyer on the phone: lead, evidence and appointment in three calls, before they hang up."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from pointsman.demo.api import ApiClient, refusal_error
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.callers import SEES_ALL
from pointsman.services.roster.names import RosterNames
from pointsman.services.wording.rendering import MessageReader, render

_TRIES = "5"


def hand_over_by_phone(api: ApiClient, story: Mapping[str, Any], reader: MessageReader) -> dict[str, Any]:
    """Make the calls, as far as they were not made before; the lead's id and how its hand-off ended."""
    lead = _known(api, story["lead"]["email"])
    if lead is None:
        lead = api.call("POST", "/v1/leads", story["lead"], headers=_idempotency_header(story["lead"]))["lead"]
    lead_id = str(lead["id"])
    if handed := _booked(api, lead_id, reader):
        return handed
    where = f"/v1/leads/{lead_id}/handovers"
    answer = api.send("POST", where, json=story["qualification"], headers=_idempotency_header(story["qualification"]))
    if answer.status_code == httpx.codes.CONFLICT:  # an admin did something else with the lead
        return {"lead_id": lead_id, "passed": False, "missing": "", "what": answer.json()["detail"]}
    if not answer.is_success:
        raise refusal_error(f"POST {where}", answer)
    said = answer.json()
    if said["closer"]:
        _book(api, lead_id)
    missing = [*(item["why"] for item in (*said["missing"], *said["refused"])), *said["failed"]]
    ended = {"lead_id": lead_id, "passed": said["passed"], "missing": "\n".join(missing), "what": said["what_happens"]}
    return _booked(api, lead_id, reader) or ended


def _known(api: ApiClient, email: str) -> dict[str, Any] | None:
    return next((lead for lead in api.iter_items("/v1/leads") if lead["email"] == email), None)


def _book(api: ApiClient, lead_id: str) -> None:
    """Book the first slot that is still free; the demo goes on without one."""
    shown = api.send("GET", f"/v1/leads/{lead_id}/slots", params={"limit": _TRIES})
    for slot in shown.json()["slots"] if shown.is_success else ():
        answer = api.send("POST", "/v1/appointments", json={"lead_id": lead_id, "start": slot["start"]})
        if answer.is_success:
            return
        if answer.status_code != httpx.codes.CONFLICT:
            raise refusal_error("POST /v1/appointments", answer)


def _booked(api: ApiClient, lead_id: str, reader: MessageReader) -> dict[str, Any] | None:
    """The hand-off as the lead's appointment tells it, on the clock of the service's other answers to the demo's key."""
    found = next(iter(api.iter_items("/v1/appointments", lead=lead_id)), None)
    if found is None:
        return None
    reps = {rep["key"]: rep for rep in api.call("GET", "/v1/roster")["reps"]}
    clock = RosterNames(zones={key: rep["time_zone"] for key, rep in reps.items()}).clock_of(None, SEES_ALL)
    start = datetime.fromisoformat(found["start"]).astimezone(ZoneInfo(clock or "UTC"))
    key = "demo-floor.has-lead-without" if found["status"] == "cancelled" else "demo-floor.has-lead"
    what = render(say(key, rep=reps[found["rep"]]["name"], at=start), reader)
    return {"lead_id": lead_id, "passed": True, "missing": "", "what": what}


def _idempotency_header(body: Mapping[str, Any]) -> dict[str, str]:
    """A repeated call with the same content brings the first answer back."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {"Idempotency-Key": f"demo-{digest[:32]}"}
