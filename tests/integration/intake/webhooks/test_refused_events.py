"""One bad event costs only itself: the others are taken, and it is kept with its reason until a human looks at it."""

import json
from typing import Any

import httpx
import pytest

from pointsman.services.intake.receive import process_item
from support.floors.use_case_env import World
from support.http.signing import as_bytes, sign_hmac

pytestmark = pytest.mark.anyio

GOOD = [{"id": n, "email": f"p{n}@nordlicht.example"} for n in range(2)]
MAPPING = {"fields": {"lead.email": "email", "lead.first_name": "name", "company.employees": "size"}}
SAMPLE = {"email": "sam.sample@sample.example", "name": "Sam", "size": 3}

BAD = {
    "nul-character": b'{"email": "mara@nordlicht.example", "name": "Ma\\u0000ra"}',
    "lone-surrogate": b'{"email": "mara@nordlicht.example", "name": "Mara \\ud83d"}',
    "bad-encoding": b'{"email": "mara@nordlicht.example", "name": "M\xe4ra"}',
    "no-object": b"null",
    "number-out-of-range": b'{"email": "mara@nordlicht.example", "size": 1e999}',
    "not-a-number": b'{"email": "mara@nordlicht.example", "size": NaN}',
    "duplicate-key": b'{"email": "x@nordlicht.example", "email": "mara@nordlicht.example"}',
    "key-too-long": b'{"email": "mara@nordlicht.example", "' + b"k" * 300 + b'": 1}',
    "too-deep": b'{"email": "mara@nordlicht.example", "name": ' + b"[" * 60 + b"]" * 60 + b"}",
    "too-many-values": b'{"email": "mara@nordlicht.example", "list": [' + b"1," * 200_000 + b"1]}",
    "too-many-keys": b'{"email": "mara@nordlicht.example", "name": {'
    + b",".join(b'"%d": 1' % n for n in range(10_001))
    + b"}}",
}


async def post(client: httpx.AsyncClient, raw: bytes, key: str = "form") -> httpx.Response:
    headers = {"content-type": "application/json", **sign_hmac(raw)}
    return await client.post(f"/v1/hooks/{key}", content=raw, headers=headers)


async def process_all(world: World) -> None:
    for _ in range(2):  # a refused event, then the item that it becomes
        for row in await world.rows("select id from inbox where status = 'received' order by id"):
            await process_item(world.env, row.id)


@pytest.mark.parametrize("code", BAD)
async def test_a_bad_event_is_kept_as_refused_and_its_neighbours_become_leads(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any, code: str
) -> None:
    await make_intake("form", mapping=MAPPING, sample=SAMPLE)
    raw = b"[%b, %b, %b]" % (as_bytes(GOOD[0]), BAD[code], as_bytes(GOOD[1]))
    answer = await post(client, raw)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["refused"], told["duplicates"], len(told["ids"])) == (2, 1, 0, 2)
    await process_all(world)
    assert [row[0] for row in await world.rows("select email from leads order by email")] == [g["email"] for g in GOOD]
    (alert,) = await world.rows("select code, subject, count from alerts where resolved_at is null")
    assert tuple(alert) == ("inbox-refused", "intake:form", 1)
    admin = await sign_in("admin")
    (item,) = (await client.get("/v1/inbox?status=refused&intake=form", headers=admin)).json()["items"]
    assert item["error_code"] == code
    shown = (await client.get(f"/v1/inbox/{item['id']}", headers=admin)).json()
    assert shown["content"] == "null" or "nordlicht" in shown["content"]
    again = (await post(client, raw)).json()
    assert (again["accepted"], again["refused"], again["duplicates"]) == (0, 0, 3)


@pytest.mark.parametrize("code", [code for code in BAD if code != "no-object"])
async def test_a_refused_event_is_replayed_without_what_cannot_be_kept(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any, code: str
) -> None:
    await make_intake("form", mapping=MAPPING, sample=SAMPLE)
    assert (await post(client, BAD[code])).json()["refused"] == 1
    (row,) = await world.rows("select id, body from inbox")
    assert bytes(row.body) == BAD[code]  # of a body that is one event, byte for byte
    admin = await sign_in("admin")
    assert (await client.post(f"/v1/inbox/{row.id}/replay", headers=admin)).status_code == 202
    await process_all(world)
    assert [row[0] for row in await world.rows("select status from inbox")] == ["done", "done"]
    assert await world.value("select email from leads") == "mara@nordlicht.example"
    told = await world.value("select result->'warnings'->0->>'code' from inbox where result ? 'items'")
    assert told == code
    assert await world.value("select count(*) from alerts where resolved_at is null") == 0


async def test_many_bad_events_raise_one_alert_and_are_counted(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any
) -> None:
    await make_intake("form", mapping=MAPPING, sample=SAMPLE)
    raw = b"[" + b",".join(b'{"n": %d, "name": "\\u0000"}' % n for n in range(50)) + b"]"
    assert (await post(client, raw)).json()["refused"] == 50
    assert (await post(client, BAD["duplicate-key"])).json()["refused"] == 1
    (alert,) = await world.rows("select count, message from alerts")
    assert alert.count == 2
    metrics = (await client.get("/metrics", headers=await sign_in("metrics"))).text
    assert 'pointsman_intake_items_total{result="refused"} 51.0' in metrics
    admin = await sign_in("admin")
    done = (await client.post("/v1/inbox/replay", json={"status": "refused"}, headers=admin)).json()
    assert len(done["replayed"]) == 51
    assert await world.value("select count(*) from alerts where code = 'inbox-refused' and resolved_at is null") == 0


async def test_an_event_that_the_mapping_cannot_name_in_bounded_work_costs_the_others_nothing(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    mapping = MAPPING | {"dedupe": "join(s, l) || email"}
    await make_intake("form", mapping=mapping, sample=SAMPLE | {"s": "", "l": ["a"]})
    costly = {"s": "x" * 30_000, "l": ["a"] * 5_000, "email": "mara@nordlicht.example"}
    answer = await post(client, as_bytes([GOOD[0], costly, GOOD[1]]))
    assert (answer.status_code, answer.json()["accepted"], answer.json()["refused"]) == (202, 2, 1)
    assert await world.value("select error_code from inbox where status = 'refused'") == "mapping-too-costly"


async def test_a_body_that_the_mapping_could_not_split_is_taken_apart_after_the_mapping_was_mended(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any
) -> None:
    await make_intake("form", mapping=MAPPING | {"events": "contacts"}, sample={"contacts": [SAMPLE]})
    assert (await post(client, as_bytes({"people": GOOD}))).status_code == 422
    admin = await sign_in("admin")
    stored = (await client.get("/v1/intakes/form", headers=admin)).json()
    body = {name: stored[name] for name in ("title", "kind", "verifier")}
    mended = {"mapping": MAPPING | {"events": "people"}, "sample": {"people": [SAMPLE]}}
    assert (await client.put("/v1/intakes/form", json=body | mended, headers=admin)).status_code == 200
    (whole,) = await world.rows("select id from inbox")
    assert (await client.post(f"/v1/inbox/{whole.id}/replay", headers=admin)).status_code == 202
    await process_all(world)
    await process_all(world)
    assert [row[0] for row in await world.rows("select status from inbox")] == ["done"] * 3
    assert await world.value("select count(*) from leads") == 2
    found = (await client.get(f"/v1/inbox/{whole.id}", headers=admin)).json()["result"]
    assert (found["events"], len(found["items"])) == (2, 2)


async def test_an_unsigned_body_leaves_no_trace_however_bad_it_is(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    for raw in (b"{", b"", *BAD.values()):
        forged = await client.post("/v1/hooks/form", content=raw, headers=sign_hmac(raw + b" "))
        assert forged.status_code == 401
    assert await world.value("select (select count(*) from inbox) + (select count(*) from alerts)") == 0


async def test_what_a_webhook_refused_is_not_applied_as_a_partners_word(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any
) -> None:
    await make_intake("form")
    await post(client, BAD["nul-character"])
    item = await world.value("select id from inbox")
    answer = await client.post(f"/v1/inbox/{item}/apply", json={"reason": "x"}, headers=await sign_in("admin"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not-a-partners")


@pytest.mark.parametrize(
    ("said", "code", "path"),
    [
        (b'{"email": "m@a.example", "first_name": "Ma\\u0000ra"}', "nul-character", "body.first_name"),
        (b'{"fields": {"lead.title": "x\\ud800"}}', "lone-surrogate", "body.fields.lead.title"),
        (b'{"evidence": [{"value": "\xe4"}]}', "bad-encoding", "body.evidence[0].value"),
        (b'{"email": "a", "email": "b"}', "duplicate-key", "body"),
        (b'{"fields": {"lead.score": 1e999}}', "number-out-of-range", "body.fields.lead.score"),
    ],
)
async def test_one_lead_with_a_bad_sign_gets_422_with_its_place(
    client: httpx.AsyncClient, make_intake: Any, sign_in: Any, said: bytes, code: str, path: str
) -> None:
    headers = {"content-type": "application/json", **await sign_in("admin")}
    answer = await client.post("/v1/leads", content=said, headers=headers)
    assert answer.status_code == 422
    assert [(fault["code"], fault["path"]) for fault in answer.json()["faults"]] == [(code, path)]
    assert json.dumps(answer.json()).isascii()


@pytest.mark.parametrize("flawed", [b"NaN", b'"\\u0000"'])
async def test_a_body_of_flaws_is_refused_with_what_is_wrong_and_kept(
    client: httpx.AsyncClient, world: World, make_intake: Any, flawed: bytes
) -> None:
    await make_intake("form", mapping=MAPPING, sample=SAMPLE)
    answer = await post(client, b'{"email": "mara@nordlicht.example", "l": [' + b",".join([flawed] * 63_000) + b"]}")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-flaws")
    assert answer.json()["detail"].startswith("The body has more than 10000 parts that cannot be taken")
    (row,) = await world.rows("select status, error_code from inbox")
    assert (row.status, row.error_code) == ("refused", "too-many-flaws")
    few = b'{"email": "mara@nordlicht.example", "l": [' + b",".join([flawed] * 9_000) + b"]}"
    assert (await post(client, few)).json()["refused"] == 1
