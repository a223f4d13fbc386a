"""Texts made to hurt their reader, sent to a service that runs: does any answer come late, and does anything else wait?

    python benchmarks/bombs.py [--at-once 8]

Policies, bodies, expressions and forms are sent as requests, one after another, then so many at once; a calendar server of
ours answers as no calendar server should. Meanwhile /health/live is asked all the time. The bounds: no 5xx but 503 with
Retry-After, no answer after two seconds, /health/live within 100 ms, and every process lives at the end.
"""

import argparse
import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import floors
import uvloop
from hostile import bombs, hostile_calendars
from http_load import HOST, Answer, Connection, percentile, request
from rich.console import Console
from seeding import seed
from service import Api, Service

ANSWER_S, HEALTH_S = 2.0, 0.1
LARGEST = 1_000_000  # a body above it is refused unread
MISTAKE = 404  # of ours: the bomb met no reader

INTAKE = {
    "key": "bombs",
    "title": "Bombs",
    "kind": "lead",
    "verifier": {"scheme": "hmac", "header": "x-signature", "encoding": "hex"},
    "secrets": ["a secret of at least 16 characters"],
    "mapping": {"fields": {"lead.email": "email"}},
    "sample": {"email": "lead@firm.example"},
}


@dataclass(frozen=True, slots=True)
class Bomb:
    """A request that is dear to read."""

    name: str
    raw: bytes


@dataclass(slots=True)
class Found:
    """What came of the bombs."""

    answers: dict[str, Answer] = field(default_factory=dict)
    health: list[float] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)
    beside_late: Counter[str] = field(default_factory=Counter)  # what was in flight while the service was late

    def faults(self) -> Iterator[str]:
        for name, answer in self.answers.items():
            if answer.seconds > ANSWER_S:
                yield f"{name}: answered after {answer.seconds:.2f} s"
            if answer.status in {0, MISTAKE} or (answer.status >= 500 and answer.status != 503):
                yield f"{name}: answered {answer.status or 'not at all'}: {answer.body.decode(errors='replace')[:200]}"
        if max(self.health) > HEALTH_S:
            late = sum(seconds > HEALTH_S for seconds in self.health)
            longest = f"{max(self.health) * 1000:.0f} ms"
            yield f"/health/live took up to {longest}, {late} times too long, beside {dict(self.beside_late)}"

    def __str__(self) -> str:
        counts = ", ".join(
            f"{n} x {status}" for status, n in sorted(Counter(a.status for a in self.answers.values()).items())
        )
        slowest = sorted(self.answers.items(), key=lambda item: -item[1].seconds)[:3]
        slow = ", ".join(f"{name} {answer.seconds:.2f} s" for name, answer in slowest)
        health = sorted(self.health)
        return (
            f"{len(self.answers)} bombs: {counts}; slowest: {slow}; /health/live asked {len(health)} times: "
            f"p50 {percentile(health, 0.5) * 1000:.1f}, p99 {percentile(health, 0.99) * 1000:.1f}, max {health[-1] * 1000:.1f} ms"
        )


class HostileCalendars:
    """A calendar server: whatever a calendar is asked for, the bomb of its name is the answer."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PROPFIND(self) -> None:  # as below: who is signed in, or what a collection is
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                nobody = b'<D:multistatus xmlns:D="DAV:"/>'
                if b"resourcetype" in asked and self.path.startswith("/busy"):  # shared for its busy times alone
                    self._say(403, b"", "text/plain")
                    return
                self._say(207, hostile_calendars.KIND if b"resourcetype" in asked else nobody, "application/xml")

            def do_REPORT(self) -> None:  # the name that http.server looks for
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                kind, _, number = self.path.strip("/").partition("-")
                texts = {"busy": hostile_calendars.FREE_BUSY, "events": hostile_calendars.EVENTS}[kind]
                if b"free-busy-query" in asked and kind == "events":
                    self._say(403, b"", "text/plain")
                    return
                body = list(texts.values())[int(number)]()
                self._say(
                    200 if kind == "busy" else 207, body, "text/calendar" if kind == "busy" else "application/xml"
                )

            def _say(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self) -> None:
                with suppress(ConnectionError):  # the service hangs up on what is too large
                    super().handle()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


def bombs_of(key: str, link: str) -> Sequence[Bomb]:
    """Those that are requests."""
    mine = {"Authorization": f"Bearer {key}"}

    def as_json(path: str, body: bytes) -> bytes:
        return request("POST", path, headers={**mine, "Content-Type": "application/json"}, body=body)

    def yaml(text: str) -> bytes:
        headers = {**mine, "Content-Type": "application/yaml"}
        return request("POST", "/v1/policies/check", headers=headers, body=text.encode())

    def expression(text: str, event: object) -> bytes:
        mapping = {"fields": {"lead.email": "email", "lead.message": text}}
        return as_json("/v1/intakes/bombs/try", json.dumps({"body": event, "mapping": mapping}).encode())

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    found = [
        *(Bomb(f"YAML, {name}", yaml(text)) for name, text in bombs.YAML.items()),
        *(Bomb(f"lead, {name}", as_json("/v1/leads", text)) for name, text in bombs.JSON.items()),
        *(Bomb(f"policy, {name}", as_json("/v1/policies/check", text)) for name, text in bombs.JSON.items()),
        *(Bomb(f"event, {name}", as_json("/v1/intakes/bombs/try", text)) for name, text in bombs.JSON.items()),
        *(Bomb(f"expression, {name}", expression(text, event)) for name, (text, event) in bombs.JMESPATH.items()),
        *(Bomb(f"no expression, {name}", expression(text, {})) for name, text in bombs.NO_EXPRESSIONS.items()),
        *(
            Bomb(f"form, {name}", request("POST", f"{link}/confirm", headers=form, body=text))
            for name, text in bombs.FORMS.items()
        ),
    ]
    return [bomb for bomb in found if len(bomb.raw) <= LARGEST]


async def watched(service: Service, found: Found, work: "asyncio.Future[object] | asyncio.Task[None]") -> None:
    """Ask whether the service lives until the work is done."""
    connection = Connection(service.ports[0])
    raw = request("GET", "/health/live", headers={}, body=b"")
    while not work.done():
        beside = set(found.in_flight)
        answer = await connection.send(raw)
        if answer.seconds > HEALTH_S:
            found.beside_late.update(beside | found.in_flight)
        if answer.status != 200:
            raise SystemExit(f"/health/live was answered {answer.status}")
        found.health.append(answer.seconds)
        await asyncio.sleep(0.01)
    connection.close()
    await work


async def send(service: Service, all_bombs: Sequence[Bomb], at_once: int) -> Found:
    found, left = Found(), iter(all_bombs)

    async def one() -> None:
        for bomb in left:
            found.in_flight.add(bomb.name)
            connection = Connection(service.ports[0])
            found.answers[bomb.name] = await connection.send(bomb.raw)
            connection.close()
            found.in_flight.discard(bomb.name)

    async def every() -> None:
        await asyncio.gather(*(one() for _ in range(at_once)))

    await watched(service, found, asyncio.create_task(every()))
    return found


def a_lead_of_the_closer(api: Api) -> str:
    """The id of a lead whose slots are asked for, so that the closer's calendars are read."""
    lead_id: str = api.call("POST", "/v1/leads", floors.lead("1"))["lead"]["id"]
    api.call("POST", f"/v1/leads/{lead_id}/handovers", floors.qualification())
    return lead_id


def link_of(api: Api, lead_id: str) -> str:
    """The path of the lead's booking page."""
    return urlsplit(api.call("POST", f"/v1/leads/{lead_id}/booking-links", {})["url"]).path


async def visit(service: Service, link: str) -> None:
    """Look at the page once: its templates are made ready on the first visit in a process's life."""
    await Connection(service.ports[0]).send(request("GET", link, headers={}, body=b""))


async def read_calendars(service: Service, api: Api, lead_id: str, calendars: Sequence[tuple[str, str]]) -> Found:
    """One calendar after another becomes the closer's, and its times are asked for."""
    found = Found()
    headers = {"Authorization": f"Bearer {service.key}"}
    raw = request("GET", f"/v1/leads/{lead_id}/slots", headers=headers, body=b"")

    async def every() -> None:
        for name, path in calendars:
            await asyncio.to_thread(bind, api, "hostile", path)
            connection = Connection(service.ports[0])
            found.answers[name] = await connection.send(raw)
            connection.close()

    await watched(service, found, asyncio.create_task(every()))
    return found


def bind(api: Api, connection: str, path: str) -> None:
    bound = {"connection": connection, "calendar": path, "writes": True}
    api.call("PUT", f"/v1/reps/{floors.ONLY_CLOSER}/calendars", {"calendars": [bound]})


def hostile_calendar_paths() -> Sequence[tuple[str, str]]:
    texts: Mapping[str, Mapping[str, object]] = {
        "busy": hostile_calendars.FREE_BUSY,
        "events": hostile_calendars.EVENTS,
    }
    return [(f"{kind}, {name}", f"/{kind}-{n}/") for kind, those in texts.items() for n, name in enumerate(those)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", type=int, default=8)
    given = parser.parse_args()
    console, kept = Console(soft_wrap=True), True

    def show(what: str, found: Found) -> None:
        nonlocal kept
        console.print(f"{what}: {found}")
        for fault in found.faults():
            kept = False
            console.print(f"  {fault}", markup=False)

    with Service(apis=1, workers=1) as service:
        seed(service, floors.of_sdrs(1))
        api, calendars = Api(service.url, service.key), HostileCalendars()
        lead_id = a_lead_of_the_closer(api)
        api.call("POST", "/v1/intakes", INTAKE)
        config = {"base_url": calendars.url, "username": "pointsman", "password": "a password", "trust_free_busy": True}
        api.call("PUT", "/v1/connections/hostile", {"connector": "caldav", "config": config})
        pids = [program.pid for program in (*service.apis, *service.workers)]
        link = link_of(api, lead_id)
        uvloop.run(visit(service, link))
        requests = bombs_of(service.key, link)
        show("one by one", uvloop.run(send(service, requests, 1)))
        show(f"{given.at_once} at once", uvloop.run(send(service, requests, given.at_once)))
        show("calendars", uvloop.run(read_calendars(service, api, lead_id, hostile_calendar_paths())))
        if pids != [program.pid for program in (*service.apis, *service.workers)]:
            console.print("  a process of the service ended")
            kept = False
        api.close()
        calendars.close()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
