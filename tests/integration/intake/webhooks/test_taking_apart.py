"""A body that was refused as a whole, and is taken apart later: its events count as if its mapping had been right at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pointsman.services.intake.receive import process_item
from support.floors.use_case_env import World
from support.http.signing import STANDARD_SECRET, as_bytes, sign_hmac, sign_standard
from support.waiting import until_blocked
from support.wording import english_of

pytestmark = pytest.mark.anyio

MARA, BEN = ({"email": f"{name}@nordlicht.example", "size": 10} for name in ("mara", "ben"))
MAPPING = {"fields": {"lead.email": "email", "lead.first_name": "name", "company.employees": "size"}}
SAMPLE = {"email": "sam.sample@sample.example", "name": "Sam", "size": 3}
OPEN_ALERTS = "select count(*) from alerts where code = 'inbox-refused' and resolved_at is null"


async def post(client: httpx.AsyncClient, raw: bytes, **headers: str) -> httpx.Response:
    return await client.post("/v1/hooks/form", content=raw, headers={**sign_hmac(raw), **headers})


async def process_all(world: World) -> None:
    for _ in range(2):  # the body, then its events
        for row in await world.rows("select id from inbox where status = 'received' order by id"):
            await process_item(world.env, row.id)


async def mend(
    client: httpx.AsyncClient, admin: dict[str, str], mapping: dict[str, Any], sample: Any, *, active: bool = True
) -> None:
    stored = (await client.get("/v1/intakes/form", headers=admin)).json()
    body = {name: stored[name] for name in ("title", "kind", "verifier")}
    given = body | {"mapping": mapping, "sample": sample, "active": active}
    assert (await client.put("/v1/intakes/form", json=given, headers=admin)).status_code == 200


async def replay(client: httpx.AsyncClient, world: World, admin: dict[str, str]) -> None:
    assert (await client.post("/v1/inbox/replay", json={"status": "refused"}, headers=admin)).json()["found"] == 1
    await process_all(world)


@pytest.fixture
async def admin(sign_in: Any) -> dict[str, str]:
    headers: dict[str, str] = await sign_in("admin")
    return headers


async def test_its_events_are_as_old_as_the_body_and_do_not_overwrite_newer_ones(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]})
    assert (await post(client, as_bytes({"people": [MARA]}))).status_code == 422
    await world.owner_rows("update inbox set received_at = received_at - interval '10 days'", past_guards=True)
    arrived = await world.value("select received_at from inbox")
    await post(client, as_bytes({"contacts": [MARA | {"size": 500}]}))
    await process_all(world)
    await mend(client, admin, MAPPING | {"events": "people || contacts"}, {"people": [SAMPLE]})
    await replay(client, world, admin)
    assert await world.value("select facts ->> 'company.employees' from leads") == "500"
    assert await world.value("select count(*) from inbox where received_at = :arrived", arrived=arrived) == 2


async def test_an_event_of_it_that_is_refused_raises_the_alert_again(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]})
    await post(client, as_bytes({"people": [MARA, None, BEN]}))
    await mend(client, admin, MAPPING | {"events": "people"}, {"people": [SAMPLE]})
    await replay(client, world, admin)
    assert await world.value("select count(*) from leads") == 2
    assert await world.value("select count(*) from inbox where status = 'refused'") == 1
    assert await world.value(OPEN_ALERTS) == 1


async def test_the_only_event_of_it_that_is_refused_again_is_dead_and_not_lost(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]})
    costly = {"s": "x" * 30_000, "l": ["a"] * 5_000, "email": "mara@nordlicht.example"}
    await post(client, as_bytes(costly).replace(b", ", b",").replace(b": ", b":"))
    await mend(client, admin, MAPPING | {"dedupe": "join(s, l) || email"}, SAMPLE | {"s": "", "l": ["a"]})
    await replay(client, world, admin)
    (item,) = await world.rows("select status, error_code from inbox")
    assert (item.status, item.error_code) == ("dead", "mapping-too-costly")
    assert await world.value("select count(*) from alerts where resolved_at is null and code = 'inbox-dead'") == 1
    await mend(client, admin, MAPPING, SAMPLE)
    await client.post("/v1/inbox/replay", json={"status": "dead"}, headers=admin)
    await process_all(world)
    assert await world.value("select email from leads") == "mara@nordlicht.example"


@pytest.mark.parametrize("kind", ["lead", "handover"])
@pytest.mark.parametrize("named_before", [True, False])
async def test_its_events_are_named_by_the_header_that_came_with_it(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str], named_before: bool, kind: str
) -> None:
    named = {"dedupe": "header:X-Delivery-ID"}
    first = MAPPING | {"events": "contacts"} | (named if named_before else {})
    await make_intake("form", kind=kind, mapping=first, sample={"contacts": [SAMPLE]})
    raw = as_bytes({"people": [MARA, BEN]})
    assert (await post(client, raw, **{"x-delivery-id": "D1"})).status_code == 422
    await mend(client, admin, MAPPING | named | {"events": "people"}, {"people": [SAMPLE]})
    assert (await post(client, raw, **{"x-delivery-id": "D1"})).json()["accepted"] == 2
    await replay(client, world, admin)
    found = await world.rows("select dedupe_key from inbox where dedupe_key not like 'refused%' order by 1")
    assert [row[0] for row in found] == ["key:D1#0", "key:D1#1"]


async def test_its_event_has_the_id_of_a_standard_webhook_as_its_name(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    standard = {"verifier": {"scheme": "standard_webhooks"}, "secrets": [STANDARD_SECRET]}
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]}, **standard)
    raw = as_bytes({"person": MARA})
    headers = sign_standard(raw, at=datetime.now(UTC))
    assert (await post(client, raw, **headers)).status_code == 422
    kept = await world.value("select result -> 'headers' from inbox")
    assert kept["webhook-id"] == "msg_1"
    assert "webhook-signature" not in kept
    await mend(client, admin, MAPPING | {"events": "person"}, {"person": SAMPLE})
    assert (await post(client, raw, **headers)).json()["accepted"] == 1
    await replay(client, world, admin)
    found = await world.rows("select dedupe_key from inbox where dedupe_key not like 'refused%'")
    assert [row[0] for row in found] == ["key:msg_1"]


async def test_it_is_taken_apart_though_its_intake_was_closed_since(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]})
    await post(client, as_bytes({"people": [MARA, BEN]}))
    await mend(client, admin, MAPPING | {"events": "people"}, {"people": [SAMPLE]}, active=False)
    await replay(client, world, admin)
    assert [row[0] for row in await world.rows("select status from inbox")] == ["done"] * 3
    assert await world.value("select count(*) from leads") == 2


async def test_the_alert_stays_open_for_an_item_that_is_refused_while_a_replay_settles_it(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    await make_intake("form", mapping=MAPPING, sample=SAMPLE)
    await post(client, b'[{"name": "Ma\\u0000ra"}]')
    item, intake = (await world.rows("select id, intake_id from inbox"))[0]
    async with world.engine.connect() as receiver, receiver.begin():
        await receiver.execute(
            text(
                "insert into inbox (id, intake_id, dedupe_key, body, status, error_code, received_at)"
                " values (gen_random_uuid(), :intake, 'z', '1', 'refused', 'no-object', now())"
            ),
            {"intake": intake},
        )
        await receiver.execute(text("update alerts set count = count + 1 where resolved_at is null"))
        replayed = asyncio.create_task(client.post(f"/v1/inbox/{item}/replay", headers=admin))
        await until_blocked(world, replayed)
    assert (await replayed).status_code == 202
    assert await world.value(OPEN_ALERTS) == 1


async def test_a_body_in_which_the_mended_mapping_finds_no_event_says_so(
    client: httpx.AsyncClient, world: World, make_intake: Any, admin: dict[str, str]
) -> None:
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]})
    assert (await post(client, as_bytes({"people": [MARA]}))).status_code == 422
    await mend(client, admin, MAPPING | {"events": "people[?kind=='lead']"}, {"people": [SAMPLE | {"kind": "lead"}]})
    await replay(client, world, admin)
    (item,) = await world.rows("select status, result from inbox")
    assert (item.status, item.result["events"]) == ("done", 0)
    note = "the mapping finds no event in this body: nothing became of it"
    assert english_of(item.result["note"]) == note
