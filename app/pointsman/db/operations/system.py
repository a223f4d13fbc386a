"""The deployment as a whole: its schema, its workers, how much of everything there is."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.operations.system import SystemState

_MIGRATED = PreparedStatement("""
    select to_regclass('alembic_version') is not null and to_regclass('procrastinate_workers') is not null
""")
_STATE = PreparedStatement("""
    select (select max(version_num) from alembic_version) as revision,
        (select max(last_heartbeat) from procrastinate_workers) as worker_seen_at,
        clock_timestamp() as now, current_setting('server_version_num')::int as server_version
""")
_BARE = PreparedStatement("""
    select clock_timestamp() as now, current_setting('server_version_num')::int as server_version
""")
_COUNTS = PreparedStatement("""
    select 'inbox' as kind, status as label, count(*) as n from inbox group by status
    union all
    select 'decisions', outcome, count(*) from decisions group by outcome
    union all
    select 'gate_checks', case when passed then 'passed' else 'refused' end, count(*) from gate_checks group by passed
    union all
    select 'deliveries', status, count(*) from deliveries group by status
    union all
    select 'appointments', status, count(*) from appointments group by status
    union all
    select 'open_holds', reason, count(*) from holds where released_at is null group by reason
    union all
    select 'overdue_holds', coalesce(pool, 'none'), count(*) from holds
    where released_at is null and due_at <= :at group by pool
    union all
    select 'oldest_hold_seconds', coalesce(pool, 'none'), extract(epoch from cast(:at as timestamptz) - min(held_at))::bigint
    from holds where released_at is null group by pool
    union all
    select 'open_alerts', code, count(*) from alerts where resolved_at is null group by code
    union all
    select 'jobs', status::text, count(*) from procrastinate_jobs group by status
    union all
    select 'sweep_age_seconds', task, extract(epoch from now() - coalesce(succeeded_at, first_started_at))::bigint
    from periodic_runs
    union all
    select 'sweep_failures', task, failures from periodic_runs
    union all
    select 'connections', case when not c.active then 'switched-off' when c.fault is not null or p.strikes > 1 then 'out-of-use'
        when p.not_before > :at then 'waiting' when p.not_before is not null then 'probing' else 'closed' end, count(*)
    from connections c left join connection_pace p on p.connection_id = c.id and p.subject = '' group by 2
    union all
    select 'connection_failures', c.key, p.failures from connection_pace p join connections c on c.id = p.connection_id
    where p.subject = ''
    union all
    select 'connection_calls_in_flight', c.key, (select count(*) from jsonb_each(p.calls) call
        where call.value::float8 > extract(epoch from cast(:at as timestamptz)))
    from connection_pace p join connections c on c.id = p.connection_id where p.subject = ''
    union all
    select 'connection_quota_left', c.key, (p.quota -> 'left')::bigint
    from connection_pace p join connections c on c.id = p.connection_id where p.subject = '' and p.quota is not null
    union all
    select 'connection_deliveries_waiting', c.key, count(*)
    from deliveries d join connections c on c.id = d.connection_id
    where d.status = 'pending'
      and (d.kind <> 'notice' or d.error_code is not null or d.next_attempt_at <= cast(:at as timestamptz)) group by c.key
    union all
    select 'connection_oldest_delivery_seconds', c.key,
        extract(epoch from cast(:at as timestamptz)
            - min(greatest(d.created_at, case when d.kind = 'notice' then d.owed_at end)))::bigint
    from deliveries d join connections c on c.id = d.connection_id
    where d.status = 'pending'
      and (d.kind <> 'notice' or d.error_code is not null or d.next_attempt_at <= cast(:at as timestamptz)) group by c.key
    union all
    select 'own_writes_told', c.key, count(*)
    from inbox i join intakes n on n.id = i.intake_id join connections c on c.key = n.connection
    where i.result #>> '{note,key}' = 'arrival.own-write' group by c.key
    union all
    select 'owner_changes', outcome, count(*) from owner_changes group by outcome
    union all
    select 'notices_maybe_twice', c.key, count(*) from deliveries d join connections c on c.id = d.connection_id
    where d.kind = 'notice' and d.status = 'done' and d.unsure > 0 group by c.key
    union all
    select 'workers', 'live', count(*) from procrastinate_workers
    where last_heartbeat > now() - interval '15 seconds'
""")
_CLAIM_RUN = PreparedStatement("""
    insert into periodic_runs (task, started_at) values (:task, clock_timestamp())
    on conflict (task) do update set started_at = excluded.started_at
    where periodic_runs.started_at <= excluded.started_at - cast(:every as interval)
      and (periodic_runs.not_before is null or periodic_runs.not_before <= excluded.started_at)
    returning true
""")
_RUN_SUCCEEDED = PreparedStatement("""
    with done as (
        update periodic_runs set succeeded_at = clock_timestamp(), failures_in_a_row = 0, last_error = null,
            not_before = null
        where task = :task
    )
    update alerts set resolved_at = clock_timestamp()
    where code = 'sweep-failing' and subject = 'sweep:' || cast(:task as text) and resolved_at is null
""")
_RUN_FAILED = PreparedStatement("""
    insert into periodic_runs as p (task, started_at, failures, failures_in_a_row, last_error, not_before)
    values (:task, clock_timestamp(), 1, 1, :error, clock_timestamp() + least(cast(:wait as interval), :longest))
    on conflict (task) do update set failures = p.failures + 1, failures_in_a_row = p.failures_in_a_row + 1,
        last_error = excluded.last_error,
        not_before = clock_timestamp()
            + least(cast(:wait as interval) * power(2, least(p.failures_in_a_row, 20)), cast(:longest as interval))
    returning failures_in_a_row
""")


class SqlSystem:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def state(self) -> SystemState:
        migrated = await _MIGRATED.scalar(self._connection)
        row = await (_STATE if migrated else _BARE).one(self._connection)
        return SystemState(
            revision=row.revision if migrated else None,
            worker_seen_at=row.worker_seen_at if migrated else None,
            now=row.now,
            server_version=row.server_version,
        )

    async def counts(self, *, at: datetime) -> Mapping[str, Mapping[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for kind, label, n in await _COUNTS.rows(self._connection, {"at": at}):
            counts.setdefault(kind, {})[label] = n
        return counts

    async def claim_run(self, task: str, *, every: timedelta) -> bool:
        return await _CLAIM_RUN.scalar(self._connection, {"task": task, "every": every}) is True

    async def run_succeeded(self, task: str) -> None:
        await _RUN_SUCCEEDED.run(self._connection, {"task": task})

    async def run_failed(self, task: str, *, error: str, wait: timedelta, longest_wait: timedelta) -> int:
        given = {"task": task, "error": error, "wait": wait, "longest": longest_wait}
        found: int = await _RUN_FAILED.scalar(self._connection, given)
        return found
