"""What was decided, and what followed from it, can be found by each of its parts."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.domain.messages.message import as_written
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.change_roster import add_time_off
from support.floors.booking_floor import Floor
from support.floors.reassignment_floor import at, booked, group_floor
from support.floors.use_case_env import ADMIN, POLICY, absence
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(floor: Floor) -> Iterator[FastAPI]:
    with serve_floor(floor.env) as app:
        yield app


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, "admin") as opened:
        yield opened


async def items(client: httpx.AsyncClient, path: str, **asked: object) -> list[dict[str, Any]]:
    """All pages of a list, two items each."""
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        answer = await client.get(path, params={**asked, "limit": 2, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
    return found


async def compare(
    client: httpx.AsyncClient, path: str, filters: dict[str, str], *, least: int, **asked: object
) -> list[dict[str, Any]]:
    """Each filter finds the items whose field has the value, in the order of the whole list; all items."""
    everything = await items(client, path, **asked)
    assert len(everything) >= least
    for parameter, field in filters.items():
        values = {item[field] for item in everything}
        assert len(values) > 1, f"all items have the same {field}, so one that is not asked for is in no answer"
        for value in values - {None}:
            expected = [item["id"] for item in everything if item[field] == value]
            given = {**asked, parameter: value}
            assert [item["id"] for item in await items(client, path, **given)] == expected, parameter
    return everything


async def compare_span(client: httpx.AsyncClient, path: str, everything: list[dict[str, Any]], field: str) -> None:
    """`since` is in the span, `until` is not."""
    bound = everything[len(everything) // 2][field]
    for parameter, expected in {
        "since": [item["id"] for item in everything if item[field] >= bound],
        "until": [item["id"] for item in everything if item[field] < bound],
    }.items():
        assert [item["id"] for item in await items(client, path, **{parameter: bound})] == expected


async def away(floor: Floor, *reps: str) -> None:
    now = floor.env.clock()
    for rep in reps:
        await add_time_off(floor.env, rep, absence(now, now + timedelta(days=2)), actor=ADMIN)


async def test_decisions_are_found_by_each_of_their_parts(floor: Floor, admin: httpx.AsyncClient) -> None:
    for country in ("DE", "AT", "FR", "XX"):
        await floor.world.route(await floor.lead(lead__country=country))
    rules = [rule for rule in POLICY["rules"] if rule["name"] != "Newsletter to nurture"]
    await floor.world.publish({**POLICY, "rules": rules})
    await floor.ready()
    filters = {
        "lead": "lead_id",
        "rep": "rep",
        "rule": "rule",
        "pool": "pool",
        "work": "work",
        "outcome": "outcome",
        "reason": "hold_reason",
        "version": "policy_version",
    }
    found = await compare(admin, "/v1/decisions", filters, least=5)
    await compare_span(admin, "/v1/decisions", found, "at")
    last = found[0]
    both = await items(admin, "/v1/decisions", rep=last["rep"], rule=last["rule"], since=last["at"])
    assert [item["id"] for item in both] == [last["id"]]
    assert await items(admin, "/v1/decisions", rep=last["rep"], outcome="held") == []


async def test_holds_are_found_by_each_of_their_parts_also_when_they_are_over(
    floor: Floor, admin: httpx.AsyncClient
) -> None:
    for country in ("FR", "FR", "IT"):
        await floor.world.route(await floor.lead(lead__country=country))
    await away(floor, "lena", "jonas", "sofia")
    waiting = [await floor.lead() for _ in range(3)]
    for lead_id in waiting:
        await floor.world.route(lead_id)
    body = {"rep": "lena", "work": "qualification", "reason": "she knows them"}
    assert (await admin.post(f"/v1/leads/{waiting[0]}/assign", json=body)).status_code == 200
    filters = {"lead": "lead_id", "pool": "pool", "work": "work", "reason": "reason"}
    found = await compare(admin, "/v1/holds", filters, least=5)
    assert {item["released_at"] for item in found} == {None}
    await compare_span(admin, "/v1/holds", found, "held_at")
    everything = await compare(admin, "/v1/holds", filters, least=6, status="all")
    (over,) = [item for item in everything if item["released_at"] is not None]
    assert (over["lead_id"], over["overdue"], over["id"] in {item["id"] for item in found}) == (
        str(waiting[0]),
        False,
        False,
    )


async def test_appointments_and_deliveries_are_found_by_each_of_their_parts(
    floor: Floor, admin: httpx.AsyncClient
) -> None:
    await save_connection(floor.env, "other", connector="memory", config={"url": "y"}, active=True, actor=ADMIN)
    for setter in ("lena", "jonas", "jonas"):
        lead_id = await floor.lead()
        await floor.hand_over(lead_id, setter=setter)
        offer = (await admin.get(f"/v1/leads/{lead_id}/slots", params={"limit": 9})).json()
        slot = offer["slots"][0 if setter == "lena" else -1]
        booked = await admin.post("/v1/appointments", json={"lead_id": str(lead_id), "start": slot["start"]})
        assert booked.status_code == 201, booked.text
    await floor.work()
    last = booked.json()
    assert last.get("pool") == "closers-mid-market"
    of_lena = "update appointments set pool = 'of old' where setter_rep_id = (select id from reps where key = 'lena')"
    to_other = (
        "update deliveries d set connection_id = c.id, kind = 'activity' from connections c, appointments a"
        " where c.key = 'other' and a.id = d.appointment_id and a.pool = 'of old'"
    )
    await floor.world.owner_rows(of_lena, past_guards=True)
    await floor.world.owner_rows(to_other, past_guards=True)
    assert (
        await admin.post(f"/v1/appointments/{last['id']}/cancel", json={"for_buyer": True, "reason": "ill"})
    ).is_success
    filters = {"lead": "lead_id", "setter": "setter", "rep": "rep", "pool": "pool", "status": "status"}
    found = await compare(admin, "/v1/appointments", filters, least=3)
    await compare_span(admin, "/v1/appointments", found, "created_at")
    bound = sorted(item["start"] for item in found)[1]
    for parameter, expected in {
        "start": [item["id"] for item in found if item["start"] >= bound],
        "end": [item["id"] for item in found if item["start"] < bound],
    }.items():
        assert [item["id"] for item in await items(admin, "/v1/appointments", **{parameter: bound})] == expected
    filters = {
        "connection": "connection",
        "status": "status",
        "kind": "kind",
        "appointment": "appointment_id",
        "lead": "lead_id",
    }
    owed = await compare(admin, "/v1/deliveries", filters, least=4)
    await compare_span(admin, "/v1/deliveries", owed, "created_at")
    one = (await admin.get(f"/v1/deliveries/{owed[0]['id']}")).json()
    assert one == owed[0]


async def test_an_appointment_that_is_moved_meanwhile_is_on_one_page(floor: Floor, admin: httpx.AsyncClient) -> None:
    ids = []
    for _ in range(3):
        lead_id, _handed = await floor.ready()
        slot = (await admin.get(f"/v1/leads/{lead_id}/slots", params={"limit": 1})).json()["slots"][0]
        answer = await admin.post("/v1/appointments", json={"lead_id": str(lead_id), "start": slot["start"]})
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    for moved in ids:
        first = (await admin.get("/v1/appointments", params={"limit": 1})).json()
        lead_id = (await admin.get(f"/v1/appointments/{moved}")).json()["lead_id"]
        later = (await admin.get(f"/v1/leads/{lead_id}/slots", params={"limit": 100})).json()["slots"][-1]
        change = {"start": later["start"], "for_buyer": True, "reason": "ill"}
        assert (await admin.post(f"/v1/appointments/{moved}/reschedule", json=change)).is_success
        rest = await items(admin, "/v1/appointments", cursor=first["next"])
        seen = [item["id"] for item in [*first["items"], *rest]]
        assert sorted(seen) == sorted(ids)


async def test_appointments_of_a_rep_are_those_led_and_those_taken_part_in_in_one_order(database_url: str) -> None:
    async with group_floor(database_url) as floor:
        rows = [await booked(floor, at(floor, days=days, hour=hour)) for days in (2, 3) for hour in (9, 12, 14)]
        change = (
            "update appointment_companions set rep_id = (select id from reps where key = 'anna')"
            " where appointment_id = any(:ids)"
        )
        await floor.world.owner_rows(change, past_guards=True, ids=[row.id for row in rows if row.rep_key != "anna"])
        with serve_floor(floor.env) as app:
            async with caller_of(app, "admin") as admin:
                everything = await items(admin, "/v1/appointments")
                part = [{item["rep"], *(other["rep"] for other in item["companions"])} for item in everything]
                assert sorted(map(len, part)) == [2] * 6
                for rep in ("anna", "tom"):
                    expected = [item["id"] for item, reps in zip(everything, part, strict=True) if rep in reps]
                    assert [item["id"] for item in await items(admin, "/v1/appointments", rep=rep)] == expected
            async with caller_of(app, "read", supplier="in-house") as partner:
                led = {item["rep"] for item in await items(partner, "/v1/appointments", rep="anna")}
                assert led == {"anna"}


async def test_alerts_are_found_by_kind_subject_and_time_also_when_they_are_closed(
    floor: Floor, admin: httpx.AsyncClient
) -> None:
    async with floor.env.uow() as tx:
        for code, subject in [
            (AlertCode.HOLD_OVERDUE, "lead:1"),
            (AlertCode.HOLD_OVERDUE, "lead:2"),
            (AlertCode.DELIVERY_DEAD, "delivery:1"),
            (AlertCode.INACTIVE_HOLDER, "rep:lena"),
        ]:
            at = floor.env.clock()
            await tx.alerts.put(id=floor.env.new_id(), at=at, code=code, subject=subject, message=as_written("look"))
        await tx.alerts.resolve(at=floor.env.clock(), code=AlertCode.HOLD_OVERDUE, subject="lead:1")
    filters = {"code": "code", "subject": "subject"}
    found = await compare(admin, "/v1/alerts", filters, least=3)
    assert {item["resolved_at"] for item in found} == {None}
    await compare_span(admin, "/v1/alerts", found, "raised_at")
    assert len(await compare(admin, "/v1/alerts", filters, least=4, status="all")) == len(found) + 1


async def test_pools_say_who_is_in_them_how_they_stand_and_what_waits(floor: Floor, admin: httpx.AsyncClient) -> None:
    routed = await floor.world.route(await floor.lead())
    await away(floor, "lena", "jonas", "sofia")
    await floor.world.route(await floor.lead())
    answer = await admin.get("/v1/pools")
    assert answer.status_code == 200, answer.text
    listed = answer.json()["items"]
    assert [pool["pool"] for pool in listed] == ["sdr-dach", "partner-outbound", "closers-mid-market", "customer-care"]
    pool = listed[0]
    assert (pool["work"], pool["method"], pool["ledger"], pool["shared_with"]) == (
        "qualification",
        "fair",
        "sdr-dach",
        [],
    )
    assert (pool["rules"], pool["waiting"], pool["overdue"]) == (["DACH inbound"], 1, 0)
    (hold,) = await items(admin, "/v1/holds", pool="sdr-dach")
    assert pool["oldest"] == hold["held_at"]
    assert [(member["rep"], member["name"]) for member in pool["members"]] == [
        ("lena", "Lena"),
        ("jonas", "Jonas"),
        ("sofia", "Sofia"),
    ]
    assert sum(Fraction(member["balance"]["exact"]) for member in pool["members"]) == 0
    (had,) = [member["rep"] for member in pool["members"] if member["last_turn_at"]]
    assert had == routed.decision.rep
    assert (await admin.get("/v1/pools/sdr-dach")).json() == pool
    assert (await admin.get("/v1/pools/nobody")).status_code == 404
    assert [one["pool"] for one in (await admin.get("/v1/pools", params={"rep": "anna"})).json()["items"]] == [
        "closers-mid-market"
    ]
    by_work = (await admin.get("/v1/pools", params={"work": "customer_service"})).json()["items"]
    assert [one["pool"] for one in by_work] == ["customer-care"]


async def test_a_lead_is_named_by_its_address_in_each_list(floor: Floor, admin: httpx.AsyncClient) -> None:
    body = {"email": "mara@nordwerk.example", "fields": {"lead.country": "FR"}}
    lead_id = (await admin.post("/v1/leads", json=body)).json()["lead"]["id"]
    await floor.world.route(await floor.lead(lead__country="FR"))
    for path in ("/v1/decisions", "/v1/holds"):
        assert {item["lead_id"] for item in await items(admin, path, lead="Mara@Nordwerk.example")} == {lead_id}
    assert await items(admin, "/v1/appointments", lead="mara@nordwerk.example") == []
    assert (await admin.get("/v1/holds", params={"lead": "nora@nordwerk.example"})).status_code == 404


async def test_what_a_caller_does_not_read_is_no_filter_of_theirs(floor: Floor, app: FastAPI) -> None:
    routed = await floor.world.route(await floor.lead())
    async with caller_of(app, "read", rep=routed.decision.rep) as rep:
        refused = await rep.get("/v1/decisions", params={"rule": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-readable")
        assert [fault["path"] for fault in refused.json()["faults"]] == ["query.rule"]
        assert [item["rule"] for item in await items(rep, "/v1/decisions", work="qualification")] == [None]
