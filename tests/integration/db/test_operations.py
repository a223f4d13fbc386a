"""The platform's repositories, on the database."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from pointsman.cli.service.doctor import Verdict, _time_outs
from pointsman.db.engine.engine import LIFE_SIGNS, lock_timeout_ms, make_engine, time_outs
from pointsman.db.unit_of_work import SqlTx, SqlUnitOfWork
from pointsman.domain.messages.message import as_written
from pointsman.main import Wired, wire
from pointsman.services.ports import (
    DatabasePoolExhausted,
    DatabaseUnavailable,
    LockTimedOut,
    LostRace,
    StatementCancelled,
    StatementTimedOut,
)
from pointsman.services.ports.operations.alerts import (
    AGAIN_WITHIN,
    COMES_AND_GOES,
    AlertCode,
    AlertFilter,
    AlertRow,
)
from pointsman.services.ports.operations.audit import AuditFilter
from pointsman.settings import load_settings
from pointsman.worker.queue import QueueSettings, queue_connector
from support.databases.roles import for_libpq
from support.waiting import LOCKED_OUT, PATIENCE_S, until

pytestmark = pytest.mark.anyio

SECRET = base64.urlsafe_b64encode(bytes(32)).decode()


@pytest.fixture
async def wired(database_url: str) -> AsyncIterator[Wired]:
    made = wire(load_settings(database_url=database_url, secret_keys=SECRET), name="test", pool_size=2)
    yield made
    await made.aclose()


async def add_lines(wired: Wired, number: int) -> None:
    async with wired.env.uow() as tx:
        for n in range(number):
            at = wired.env.clock()
            await tx.audit.add(id=wired.env.new_id(), at=at, actor="test", action="x", subject=f"lead:{n % 2}")


async def test_the_audit_trail_pages_newest_first_without_gap_or_repeat(wired: Wired) -> None:
    await add_lines(wired, 7)
    seen: list[object] = []
    after = None
    while True:
        async with wired.env.uow() as tx:
            rows = await tx.audit.page(AuditFilter(), after=after, limit=3)
        if not rows:
            break
        seen += [(row["at"], row["id"]) for row in rows]
        after = (rows[-1]["at"], rows[-1]["id"])
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


async def test_the_audit_trail_of_one_subject_has_its_lines_alone_and_nulls_are_nulls(wired: Wired) -> None:
    await add_lines(wired, 4)
    async with wired.env.uow() as tx:
        rows = await tx.audit.page(AuditFilter(subject="lead:1"), after=None, limit=10)
    assert {row["subject"] for row in rows} == {"lead:1"}
    async with wired.engine.connect() as connection:
        query = text("select count(*) from audit where before is null and after is null")
        assert (await connection.execute(query)).scalar_one() == 4


def waits_for_a_lock(database_url: str) -> bool:
    with psycopg.connect(for_libpq(database_url)) as other:
        return other.execute(LOCKED_OUT).fetchone() != (0,)


async def put_alert(wired: Wired, code: AlertCode, message: str, *, at: datetime) -> None:
    async with wired.env.uow() as tx:
        await tx.alerts.put(id=wired.env.new_id(), at=at, code=code, subject="x:1", message=as_written(message))


async def end_alert(wired: Wired, code: AlertCode, *, at: datetime) -> None:
    async with wired.env.uow() as tx:
        await tx.alerts.resolve(at=at, code=code, subject="x:1")


async def all_alerts(wired: Wired) -> list[AlertRow]:
    async with wired.env.uow() as tx:
        return [*await tx.alerts.page(AlertFilter(resolved=True), after=None, limit=100)]


async def test_the_same_alert_is_raised_once_and_counted_until_it_is_resolved(wired: Wired) -> None:
    code, now = AlertCode.DELIVERY_DEAD, wired.env.clock()
    await put_alert(wired, code, "first", at=now)
    await put_alert(wired, code, "second", at=now)
    (alert,) = await all_alerts(wired)
    assert (alert.count, alert.message, alert.resolved_at) == (2, as_written("second"), None)
    await end_alert(wired, code, at=now)
    await put_alert(wired, code, "again", at=now + timedelta(minutes=1))
    again, first = await all_alerts(wired)
    assert (again.count, again.resolved_at, first.resolved_at) == (1, None, now)


@pytest.mark.parametrize("code", sorted(COMES_AND_GOES))
async def test_what_comes_and_goes_is_one_alert_until_it_is_over_for_an_hour(wired: Wired, code: AlertCode) -> None:
    began = wired.env.clock()
    for turn in range(20):
        at = began + turn * timedelta(minutes=30)
        await put_alert(wired, code, f"turn {turn}", at=at)
        (alert,) = await all_alerts(wired)
        assert (alert.count, alert.message) == (turn + 1, as_written(f"turn {turn}"))
        assert (alert.raised_at, alert.resolved_at) == (began, None)
        await end_alert(wired, code, at=at + timedelta(minutes=10))
    later = began + 19 * timedelta(minutes=30) + timedelta(minutes=10) + AGAIN_WITHIN
    await put_alert(wired, code, "another day", at=later)
    new, _ = await all_alerts(wired)
    assert (new.count, new.raised_at, new.resolved_at) == (1, later, None)


async def test_what_comes_again_to_two_at_once_opens_once(wired: Wired) -> None:
    code, now = AlertCode.CONNECTION_REAUTH, wired.env.clock()
    await put_alert(wired, code, "before", at=now)
    await end_alert(wired, code, at=now)
    await asyncio.gather(*(put_alert(wired, code, "again", at=now) for _ in range(2)))
    (alert,) = await all_alerts(wired)
    assert (alert.count, alert.resolved_at) == (3, None)


async def test_what_comes_again_while_it_ends_waits_for_the_end_and_opens_again(
    wired: Wired, database_url: str
) -> None:
    code, now = AlertCode.CONNECTION_REAUTH, wired.env.clock()
    await put_alert(wired, code, "before", at=now)
    async with wired.env.uow() as tx:
        await tx.alerts.resolve(at=now, code=code, subject="x:1")
        again = asyncio.create_task(put_alert(wired, code, "again", at=now))
        await until(lambda: waits_for_a_lock(database_url))
    await again
    (alert,) = await all_alerts(wired)
    assert (alert.count, alert.resolved_at) == (2, None)


async def test_a_turn_is_taken_once_and_again_when_it_is_due(wired: Wired) -> None:
    async def take(every: timedelta) -> bool:
        async with wired.env.uow.autocommit() as tx:
            return await tx.system.claim_run("sweep", every=every)

    assert await take(timedelta(hours=1))
    assert not await take(timedelta(hours=1))
    assert await take(timedelta(0))


async def test_sessions_that_the_server_ended_while_idle_are_not_handed_out(wired: Wired, database_url: str) -> None:
    async with wired.env.uow.autocommit() as tx:
        await tx.system.state()
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"  # waits until it has ended
            " where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
        )
    async with wired.env.uow.autocommit() as tx:
        assert (await tx.system.state()).revision


async def test_connections_that_are_closed_again_and_again_are_a_database_that_does_not_answer(
    database_url: str,
) -> None:
    engine = make_engine(database_url, pool_size=1)
    event.listen(
        engine.sync_engine, "checkout", lambda connection, *_: connection.driver_connection.pgconn.finish(), insert=True
    )
    try:
        with pytest.raises(DatabaseUnavailable):
            await _ask(SqlUnitOfWork(engine))
        with pytest.raises(DatabaseUnavailable):
            async with SqlUnitOfWork(engine).autocommit():
                raise AssertionError("there is no connection")
    finally:
        await engine.dispose()


async def test_a_request_that_finds_every_connection_taken_queues_for_one_and_gives_up_after_a_while(
    database_url: str,
) -> None:
    patient, hasty = (make_engine(database_url, pool_size=1, connect_timeout_s=wait) for wait in (PATIENCE_S, 0.05))
    try:
        for engine in (patient, hasty):
            uow = SqlUnitOfWork(engine)
            async with uow.autocommit():
                asked = asyncio.create_task(_ask(uow))
                if engine is hasty:
                    with pytest.raises(DatabasePoolExhausted):
                        await asked
                else:
                    for _ in range(100):  # it comes as far as it can
                        await asyncio.sleep(0)
                    assert not asked.done()
            if engine is patient:
                assert await asked
    finally:
        await patient.dispose()
        await hasty.dispose()


async def _ask(uow: SqlUnitOfWork) -> bool:
    async with uow() as tx:
        return bool((await tx.system.state()).revision)


async def test_a_statement_that_takes_too_long_is_no_outage(database_url: str) -> None:
    async with hasty_uow(database_url, statement_timeout_ms=200) as uow:
        with pytest.raises(StatementTimedOut):
            async with uow() as tx:
                await tx.connection.execute(text("select pg_sleep(60)"))


async def test_the_wait_for_a_lock_ends_before_the_statement_does_and_is_named(database_url: str) -> None:
    async with hasty_uow(database_url) as uow:
        # The holder has no time-outs: on a busy machine its own would end it before the other one asks.
        with psycopg.connect(for_libpq(database_url)) as holder:
            holder.execute("lock table alerts in access exclusive mode")
            with pytest.raises(LockTimedOut, match="locked"):
                async with uow() as tx:
                    await tx.alerts.list_open()
    assert lock_timeout_ms(10_000) == 6_000
    assert lock_timeout_ms(200) == 100


def test_the_doctor_says_which_time_outs_a_pooler_keeps_from_a_session(database_url: str) -> None:
    settings = load_settings(database_url=database_url, secret_keys=SECRET)
    with psycopg.connect(for_libpq(database_url), options=time_outs(settings.statement_timeout_ms)) as whole:
        assert list(_time_outs(whole, settings)) == []
    with psycopg.connect(for_libpq(database_url), options="-c statement_timeout=10000") as pooled:
        [said] = _time_outs(pooled, settings)
    assert said.verdict is Verdict.WARNING
    assert "their idle_in_transaction_session_timeout and lock_timeout: " in said.found


async def test_a_server_that_says_nothing_any_more_is_taken_for_gone_in_seconds_by_requests_and_queue(
    database_url: str,
) -> None:
    settings = QueueSettings(
        conninfo=for_libpq(database_url), concurrency=1, job_deadline=timedelta(seconds=1), life_signs=LIFE_SIGNS
    )
    async with hasty_uow(database_url) as uow, uow() as tx:
        assert tx.connection.sync_connection is not None
        asking: Any = tx.connection.sync_connection.connection.driver_connection
        seen = [asking.info.get_parameters()]
    connector = queue_connector(settings)
    await connector.open_async()
    try:
        async with connector.pool.connection() as working:
            seen.append(working.info.get_parameters())
    finally:
        await connector.close_async()
    for found in seen:
        silent_s = int(found["keepalives_idle"]) + int(found["keepalives_interval"]) * int(found["keepalives_count"])
        assert silent_s <= 25
        assert int(found["tcp_user_timeout"]) == 15_000


async def test_what_a_frozen_process_has_locked_is_free_again_before_long(database_url: str) -> None:
    async with hasty_uow(database_url, statement_timeout_ms=300) as frozen, hasty_uow(database_url) as uow:
        with pytest.raises(DatabaseUnavailable):  # noqa: PT012  # it is ended while the block goes on
            async with frozen() as holder:
                await holder.connection.execute(text("lock table alerts in access exclusive mode"))

                async def are_free() -> bool:
                    try:
                        async with uow() as tx:
                            await tx.alerts.list_open()
                    except LockTimedOut:
                        return False
                    return True

                await until(are_free, patience=60)
                await holder.alerts.list_open()


async def test_a_statement_that_an_administrator_cancels_is_told_from_one_that_took_too_long(database_url: str) -> None:
    async with hasty_uow(database_url, statement_timeout_ms=60_000) as uow:
        asked = asyncio.create_task(sleep_in(uow))
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as admin:
            cancel = "select pg_cancel_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)'"
            here = " and datname = current_database() and state = 'active'"
            await until(lambda: admin.execute(cancel + here).fetchone())
        with pytest.raises(StatementCancelled):
            await asked


async def sleep_in(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.connection.execute(text("select pg_sleep(60)"))


@asynccontextmanager
async def hasty_uow(database_url: str, *, statement_timeout_ms: int = 200) -> AsyncIterator[SqlUnitOfWork]:
    engine = make_engine(database_url, pool_size=1, statement_timeout_ms=statement_timeout_ms)
    try:
        yield SqlUnitOfWork(engine)
    finally:
        await engine.dispose()


async def test_the_schema_and_the_clock_are_told(wired: Wired) -> None:
    before = wired.env.clock()
    async with wired.env.uow() as tx:
        state = await tx.system.state()
        counts = await tx.system.counts(at=wired.env.clock())
    assert state.revision
    assert before - timedelta(minutes=1) < state.now < wired.env.clock() + timedelta(minutes=1)
    assert state.server_version >= 150000
    assert counts["workers"] == {"live": 0}


@pytest.mark.own_database
@pytest.mark.parametrize(
    "opened", [SqlUnitOfWork.__call__, SqlUnitOfWork.autocommit], ids=["transaction", "autocommit"]
)
async def test_statements_prepared_before_a_migration_are_prepared_anew_after_it(
    opened: Callable[[SqlUnitOfWork], AbstractAsyncContextManager[SqlTx]], database_url: str, owner_url: str
) -> None:
    engine = make_engine(database_url, pool_size=1)
    probe = text("select * from alembic_version")

    def uow() -> AbstractAsyncContextManager[SqlTx]:
        return opened(SqlUnitOfWork(engine))

    try:
        for _ in range(7):  # the driver prepares what it has sent a few times
            async with uow() as tx:
                await tx.connection.execute(probe)
        with psycopg.connect(for_libpq(owner_url)) as other:
            other.execute("alter table alembic_version add column more text")
        with pytest.raises(LostRace):
            async with uow() as tx:
                await tx.connection.execute(probe)
        async with uow() as tx:
            assert (await tx.connection.execute(probe)).keys() == ["version_num", "more"]
    finally:
        await engine.dispose()
