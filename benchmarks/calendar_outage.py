"""Two real calendar servers, Radicale and Xandikos: are edits made there noticed, and is a minute without them survived?

    python benchmarks/calendar_outage.py [--away 60]

Each closer's calendar lies on another server. One event of each closer is edited past the service (moved, and deleted); then
both servers are killed with SIGKILL, stay away, and come back on their ports with their data.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import floors
import httpx
from programs import PYTHON, Program, free_port, start_all
from rich.console import Console
from service import Api, Service

LOGIN = ("closers", "outage-password")
NOTICED = 75.0  # seconds: a look a minute, give or take its tenth, and the reading
CALLED_OFF = 3 * NOTICED  # two looks at least a minute apart: the third, where the second came a little early
RECOVERED = 45.0  # the busy times of what could not be read are read again every half minute

RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[web]
type = none
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of the two, with the calendar of one closer."""

    name: str
    closer: str
    program: Program
    url: str
    calendar: str
    login: tuple[str, str] | None

    def ask(self, method: str, path: str, content: str | None = None, **headers: str) -> httpx.Response:
        answer = httpx.request(
            method, f"{self.url}{path}", auth=self.login, content=content, headers=headers, trust_env=False
        )
        answer.raise_for_status()
        return answer

    def event(self, appointment: str) -> str | None:
        """The path of an appointment's event."""
        listing = self.ask("PROPFIND", self.calendar, Depth="1").text
        return next((path for path in re.findall(r"href>([^<]*\.ics)<", listing) if appointment in path), None)


def servers(folder: Path) -> Iterator[Server]:
    first, second = free_port(), free_port()
    (folder / "users").write_text(":".join(LOGIN))
    (folder / "config").write_text(RADICALE.format(port=first, folder=folder))
    radicale = [PYTHON, "-m", "radicale", "--config", str(folder / "config")]
    xandikos = [PYTHON, "-m", "xandikos", "serve", "-d", str(folder / "data"), "--state-dir", str(folder / "state")]
    xandikos += ["--defaults", "--current-user-principal", "/user/", "-l", "127.0.0.1", "-p", str(second)]
    for name, argv, port, calendar, login in (
        ("radicale", radicale, first, f"/{LOGIN[0]}/work/", LOGIN),
        ("xandikos", xandikos, second, "/user/calendars/work/", None),
    ):
        program = Program(name, argv, env={}, directory=folder)
        url = f"http://127.0.0.1:{port}"
        yield Server(name=name, closer=f"closer-{name}", program=program, url=url, calendar=calendar, login=login)


def within(seconds: float, what: str, look: Callable[[], bool]) -> float:
    """How long it took until `look` said yes."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            if look():
                return time.monotonic() - began
        except httpx.HTTPError:
            pass
        time.sleep(0.25)
    raise SystemExit(f"FAILED: not within {seconds:g} s: {what}")


def seed(api: Api, both: list[Server]) -> None:
    floor = floors.of_sdrs(1)
    closer = next(rep for rep in floor.reps if rep["key"] == floors.ONLY_CLOSER)
    reps = [rep for rep in floor.reps if rep is not closer]
    reps += [{**closer, "key": s.closer, "name": s.closer, "email": f"{s.closer}@seller.example"} for s in both]
    suppliers = [{"key": "in-house", "name": "Seller", "kind": "in-house"}]
    api.call("PUT", "/v1/roster", {"roles": floors.ROLES, "suppliers": suppliers, "reps": reps})
    policy = floor.policy
    policy["pools"]["closers"]["members"] = [server.closer for server in both]
    draft = api.call("POST", "/v1/policies", policy, note="outage")
    api.call("POST", f"/v1/policies/{draft['version']}/publish", {"note": "outage", "expected_current": None})
    for server in both:
        within(20, f"{server.name} answers", lambda s=server: httpx.get(s.url, trust_env=False).status_code < 500)
        server.ask("MKCALENDAR", server.calendar)
        config: dict[str, Any] = {"base_url": server.url}
        config |= {"username": server.login[0], "password": server.login[1]} if server.login else {}
        api.call("PUT", f"/v1/connections/{server.name}", {"connector": "caldav", "config": config})
        bound = {"connection": server.name, "calendar": server.calendar, "writes": True}
        api.call("PUT", f"/v1/reps/{server.closer}/calendars", {"calendars": [bound]})


def ready(api: Api, number: int) -> dict[str, Any]:
    """A lead that may be booked: what its hand-over was answered."""
    lead_id = api.call("POST", "/v1/leads", floors.lead(str(number)))["lead"]["id"]
    return {"lead_id": lead_id} | api.call("POST", f"/v1/leads/{lead_id}/handovers", floors.qualification())


def booked(api: Api, both: list[Server]) -> dict[str, list[dict[str, Any]]]:
    """Two appointments of each closer, in the calendars."""
    made: dict[str, list[dict[str, Any]]] = {server.closer: [] for server in both}
    for number in range(1, 13):
        if min(map(len, made.values())) >= 2:
            break
        handed = ready(api, number)
        wanted = {"lead_id": handed["lead_id"], "start": handed["slots"][-1]["start"]}
        row = api.call("POST", "/v1/appointments", wanted)
        made[row["rep"]].append(row)
    for server in both:
        for row in made[server.closer]:
            within(20, "the event is in the calendar", lambda s=server, r=row: s.event(r["id"]) is not None)
    return made


def edited(api: Api, both: list[Server], made: dict[str, list[dict[str, Any]]], console: Console) -> None:
    mover, deleter = both
    row = made[mover.closer][0]
    path = mover.event(row["id"])
    assert path is not None
    start, end = (datetime.fromisoformat(row[name]) + timedelta(days=1, hours=5) for name in ("start", "end"))
    text = mover.ask("GET", path).text
    text = re.sub(r"(?m)^DTSTART[;:].*$", f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r", text)
    text = re.sub(r"(?m)^DTEND[;:].*$", f"DTEND:{end:%Y%m%dT%H%M%SZ}\r", text)
    mover.ask("PUT", path, text, **{"Content-Type": "text/calendar"})

    def follows() -> bool:
        there = api.call("GET", f"/v1/appointments/{row['id']}")
        return datetime.fromisoformat(there["start"]) == start

    took = within(NOTICED, f"the move on {mover.name} is followed", follows)
    console.print(f"{mover.name}: an event that was moved took its appointment along after {took:.0f} s")
    row = made[deleter.closer][0]
    path = deleter.event(row["id"])
    assert path is not None
    deleter.ask("DELETE", path)

    def gone() -> bool:
        return bool(api.call("GET", f"/v1/appointments/{row['id']}")["cancelled_by"] == "calendar")

    took = within(CALLED_OFF, f"the deletion on {deleter.name} is followed", gone)
    console.print(f"{deleter.name}: an event that was deleted called its appointment off after {took:.0f} s")


def outage(service: Service, api: Api, both: list[Server], away: float, console: Console) -> None:
    waiting = [ready(api, number) for number in range(21, 25)]
    standing = {r["id"] for r in api.every("/v1/appointments") if r["status"] == "confirmed"}
    http = httpx.Client(
        base_url=service.url, headers={"Authorization": f"Bearer {service.key}"}, timeout=30, trust_env=False
    )

    def tried(number: int) -> int:
        handed = waiting[number]
        wanted = {"lead_id": handed["lead_id"], "start": handed["slots"][0]["start"]}
        return http.post("/v1/appointments", json=wanted).status_code

    def told() -> set[str]:
        alerts = api.call("GET", "/v1/alerts")["items"]
        return {alert["subject"] for alert in alerts if alert["code"] == "calendar-unreadable"}

    everybody = {f"rep:{server.closer}" for server in both}
    for server in both:
        server.program.kill()
    killed = time.monotonic()
    time.sleep(11)  # a booking may rest on a reading of up to ten seconds
    answers, alerted = [], None
    while time.monotonic() - killed < away:
        answers += [tried(number) for number in (0, 1)]
        if alerted is None and told() >= everybody:
            alerted = time.monotonic() - killed
        time.sleep(1)
    start_all([server.program for server in both])
    back = time.monotonic()
    took = within(RECOVERED, "the alerts are closed", lambda: not told())
    first = within(RECOVERED, "a booking is taken again", lambda: tried(2) in (201, 409))
    now = {r["id"] for r in api.every("/v1/appointments") if r["status"] == "confirmed"}
    console.print(
        f"away for {back - killed:.0f} s: {len(answers)} bookings tried, answered {sorted(set(answers))};"
        f" both closers alerted after {alerted or -1:.0f} s; called off: {len(standing - now)};"
        f" alerts closed {took:.0f} s after the servers were back, booked again {took + first:.0f} s after"
    )
    if set(answers) != {503} or alerted is None or standing - now:
        raise SystemExit("FAILED")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--away", type=float, default=60, help="seconds without any calendar server (default 60)")
    options = parser.parse_args()
    console = Console(width=140)
    with tempfile.TemporaryDirectory(prefix="pointsman-outage-") as name, Service() as service:
        both = list(servers(Path(name)))
        api = Api(service.url, service.key)
        try:
            start_all([server.program for server in both])
            seed(api, both)
            made = booked(api, both)
            edited(api, both, made, console)
            outage(service, api, both, options.away, console)
        finally:
            api.close()
            for server in both:
                server.program.stop()


if __name__ == "__main__":
    sys.exit(main())
