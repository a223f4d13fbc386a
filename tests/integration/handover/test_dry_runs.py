"""A dry run of a hand-over answers as the call that follows, locks no row, and lets nothing else happen."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.services.booking.slot_holds import hold_slot
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.handover.book_on_handover import AutoBook
from pointsman.services.handover.handover import dry_run_handover, prepare_handover
from pointsman.services.handover.handover_result import HandoverResult
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY
from support.waiting import PATIENCE_S
from support.wording import english, english_sentence

pytestmark = pytest.mark.anyio

_MINUTE = timedelta(minutes=1)
EARLIEST = AutoBook(earliest=True)
#: Every row that a hand-over could lock, of this lead and of others.
LOCKED = ("leads", "reps", "suppliers", "pool_ledgers", "holds", "assignments", "reservations", "alerts")


def offering(offer: str) -> dict[str, Any]:
    pool = {**POLICY["pools"]["closers-mid-market"], "booking": {"offer": offer}}
    alone = {**POLICY["pools"]["sdr-dach"], "members": ["lena"]}  # so that chance decides nothing
    return {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": pool, "sdr-dach": alone}}


async def tried(floor: Floor, lead_id: UUID, auto_book: AutoBook, **over: Any) -> HandoverResult:
    async def attempt(calendars: Mapping[str, CalendarState]) -> HandoverResult:
        given = {"evidence": floor.evidence(), "setter": "lena", "actor": SETTER, "auto_book": auto_book} | over
        return await dry_run_handover(
            floor.env, await prepare_handover(floor.env, lead_id, calendars=calendars, **given)
        )

    return await with_closer_calendars(floor.env, attempt)


def ids_from(number: int) -> Callable[[], UUID]:
    """The same ids each time, so that chance, which ids seed, falls the same way."""
    following = count(number << 64 | 1)
    return lambda: UUID(int=next(following))


def told(result: HandoverResult) -> dict[str, Any]:
    """All of an answer but ids, and the moment of it."""
    booked, offer, routed = result.appointment, result.slot_list, result.routing
    return {
        "passed": result.gate.passed,
        "stage": result.stage,
        "closer": result.closer,
        "what": english_sentence(result.what_happens),
        "booked": booked and (booked.rep_key, booked.starts_at, booked.setter_key, booked.gate_snapshot["evidence"]),
        "slots": offer and [(slot.start, slot.rep) for slot in offer.slots],
        "decided": routed and (english(routed.decision.summary), routed.decision.rep, routed.decision.ledger_after),
    }


@pytest.mark.parametrize("offer", ["strict", "flexible", "balanced"])
async def test_it_answers_as_the_call_that_follows(database_url: str, offer: str) -> None:
    async with open_floor(database_url, policy=offering(offer)) as floor:
        floor.world.clock.freeze()
        kept, handed = await floor.ready()
        await hold_slot(floor.env, kept, handed.slots[0].start, actor=SETTER)
        with_setter = await floor.lead()
        await floor.world.route(with_setter)
        asked: list[tuple[UUID, dict[str, Any]]] = [
            (await floor.lead(), {}),
            (kept, {}),
            (with_setter, {}),
            (await floor.lead(), {}),
            (await floor.lead(), {"evidence": floor.evidence("need")}),
            (await floor.lead(), {"evidence": floor.evidence("need", affirmed=False)}),
        ]
        usual = floor.env
        for number, (lead_id, over) in enumerate(asked):
            said = []
            for auto_book in (AutoBook(), EARLIEST):
                floor.env = replace(usual, new_id=ids_from(number))
                said.append(told(await tried(floor, lead_id, auto_book, **over)))
            floor.env = replace(usual, new_id=ids_from(number))
            done = told(await floor.hand_over(lead_id, at_earliest=True, **over))
            assert said[-1] == done
            assert said[0]["passed"] == done["passed"]
            floor.world.clock.advance(_MINUTE)


async def test_it_waits_for_no_row_of_its_lead_or_of_others(database_url: str) -> None:
    async with open_floor(database_url, policy=offering("balanced")) as floor:
        await floor.ready()
        lead_id = await floor.lead()
        await floor.world.route(lead_id)
        async with floor.world.engine.connect() as other:
            for table in LOCKED:
                await other.execute(text(f"select 1 from {table} for update"))
            said = await asyncio.wait_for(tried(floor, lead_id, EARLIEST), PATIENCE_S)
        assert said.appointment is not None


async def test_dry_runs_beside_each_other_and_beside_bookings_end_no_one_s_transaction(
    database_url: str,
) -> None:
    """Two that had both looked at a closer could each wait for the other to let go."""
    async with open_floor(database_url, policy=offering("strict"), closers=("anna",)) as floor:
        leads = [await floor.lead() for _ in range(4)]
        before = await floor.world.value("select deadlocks from pg_stat_database where datname = current_database()")
        async with asyncio.TaskGroup() as group:
            for lead_id in leads:
                for _ in range(2):
                    group.create_task(tried(floor, lead_id, EARLIEST))
            done = group.create_task(floor.hand_over(leads[0], at_earliest=True))
        assert done.result().appointment is not None
        await floor.world.rows("select pg_stat_clear_snapshot()")
        after = await floor.world.value("select deadlocks from pg_stat_database where datname = current_database()")
        assert after == before
