"""Every operation of the console, sent as its example stands there, against the demo floor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from pointsman.demo.api import ApiClient
from pointsman.demo.files import DemoState, load_yaml, read_example
from pointsman.demo.phone import hand_over_by_phone
from pointsman.demo.seed import calendar_owners, seed_floor
from pointsman.demo.senders import Sender
from pointsman.domain.permissions.callers import CallerKind
from pointsman.local.calendar_server import CalendarServer
from pointsman.main import create_app
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.intake.process_item import process_item
from pointsman.services.operations.api_keys import create_key
from pointsman.services.ports import Actor
from pointsman.settings import load_settings
from support.http.keys import SECRET
from support.programs.free_port import free_port

pytestmark = pytest.mark.slow

#: Changes after all reading; in this order, so that what one needs is not yet gone. The others come before these.
LAST = [
    "GET /v1/overrides/{override_id}",
    "GET /v1/slot-holds/{slot_hold_id}",
    "DELETE /v1/slot-holds/{slot_hold_id}",
    "POST /v1/leads/{lead_id}/reassign",
    "POST /v1/leads/reassign",
    "POST /v1/reps/{key}/reassign",
    "POST /v1/appointments/{appointment_id}/reassign",
    "POST /v1/appointments/{appointment_id}/cancel",
    "POST /v1/overrides/{override_id}/revoke",
    "DELETE /v1/reps/{key}/time-off/{time_off_id}",
    "POST /v1/policies",
    "POST /v1/policies/{version}/publish",
    "POST /v1/policies/rollback",
    "POST /v1/intakes/{key}/deactivate",
    "POST /v1/reps/{key}/deactivate",
    "POST /v1/leads/{lead_id}/merge",
    "POST /v1/accounts/{account_id}/merge",
    "DELETE /v1/booking-links/{link_id}",
    "DELETE /v1/leads/{lead_id}/booking-links",
    "DELETE /v1/keys/{key_id}",
]

#: What an example cannot but run into on this floor, where nothing is broken.
CONFLICTS = {
    "POST /v1/inbox/{inbox_id}/replay": 409,  # it is no dead letter
    "POST /v1/inbox/{inbox_id}/apply": 409,  # nor was it refused
    "POST /v1/deliveries/{delivery_id}/replay": 409,  # nor is this one
    "POST /v1/pools/{pool}/rebuild": 409,  # its ledger agrees with its history
    "POST /v1/appointments/{appointment_id}/attended": 409,  # it has not begun
    "POST /v1/appointments/{appointment_id}/no-show": 409,
    "POST /v1/appointments/{appointment_id}/outcome": 409,
    "POST /v1/appointments/{appointment_id}/reject": 409,  # it was accepted a moment ago
}


@dataclass(slots=True, kw_only=True)
class Served:
    """The demo floor behind a client that is signed in as its admin, and what the operations answered so far."""

    client: httpx.Client
    api: ApiClient
    senders: dict[str, Sender]
    answers: dict[str, Any] = field(default_factory=dict)

    def lead(self, last_name: str) -> str:
        return next(str(row["id"]) for row in self.api.iter_items("/v1/leads") if row["last_name"] == last_name)

    def first(self, path: str) -> str:
        return str(next(self.api.iter_items(path))["id"])

    def slot(self) -> str:
        """A free time of the closer who has the lead: the second one, as the first could become too near meanwhile."""
        return str(self.api.call("GET", f"/v1/leads/{self.lead('Egger')}/slots")["slots"][1]["start"])

    def later_slot(self) -> str:
        """A time to which the newest appointment can move."""
        lead = next(iter(self.api.iter_items("/v1/appointments")))["lead_id"]
        return str(self.api.call("GET", f"/v1/leads/{lead}/slots")["slots"][-1]["start"])

    def answered(self, operation: str, name: str) -> Any:
        return self.answers[operation][name]


#: Ids that only this floor knows, by operation ("" for all) and name: in a path, or at the top of a body.
REAL: dict[tuple[str, str], Callable[[Served], Any]] = {
    ("", "lead_id"): lambda it: it.lead("Egger"),
    ("", "account_id"): lambda it: it.first("/v1/accounts"),
    ("", "inbox_id"): lambda it: it.first("/v1/inbox"),
    ("", "decision_id"): lambda it: it.first("/v1/decisions"),
    ("", "hold_id"): lambda it: it.first("/v1/holds"),
    ("", "delivery_id"): lambda it: it.first("/v1/deliveries"),
    ("", "appointment_id"): lambda it: it.first("/v1/appointments"),
    ("", "override_id"): lambda it: it.answered("POST /v1/overrides", "id"),
    ("", "time_off_id"): lambda it: it.answered("POST /v1/reps/{key}/time-off", "id"),
    ("", "slot_hold_id"): lambda it: it.answered("POST /v1/slot-holds", "id"),
    ("", "link_id"): lambda it: it.answered("POST /v1/leads/{lead_id}/booking-links", "id"),
    ("", "skip_id"): lambda it: it.answered("POST /v1/pools/{pool}/skips", "id"),
    ("DELETE /v1/links/{link_id}", "link_id"): lambda it: it.answered("POST /v1/leads/{lead_id}/links", "id"),
    ("", "key_id"): lambda it: it.answered("POST /v1/keys", "id"),
    ("GET /v1/leads/{lead_id}/slots", "lead_id"): lambda it: it.lead("Schulz"),
    ("POST /v1/leads/{lead_id}/assign", "lead_id"): lambda it: it.lead("Pohl"),
    ("POST /v1/leads/{lead_id}/reassign", "lead_id"): lambda it: it.lead("Pohl"),
    ("POST /v1/leads/reassign", "lead_ids"): lambda it: [it.lead("Pohl")],
    ("POST /v1/leads/{lead_id}/merge", "lead_id"): lambda it: it.lead("Pohl"),
    ("POST /v1/leads/{lead_id}/merge", "into"): lambda it: it.lead("Egger"),
    ("PUT /v1/accounts/{account_id}/parent", "parent"): lambda it: list(it.api.iter_items("/v1/accounts"))[1]["id"],
    ("POST /v1/accounts/{account_id}/merge", "into"): lambda it: list(it.api.iter_items("/v1/accounts"))[1]["id"],
    ("POST /v1/slot-holds", "start"): lambda it: it.slot(),
    ("POST /v1/appointments", "start"): lambda it: it.slot(),
    ("POST /v1/appointments/{appointment_id}/reschedule", "start"): lambda it: it.later_slot(),
    ("POST /v1/overrides", "lead_id"): lambda it: it.lead("Egger"),
    ("POST /v1/policies/{version}/publish", "version"): lambda it: it.answered("POST /v1/policies", "version"),
}


@pytest.fixture(scope="module")
def served(database_server: Any, database_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("console")
    server = CalendarServer(folder / "calendars", port=free_port())
    server.start(calendar_owners())
    try:
        with database_server.clone(database_template) as url, served_in_process(url) as (app, portal, client):
            yield floor_of(app, portal, client, server, DemoState(folder / "demo.json"))
    finally:
        server.stop()


@contextmanager
def served_in_process(url: str) -> Iterator[tuple[FastAPI, BlockingPortal, httpx.Client]]:
    app = create_app(load_settings(database_url=url, secret_keys=SECRET, private_networks="127.0.0.0/8"))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        httpx.Client(base_url="http://pointsman.test", transport=OnLoop(app, portal)) as client,
    ):
        yield app, portal, client


@dataclass(frozen=True, slots=True)
class OnLoop(httpx.BaseTransport):
    """The service without a socket, for a caller who does not wait."""

    app: FastAPI
    portal: BlockingPortal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.portal.call(self._ask, request)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        inner = httpx.ASGITransport(self.app)
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await inner.handle_async_request(whole)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def floor_of(
    app: FastAPI, portal: BlockingPortal, client: httpx.Client, server: CalendarServer, kept: DemoState
) -> Served:
    """The demo's own course, with its worker played by hand."""
    env = app.state.env
    made = portal.call(
        lambda: create_key(env, name="admin", scopes=["admin"], actor=Actor(name="test", kind=CallerKind.ADMIN))
    )
    client.headers["Authorization"] = f"Bearer {made.token}"
    api = ApiClient("http://pointsman.test", made.token, client=client)
    served = Served(client=client, api=api, senders=seed_floor(api, server, kept, now=datetime.now(UTC)))
    story = load_yaml("story.yaml")
    for part in ("leads", "handovers"):
        for letter in story[part]:
            content, now = read_example(letter["body"]), datetime.now(UTC)
            sent = served.senders[letter["intake"]].send(api, content, event_id=letter["body"], now=now)
            assert sent.status_code == 202
            for inbox_id in sent.json()["ids"]:
                portal.call(process_item, env, inbox_id)
    hand_over_by_phone(api, story["phone"])
    for delivery in api.iter_items("/v1/deliveries", status="pending"):
        portal.call(run_delivery, env, delivery["id"])
    return served


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Reading first, then changes, then what ends something."""
    found = {f"{m.upper()} {path}": op for path, ops in description["paths"].items() for m, op in ops.items()}
    assert set(LAST) <= found.keys()
    names = sorted(found, key=lambda name: (LAST.index(name) if name in LAST else -1, not name.startswith("GET")))
    return [(name, found[name]) for name in names]


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What the console fills in: the example of the whole, or one of each part that has one or must be there."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    for word in ("example", "const", "default"):
        if word in schema:
            return schema[word]
    parts, required = schema["properties"], schema.get("required", [])
    shown = [name for name in parts if name in required or "examples" in parts[name]]
    return {name: example_of(parts[name], schemas) for name in shown}


def real(served: Served, operation: str, name: str, example: Any) -> Any:
    find = REAL.get((operation, name)) or REAL.get(("", name))
    return example if find is None else find(served)


def request_of(
    served: Served, name: str, operation: dict[str, Any], schemas: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The example once for each form that its body may have."""
    path = name.partition(" ")[2]
    for parameter in operation.get("parameters", ()):
        if parameter["required"]:
            value = real(served, name, parameter["name"], parameter.get("example"))
            assert value is not None, f"{name}: {parameter['name']} has no example"
            path = path.replace(f"{{{parameter['name']}}}", str(value))
    if "requestBody" not in operation:
        yield path, {}
        return
    for kind, content in operation["requestBody"]["content"].items():
        shown = content["example"] if "example" in content else example_of(content["schema"], schemas)
        if kind == "application/json":
            shown = {part: real(served, name, part, value) for part, value in shown.items()}
            yield path, {"json": shown}
        else:
            yaml.safe_load(shown)
            yield path, {"content": shown, "headers": {"Content-Type": kind}}


def sent(served: Served, name: str, path: str, parts: dict[str, Any]) -> httpx.Response:
    if name != "POST /v1/hooks/{connection}":
        return served.client.request(name.partition(" ")[0], path, **parts)
    content = httpx.Request("POST", "http://pointsman", json=parts["json"]).content
    sender = served.senders[path.rsplit("/", 1)[-1]]
    return sender.send(served.api, content, event_id="example", now=datetime.now(UTC))


def test_every_example_runs_on_the_demo_floor(served: Served) -> None:
    description = served.client.get("/openapi.json").json()
    schemas = description["components"]["schemas"]
    faults = []
    for name, operation in operations(description):
        for path, parts in request_of(served, name, operation, schemas):
            answer = sent(served, name, path, parts)
            wanted = {CONFLICTS[name]} if name in CONFLICTS else range(200, 300)
            if answer.status_code not in wanted or str(answer.status_code) not in operation["responses"]:
                faults.append(f"{name} was answered {answer.status_code}: {answer.text[:400]}")
            elif answer.content and answer.headers["content-type"] == "application/json":
                served.answers[name] = answer.json()
    assert faults == []
    bound = served.answers["PUT /v1/reps/{rep}/calendars"]["calendars"]
    assert [calendar["unreadable"] for calendar in bound] == [None]


def test_an_intake_of_the_demo_reads_the_example_of_a_webhook(served: Served) -> None:
    description = served.client.get("/openapi.json").json()
    content = description["paths"]["/v1/hooks/{connection}"]["post"]["requestBody"]["content"]
    tried = served.api.call("POST", "/v1/intakes/website-form/try", {"body": content["application/json"]["example"]})
    assert [event["usable"] for event in tried["events"]] == [True]
    assert tried["events"][0]["warnings"] == []
