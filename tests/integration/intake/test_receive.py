"""POST /v1/hooks: what is acknowledged is stored once, with its job; everything else gets a reason."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.ports import Env
from support.floors.use_case_env import World
from support.http.signing import (
    PUBLIC_URL,
    SECRET,
    STANDARD_SECRET,
    as_bytes,
    sign_hmac,
    sign_hubspot_v2,
    sign_standard,
)

pytestmark = pytest.mark.anyio

EVENT = {"email": "mara@nordlicht.example", "name": "Mara", "country": "DE", "employees": 120}
JOBS = "select args->>'inbox_id' from procrastinate_jobs where task_name = 'inbox.process'"


async def post(client: httpx.AsyncClient, body: Any, key: str = "form", **over: Any) -> httpx.Response:
    raw = as_bytes(body)
    headers = {"content-type": "application/json", **sign_hmac(raw), **over.pop("headers", {})}
    return await client.post(f"/v1/hooks/{key}", content=raw, headers=headers, **over)


async def test_an_accepted_event_is_stored_byte_for_byte_with_its_job(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    raw = b'{ "email" : "mara@nordlicht.example",\n "name": "M\xc3\xa4ra" }'
    answer = await post(client, raw)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    (row,) = await world.rows("select id, body, status from inbox")
    assert (str(row.id), bytes(row.body), row.status) == (answer.json()["ids"][0], raw, "received")
    assert [job[0] for job in await world.rows(JOBS)] == answer.json()["ids"]


async def test_a_repeated_event_is_stored_once_whatever_its_spacing(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    await post(client, EVENT)
    again = await post(client, json.dumps(EVENT, indent=2).encode())
    assert again.json() == {"accepted": 0, "duplicates": 1, "refused": 0, "ids": []}
    assert await world.value("select count(*) from inbox") == 1
    assert len(await world.rows(JOBS)) == 1


async def test_fifty_deliveries_of_one_event_at_once_are_one_item_and_one_job(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    answers = await asyncio.gather(*(post(client, EVENT) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert sum(answer.json()["accepted"] for answer in answers) == 1
    assert await world.value("select count(*) from inbox") == 1
    assert len(await world.rows(JOBS)) == 1


async def test_a_batch_is_split_and_each_event_deduplicated(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    mapping = {"fields": {"lead.email": "email"}, "dedupe": "[source, id]"}
    await make_intake("crm", mapping=mapping)
    first = [{"id": i, "source": "x", "email": f"p{i}@nordlicht.example"} for i in range(3)]
    await post(client, first[:1], key="crm")
    twice = [*first, {**first[2], "email": "other@nordlicht.example"}]
    answer = await post(client, twice, key="crm")
    assert answer.json()["accepted"] == 2
    assert answer.json()["duplicates"] == 2
    bodies = [json.loads(bytes(row[0])) for row in await world.rows("select body from inbox order by id")]
    assert sorted(body["id"] for body in bodies) == [0, 1, 2]
    raws = [bytes(row[0]) for row in await world.rows("select body from inbox_batches")]
    assert as_bytes(twice) in raws
    assert len(await world.rows(JOBS)) == 3


async def test_two_batches_of_the_same_events_in_opposite_order_do_not_deadlock(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    events = [{"email": f"p{i}@nordlicht.example"} for i in range(100)]
    answers = await asyncio.gather(*(post(client, events if i % 2 else events[::-1]) for i in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert sum(answer.json()["accepted"] for answer in answers) == 100


async def test_events_are_found_where_the_mapping_says(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("list", mapping={"fields": {"lead.email": "email"}, "events": "data.contacts"},
                      sample={"data": {"contacts": [EVENT]}})  # fmt: skip
    answer = await post(client, {"data": {"contacts": [EVENT, {"email": "b@nordlicht.example"}]}}, key="list")
    assert answer.json()["accepted"] == 2
    missing = await post(client, {"other": 1}, key="list")
    assert (missing.status_code, missing.json()["code"]) == (422, "no-events")


async def test_events_and_their_names_are_found_in_bounded_work_or_the_body_is_refused(
    client: httpx.AsyncClient, make_intake: Any
) -> None:
    mapping = {"fields": {"lead.email": "email"}, "events": "[e, join(s, l)] | [:1]"}
    await make_intake("form", mapping=mapping, sample={"e": EVENT, "s": ",", "l": []})
    refused = await post(client, {"e": EVENT, "s": "x" * 300_000, "l": ["a"] * 20_000})
    assert (refused.status_code, refused.json()["code"]) == (422, "mapping-too-costly")
    assert [fault["path"] for fault in refused.json()["faults"]] == ["mapping.events"]
    await make_intake("named", mapping={"fields": {"lead.email": "email"}, "dedupe": "&email"})
    assert (await post(client, EVENT, key="named")).status_code == 202  # a reference to an expression names nothing


async def test_standard_webhooks_deduplicates_by_message_id(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("std", verifier={"scheme": "standard_webhooks"}, secrets=[STANDARD_SECRET])
    for number, expected in (("msg_1", 1), ("msg_1", 0), ("msg_2", 1)):
        raw = as_bytes(EVENT | {"attempt": number})
        headers = sign_standard(raw, at=datetime.now(UTC), message_id=number)
        answer = await client.post("/v1/hooks/std", content=raw, headers=headers)
        assert answer.json()["accepted"] == expected


async def test_the_signed_address_is_the_public_one_not_the_host_header(
    client: httpx.AsyncClient, make_intake: Any
) -> None:
    await make_intake("crm", verifier={"scheme": "hubspot_v2"})
    raw = as_bytes(EVENT)
    path = "/v1/hooks/crm?portal=a%20b&x=1"
    good = await client.post(path, content=raw, headers=sign_hubspot_v2(raw, uri=PUBLIC_URL + path))
    assert good.status_code == 202
    forged = sign_hubspot_v2(raw, uri="http://pointsman.test" + path)
    assert (await client.post(path, content=raw, headers=forged)).status_code == 401


async def test_a_wrong_signature_gets_401_and_stores_nothing(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    raw = as_bytes(EVENT)
    for headers in ({}, sign_hmac(raw, secret="another-secret-of-32-characters!"), sign_hmac(raw + b" ")):
        answer = await client.post("/v1/hooks/form", content=raw, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert await world.value("select count(*) from inbox") == 0


async def test_an_unknown_intake_gets_404_and_a_closed_one_410(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any
) -> None:
    assert (await post(client, EVENT, key="nowhere")).status_code == 404
    await make_intake("form")
    assert (await post(client, EVENT)).status_code == 202
    await client.post("/v1/intakes/form/deactivate", headers=await sign_in("admin"))
    closed = await post(client, EVENT | {"n": 2})
    assert (closed.status_code, closed.json()["code"]) == (410, "intake-inactive")
    assert await world.value("select count(*) from inbox") == 1


async def test_closing_an_intake_elsewhere_is_seen_by_the_next_request(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    assert (await post(client, EVENT)).status_code == 202
    await world.rows("update intakes set active = false, version = version + 1")
    assert (await post(client, EVENT | {"n": 2})).status_code == 410
    await world.rows("update intakes set active = true, version = version + 1")
    assert (await post(client, EVENT | {"n": 3})).status_code == 202


async def test_a_rotated_secret_works_at_once_and_the_old_one_stops(
    client: httpx.AsyncClient, make_intake: Any, sign_in: Any
) -> None:
    await make_intake("form")
    assert (await post(client, EVENT)).status_code == 202
    admin = await sign_in("admin")
    stored = (await client.get("/v1/intakes/form", headers=admin)).json()
    body = {name: stored[name] for name in ("title", "kind", "verifier", "mapping", "sample")}
    body["secrets"] = ["a-new-secret-of-32-characters-xx"]
    assert (await client.put("/v1/intakes/form", json=body, headers=admin)).status_code == 200
    raw = as_bytes(EVENT | {"n": 2})
    fresh = sign_hmac(raw, secret="a-new-secret-of-32-characters-xx")
    assert (await client.post("/v1/hooks/form", content=raw, headers=fresh)).status_code == 202
    raw = as_bytes(EVENT | {"n": 3})
    assert (await client.post("/v1/hooks/form", content=raw, headers=sign_hmac(raw))).status_code == 401


#: Bodies of which no event can be told from another.
NO_EVENTS = [
    b"", b"null", b"1", b'"text"', b"{", b"\xff\xfe{}", b'{"a":' * 5000,
    b"[" + b'{"a":1},' * 1001 + b'{"a":1}]',
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_EVENTS, ids=lambda raw: repr(raw[:24]))
async def test_a_rightly_signed_body_without_events_gets_4xx_with_a_reason_and_is_kept_once(
    client: httpx.AsyncClient, world: World, make_intake: Any, raw: bytes
) -> None:
    await make_intake("form")
    for _ in range(2):
        answer = await post(client, raw)
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "kept in the inbox" in answer.json()["detail"]
    (row,) = await world.rows("select status, body, error_code from inbox")
    assert (row.status, bytes(row.body)) == ("refused", raw)
    assert row.error_code == answer.json()["code"]
    (alert,) = await world.rows("select code, subject, count from alerts")
    assert tuple(alert) == ("inbox-refused", "intake:form", 1)
    assert await world.rows(JOBS) == []


async def test_a_body_larger_than_the_door_takes_is_refused_unread(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    assert (await post(client, b"x" * 3_000_000)).status_code == 413
    assert await world.value("select count(*) from inbox") == 0


async def test_odd_but_honest_texts_are_accepted(client: httpx.AsyncClient, make_intake: Any) -> None:
    await make_intake("form")
    for text in (
        "\u202egnp.exe",
        "\U0001f468\u200d\U0001f469",
        "ẞ",
        "a" * 10_000,
        "'; drop table leads; --",
        "\\u0000",
    ):
        assert (await post(client, EVENT | {"name": text})).status_code == 202


@pytest.mark.own_database
async def test_a_database_that_does_not_answer_means_503_and_never_202(
    app: FastAPI, client: httpx.AsyncClient, world: World, make_intake: Any, env: Env, owner_url: str
) -> None:
    await make_intake("form")
    assert (await post(client, EVENT)).status_code == 202
    name = owner_url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    await world.engine.dispose()
    import psycopg

    admin = owner_url.replace("postgresql+psycopg", "postgresql").replace(f"/{name}", "/postgres", 1)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'alter database "{name}" allow_connections false')
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        try:
            answer = await post(client, EVENT | {"n": 2})
        finally:
            connection.execute(f'alter database "{name}" allow_connections true')
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert (await post(client, EVENT | {"n": 2})).status_code == 202


async def test_a_bearer_intake_takes_its_token_alone(client: httpx.AsyncClient, make_intake: Any) -> None:
    await make_intake("weak", verifier={"scheme": "bearer"})
    raw = as_bytes(EVENT)
    good = await client.post("/v1/hooks/weak", content=raw, headers={"authorization": f"Bearer {SECRET}"})
    assert good.status_code == 202
    bad = await client.post("/v1/hooks/weak", content=raw, headers={"authorization": f"Bearer {SECRET}x"})
    assert bad.status_code == 401


async def test_accepting_does_not_notify_since_that_would_queue_up_the_commits_of_all_senders(world: World) -> None:
    triggers = await world.rows(
        "select p.proname from pg_trigger t join pg_proc p on p.oid = t.tgfoid"
        " where t.tgrelid in (cast('procrastinate_jobs' as regclass), cast('inbox' as regclass)) and t.tgtype & 4 = 4"
        " and p.prosrc ilike '%notify%'"
    )
    assert triggers == []
