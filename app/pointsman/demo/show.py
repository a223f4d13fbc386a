"""The demo's course: seed the floor, send what the world sends, wait until it is worked off, show what became of it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from pointsman.demo import calendars, report
from pointsman.demo.api import Api, DemoError
from pointsman.demo.script import Keepsake, body, document
from pointsman.demo.seed import owners, seed
from pointsman.demo.senders import Sender
from pointsman.local.calendar_server import CalendarServer

PATIENCE_S = 120.0


@contextmanager
def demo_calendars(state: Path) -> Iterator[CalendarServer]:
    """A calendar server with a login for each closer, until the block ends; its calendars stay for the next time."""
    server = CalendarServer(state / "calendars")
    server.start(owners())
    try:
        yield server
    finally:
        server.stop()


def run(base_url: str, key: str, *, server: CalendarServer, kept: Keepsake, out: Console) -> None:
    """Everything, against a running service. Raises DemoError with what the service answered."""
    api = Api(base_url, key)
    try:
        with Progress(console=out, transient=True) as progress:
            task = progress.add_task("Setting the floor up", total=None)
            senders = seed(api, server, kept, now=datetime.now(UTC))
            story = document("story.yaml")
            progress.update(task, description="Sending leads")
            _send(senders, story["leads"])
            _wait(api)
            progress.update(task, description="SDRs hand over")
            _send(senders, story["handovers"])
            _call(api, story["phone"])
            _wait(api)
        _show(api, server, out)
    finally:
        api.close()
    login = (owners()[0], server.password(owners()[0]))
    report.next_steps(out, base_url=base_url, key=key, calendar_url=server.url, login=login)


def _send(senders: Mapping[str, Sender], letters: list[dict[str, str]]) -> None:
    for letter in letters:
        senders[letter["intake"]].send(body(letter["body"]), event_id=f"demo-{letter['body']}", now=datetime.now(UTC))


def _call(api: Api, phone: Mapping[str, Any]) -> None:
    """An SDR with the buyer on the phone: three calls, and the appointment stands before they hang up."""
    lead = api.call("POST", "/v1/leads", phone["lead"], headers={"Idempotency-Key": "demo-phone-lead"})["lead"]
    handed = api.call("POST", f"/v1/leads/{lead['id']}/qualifications", phone["qualification"])
    if handed["appointment"] is None and handed["slots"]:
        wish = {"lead_id": lead["id"], "start": handed["slots"][0]["start"]}
        api.call("POST", "/v1/appointments", wish)


def _wait(api: Api) -> None:
    """Until nothing waits in the inbox, and every appointment stands in its calendar."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not any(True for _ in api.every("/v1/inbox", status="received")) and not any(
            True for _ in api.every("/v1/deliveries", status="pending")
        ):
            return
        time.sleep(0.3)
    raise DemoError(f"The worker did not finish within {PATIENCE_S:.0f} s; see the lines above, and GET /v1/inbox.")


def _show(api: Api, server: CalendarServer, out: Console) -> None:
    leads = {lead["id"]: lead for lead in api.every("/v1/leads")}
    inbox = sorted(api.every("/v1/inbox"), key=lambda item: item["received_at"])
    out.print()
    out.print(report.leads_table([row for item in inbox if (row := _lead_row(api, leads, item))]))
    out.print()
    out.print(report.handovers_table([row for item in inbox if (row := _handover_row(leads, item))]))
    out.print()
    zones = {rep["key"]: rep["time_zone"] for rep in document("floor.yaml")["reps"]}
    out.print(report.calendar_table(calendars.entries(server, owners()), zones))


def _lead_row(api: Api, leads: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, str] | None:
    """One line for each event that brought a new lead or a new decision."""
    result = item["result"] or {}
    if item["status"] == "dead":
        return {"lead": "", "intake": item["intake"], "work": "[red]dead letter[/]", "to": "", "why": item["error"]}
    if not result.get("decision_id") or "gate_passed" in result:
        return None
    decision = api.call("GET", f"/v1/decisions/{result['decision_id']}")
    to = decision["rep"] or ("[yellow]held[/]" if decision["outcome"] == "held" else "marketing")
    return {
        "lead": _name(leads, item["lead_id"]),
        "intake": item["intake"],
        "work": decision["work"] or "",
        "to": to,
        "why": decision["summary"],
    }


def _handover_row(leads: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any] | None:
    result = item["result"] or {}
    if "gate_passed" not in result:
        return None
    return {
        "lead": _name(leads, item["lead_id"]),
        "passed": result["gate_passed"],
        "missing": "\n".join([*(item["why"] for item in (*result["missing"], *result["refused"])), *result["failed"]]),
        "what": result["what_happens"],
    }


def _name(leads: Mapping[str, Any], lead_id: str | None) -> str:
    lead = leads.get(lead_id or "", {})
    return " ".join(part for part in (lead.get("first_name"), lead.get("last_name")) if part) or "?"

