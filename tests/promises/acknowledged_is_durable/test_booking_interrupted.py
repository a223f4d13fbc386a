"""A booking that is broken off inside: the database stops answering, or the process goes. All of it is there, or nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text

from pointsman.db.engine.engine import make_engine
from pointsman.db.unit_of_work import SqlTx, SqlUnitOfWork
from pointsman.domain.errors import SlotTaken
from pointsman.services.booking.book import book, book_in_tx, prepare_booking
from pointsman.services.ports import DatabaseUnavailable, Tx
from pointsman.services.ports.process_cache import ProcessCache
from pointsman.services.transactions import run_in_transaction
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY, make_env
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

WRITTEN = ("appointments", "appointment_events", "reservations", "slot_holds", "deliveries", "idempotency")
READY = [{"name": name, "value": "yes"} for name in ("need", "urgency", "offer_known")]


def policy(members: tuple[str, ...], **rules: str) -> dict[str, Any]:
    """POLICY, whose closers are booked by these rules."""
    pool = {"work": "closing", "members": list(members), "time_zone": "Europe/Berlin", "booking": rules}
    return {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": pool}}


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=policy(("anna",))) as opened:
        yield opened


@pytest.fixture
async def hurried(floor: Floor, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The API on connections whose statements may take two seconds."""
    engine = make_engine(database_url, pool_size=3, statement_timeout_ms=2_000)
    try:
        with serve_floor(replace(floor.env, uow=SqlUnitOfWork(engine), cache=ProcessCache())) as app:
            async with caller_of(app, "handover", "booking", "read") as client:
                yield client
    finally:
        await engine.dispose()


async def written(floor: Floor) -> dict[str, Any]:
    return {name: await floor.world.value(f"select count(*) from {name}") for name in (*WRITTEN, "decisions", "audit")}


@pytest.mark.parametrize("path", ["/v1/appointments", "/v1/slot-holds", "/v1/leads/{lead}/handovers"])
async def test_a_booking_that_waits_too_long_for_a_rep_says_try_again_and_nothing_is_written(
    floor: Floor, hurried: httpx.AsyncClient, path: str
) -> None:
    lead_id, handed = await floor.ready()
    start = handed.slots[0].start.isoformat()
    body: dict[str, Any] = {"lead_id": str(lead_id), "start": start}
    if "handovers" in path:
        body = {"setter": "lena", "evidence": READY, "book": {"start": start}}
    before = await written(floor)
    async with floor.env.uow() as tx:
        assert isinstance(tx, SqlTx)
        await tx.connection.execute(text("select 1 from reps where key = 'anna' for update"))
        answer = await hurried.post(path.format(lead=lead_id), json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert await written(floor) == before
    again = await hurried.post(path.format(lead=lead_id), json=body, headers={"Idempotency-Key": "k"})
    assert again.status_code in (200, 201), again.text


async def test_a_booking_whose_connection_dies_at_its_end_is_not_there_and_can_be_made_again(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    prepared = await prepare_booking(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    before = await written(floor)

    async def work(tx: Tx) -> None:
        await book_in_tx(floor.env, tx, prepared)
        assert isinstance(tx, SqlTx)
        await tx.connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        await run_in_transaction(floor.env, work)
    assert await written(floor) == before
    assert (await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)).status == "confirmed"


async def test_a_time_at_which_nobody_is_free_is_refused_without_a_lock_and_without_the_rules(
    database_url: str,
) -> None:
    async with open_floor(database_url, policy=policy(("anna", "ben"), offer="flexible")) as floor:
        late, handed = await floor.ready()
        start = handed.slots[0].start
        prepared = await prepare_booking(floor.env, late, start, actor=SETTER)
        for _ in range(2):
            first, _handed = await floor.ready()
            await book(floor.env, first, start, actor=SETTER)
        env, engine = make_env(database_url, pool_size=1, clock=floor.env.clock)
        said: list[str] = []
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        try:
            with pytest.raises(SlotTaken):
                await run_in_transaction(replace(env, calendars=floor.vendor), lambda tx: book_in_tx(env, tx, prepared))
        finally:
            await engine.dispose()
        assert not [one for one in said if "pool_ledgers" in one or "from reps where" in one], said
