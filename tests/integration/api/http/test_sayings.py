"""Every field that a body can have, said by every kind of caller; the table of sayings says what becomes of it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.operations import PERMISSIONS, Operation
from pointsman.domain.permissions.sayings import BODY_FIELDS, Saying, Topic, saying, topic_of_field
from pointsman.services.intake.intakes import IntakeInput, create_intake
from support.floors.use_case_env import ADMIN, World, open_world
from support.http.keys import MakeKey
from support.http.service import client_of, headers_of_key, serve_floor

pytestmark = pytest.mark.anyio

KEYS: dict[CallerKind, tuple[tuple[str, ...], dict[str, str]]] = {
    CallerKind.ADMIN: (("admin",), {}),
    CallerKind.HOUSE: (("intake",), {}),
    CallerKind.REP: (("intake", "handover"), {"rep": "lena"}),
    CallerKind.PARTNER: (("intake", "handover"), {"supplier": "callwerk"}),
    CallerKind.PARTNER_REP: (("intake", "handover"), {"rep": "mia"}),
}
#: For each field of a lead's body, what tells that it was taken: SQL over the one lead that is there.
LEAD = (
    "select {} from leads l left join lead_identities i on i.lead_id = l.id left join accounts a on a.id = l.account_id"
)
SAID: dict[str, tuple[Any, str, Any]] = {
    "first_name": ("Mara", "l.first_name", "Mara"),
    "last_name": ("Vogel", "l.last_name", "Vogel"),
    "phone": ("+49 171 1234567", "l.phone", "+49 171 1234567"),
    "email": ("mara@nordlicht.example", "l.email", "mara@nordlicht.example"),
    "occurred_at": ("2020-01-01T00:00:00Z", "l.known_at ->> 'lead.source'", "2020-01-01T00:00:00.000000Z"),
    "external_id": ("8", "i.external_id", "8"),
    "lead.score": (9, "(l.facts ->> 'lead.score')::int", 9),
    "company.employees": (9, "(l.facts ->> 'company.employees')::int", 9),
    "account.status": ("customer", "a.status", "customer"),
    "account.owner": ("eva", "(select key from reps where id = a.owner_rep_id)", "eva"),
    "account.parent_domain": ("top.example", "a.parent_id is not null", True),
    "qualification.need": ("x", "l.facts ->> 'qualification.need'", "x"),
}


def body_schemas(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of bodies that others than an admin may send, with those that they are made of."""
    document = app.openapi()
    schemas = document["components"]["schemas"]

    def named(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if "$ref" in part:
                yield str(part["$ref"]).rsplit("/", 1)[1]
            for inner in part.values():
                yield from named(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from named(inner)

    waiting = [
        name
        for item in document["paths"].values()
        for said in item.values()
        if PERMISSIONS[Operation(said["x-operation"])].kinds
        for name in named(said.get("requestBody", {}))
    ]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += named(schemas[name])
            if "properties" in schemas[name]:
                yield name, schemas[name]["properties"]


@pytest.fixture
async def world(database_url: str) -> Any:
    async with open_world(database_url) as opened:
        yield opened


@pytest.fixture
async def client(world: World) -> Any:
    with serve_floor(world.env) as app:
        async with client_of(app) as opened:
            yield opened


@pytest.fixture
def sign_in(world: World) -> MakeKey:
    async def made(kind: CallerKind) -> dict[str, str]:
        scopes, bound = KEYS[kind]
        return await headers_of_key(world.env, *scopes, **bound)

    return made


async def test_every_field_that_a_body_can_have_is_in_the_table_and_no_other(world: World) -> None:
    with serve_floor(world.env) as app:
        found = {name: set(fields) for name, fields in body_schemas(app)}
    assert found == {name: set(fields) for name, fields in BODY_FIELDS.items()}


def test_every_field_of_a_lead_is_said_here() -> None:
    told = {name.partition(".")[0] for name in SAID} | {"fields", "evidence", "source_system"}
    assert told >= set(BODY_FIELDS["LeadIn"])


@pytest.mark.parametrize("kind", KEYS)
async def test_each_field_of_a_lead_is_taken_ignored_or_refused_as_the_table_says(
    world: World, client: httpx.AsyncClient, sign_in: Any, kind: CallerKind
) -> None:
    headers = await sign_in(kind)
    for name, (value, column, wanted) in SAID.items():
        field = "." in name
        topic = topic_of_field(name) if field else BODY_FIELDS["LeadIn"][name]
        number = await world.value("select count(*) from audit")
        base: dict[str, Any] = {
            "email": f"x{number}@c{number}.example",
            "fields": {"lead.source": "cold_list", **({name: value} if field else {})},
        }
        answer = await client.post("/v1/leads", json=base | ({} if field else {name: value}), headers=headers)
        stored = await world.value(f"{LEAD.format(column)} order by l.id desc limit 1")
        path = f'body.fields["{name}"]'
        match saying(topic, kind):
            case Saying.TAKEN | Saying.OWN:
                assert answer.status_code < 300, f"{kind} {name}: {answer.text}"
                assert (stored, answer.json()["warnings"]) == (wanted, []), f"{kind} {name}"
            case Saying.IGNORED:
                assert [(one["path"], one["code"]) for one in answer.json()["warnings"]] == [(path, "not-yours-to-say")]
                assert stored != wanted, f"{kind} {name}"
            case Saying.REFUSED:
                assert answer.status_code == 422, f"{kind} {name}: {answer.text}"
                assert [fault["path"] for fault in answer.json()["faults"]] == [path]


@pytest.mark.parametrize("kind", KEYS)
async def test_what_is_the_callers_own_meets_nothing_of_another(
    world: World, client: httpx.AsyncClient, sign_in: Any, kind: CallerKind
) -> None:
    mapping = {"fields": {"lead.email": "email"}, "external_id": "id", "source_system": "crm"}
    await create_intake(
        world.env,
        "crm",
        IntakeInput(
            title="CRM", kind="lead", verifier={"scheme": "hmac"}, secrets=["x" * 32], mapping=mapping,
            sample={"email": "a@a.example", "id": "1"}, active=True,
        ),
        actor=ADMIN,
    )  # fmt: skip
    headers = await sign_in(kind)
    cold = {"fields": {"lead.source": "cold_list"}}
    named = await client.post("/v1/leads", json={**cold, "external_id": "1", "source_system": "crm"}, headers=headers)
    of_webhooks = await world.value("select count(*) from lead_identities where sender = 'webhook'")
    assert of_webhooks == (saying(Topic.EXTERNAL_ID, kind) is Saying.TAKEN)
    assert named.status_code < 300 or [fault["path"] for fault in named.json()["faults"]] == ["body.source_system"]
    item = {"name": "need", "value": "x", "source": "sdr:jonas"}
    said = await client.post("/v1/leads", json={**cold, "email": "b@b.example", "evidence": [item]}, headers=headers)
    as_jonas = await world.value("select count(*) from evidence where source = 'sdr:jonas'")
    assert as_jonas == (saying(Topic.EVIDENCE_SOURCE, kind) is Saying.TAKEN)
    assert said.status_code < 300 or [one["path"] for one in said.json()["faults"]] == ["body.evidence[0].source"]


@pytest.mark.parametrize("kind", [kind for kind in KEYS if "handover" in KEYS[kind][0] or kind is CallerKind.ADMIN])
async def test_a_setter_is_anyone_or_the_callers_own(
    world: World, client: httpx.AsyncClient, sign_in: Any, kind: CallerKind
) -> None:
    lead = await world.lead(lead__source="cold_list" if kind is not CallerKind.REP else "form", lead__country="DE")
    await world.route(lead)
    answer = await client.post(
        f"/v1/leads/{lead}/handovers",
        json={"setter": "sofia", "evidence": [{"name": "need", "value": "x"}]},
        headers=await sign_in(kind),
    )
    if saying(Topic.SETTER, kind) is Saying.TAKEN:
        assert answer.json()["setter"] == "sofia"
    else:
        assert answer.status_code in (404, 422), answer.text
