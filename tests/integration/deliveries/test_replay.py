"""Dead letters are tried again, one or all that a filter names: those of a connection, a kind or a time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from pointsman.services.booking.book import book
from pointsman.services.deliveries.replay import replay_deliveries
from pointsman.services.ports.booking.deliveries import DeliveryFilter, DeliveryKind
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.faulty_calendars import Cue
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    """A booking of which neither the calendar nor two CRMs would hear: five dead letters."""
    async with open_crm_floor(database_url, closers=("anna", "ben")) as crm:
        await crm.connect("second")
        lead_id, handed = await crm.floor.ready()
        await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
        crm.floor.vendor.cues = [Cue.REJECTED]
        crm.wire.answer(422, times=100)
        await crm.floor.work_out()
        assert await dead(crm) == {"cal appointment", "crm person", "crm activity", "second person", "second activity"}
        crm.wire.heal()
        yield crm


async def dead(crm: CrmFloor) -> set[str]:
    rows = await crm.floor.world.rows(
        "select k.key, d.kind from deliveries d join connections k on k.id = d.connection_id where d.status = 'dead'"
    )
    return {f"{row.key} {row.kind}" for row in rows}


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (DeliveryFilter(), set()),
        (DeliveryFilter(connection="crm"), {"cal appointment", "second person", "second activity"}),
        (DeliveryFilter(kind=DeliveryKind.PERSON), {"cal appointment", "crm activity", "second activity"}),
        (
            DeliveryFilter(connection="second", kind=DeliveryKind.ACTIVITY),
            {"cal appointment", "crm person", "crm activity", "second person"},
        ),
    ],
)
async def test_all_that_the_filter_names_is_tried_again_and_nothing_else(
    crm: CrmFloor, which: DeliveryFilter, left: set[str]
) -> None:
    before = await dead(crm)
    counted = await replay_deliveries(crm.env, which, dry_run=True, actor=SETTER)
    assert await dead(crm) == before
    done = await replay_deliveries(crm.env, which, dry_run=False, actor=SETTER)
    assert (done, done.count, done.more) == (counted, 5 - len(left), False)
    await crm.floor.work_out()
    assert await dead(crm) == left
    open_ones = await crm.floor.world.value(
        "select count(*) from alerts where code = 'delivery-dead' and resolved_at is null"
    )
    assert open_ones == len(left)
    assert await crm.floor.world.value("select count(*) from audit where action = 'delivery.replayed'") == done.count


async def test_a_filter_by_time_takes_what_was_owed_from_then_on(crm: CrmFloor) -> None:
    now = crm.env.clock()
    later = DeliveryFilter(since=now + timedelta(seconds=1))
    assert (await replay_deliveries(crm.env, later, dry_run=False, actor=SETTER)).count == 0
    since = DeliveryFilter(since=now - timedelta(minutes=1))
    assert (await replay_deliveries(crm.env, since, dry_run=False, actor=SETTER)).count == 5


async def test_what_was_replayed_twice_is_there_once(crm: CrmFloor) -> None:
    for _ in range(2):
        await replay_deliveries(crm.env, DeliveryFilter(), dry_run=False, actor=SETTER)
    await crm.floor.work_out()
    assert len(crm.floor.vendor.events()) == 1
    assert len(crm.meetings()) == 1


async def test_over_http_a_call_says_how_many_and_whether_there_are_more(crm: CrmFloor) -> None:
    with serve_floor(crm.env) as app:
        async with caller_of(app, "admin") as served:
            for asked, said in (
                ({"dry_run": True, "kind": "activity"}, {"count": 2, "more": False}),
                ({"connection": "crm"}, {"count": 2, "more": False}),
                ({"connection": "crm"}, {"count": 0, "more": False}),
            ):
                answer = await served.post("/v1/deliveries/replay", json=asked)
                assert (answer.status_code, answer.json()) == (200, said)
            for wrong, status, path in (
                ({"connection": "unknown"}, 404, "body.connection"),
                ({"status": "done"}, 422, "body.status"),
                ({"since": "2026-11-22T09:00:00"}, 422, "body.since"),
            ):
                answer = await served.post("/v1/deliveries/replay", json=wrong)
                problem: dict[str, Any] = answer.json()
                assert (answer.status_code, problem.get("faults", [{}])[0].get("path")) == (status, path)
