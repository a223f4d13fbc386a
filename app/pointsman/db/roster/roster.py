"""The roster repository."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import reps, roles, roster_versions, suppliers, time_off
from pointsman.domain.roster.reps import Rep, TimeOff
from pointsman.domain.roster.roles import Role, Work
from pointsman.services.ports.roster import AssignedLead, RepAssignment, RoleRow, RosterName, SupplierRow, TimeOffRow
from pointsman.services.roster.snapshot import (
    caps_from_json,
    day_changes_as_json,
    day_changes_from_json,
    hours_as_json,
    hours_from_json,
)

_LOCK = PreparedStatement("select pg_advisory_xact_lock(hashtext('pointsman.roster'))")
_ROLES = PreparedStatement("""
    select r.id, r.name, array_remove(array_agg(w.work order by w.work), null) as works
    from roles r left join role_works w on w.role_id = r.id group by r.id order by r.name
""")
_SUPPLIERS = select(suppliers).order_by(suppliers.c.key)
_REPS = PreparedStatement("""
    select p.id, p.key, p.name, p.email, p.role_id, r.name as role,
        array(select w.work from role_works w where w.role_id = p.role_id) as works,
        p.tier, p.weight, p.time_zone, p.working_hours, p.day_changes, p.holidays, p.skills, p.caps, p.supplier,
        s.barred_domains, p.active, p.started_on,
        (select coalesce(jsonb_agg(jsonb_build_array(t.starts_at, t.ends_at) order by t.starts_at, t.id), '[]')
         from time_off t where t.rep_id = p.id) as time_off
    from reps p join roles r on r.id = p.role_id join suppliers s on s.key = p.supplier
    order by p.key
""")
_TIME_OFF = PreparedStatement("""
    select t.id, p.key as rep, t.starts_at, t.ends_at, t.first_day, t.last_day, t.reason
    from time_off t join reps p on p.id = t.rep_id
    where cast(:rep as text) is null or p.key = :rep order by t.starts_at, t.id
""")
_PUT_ROLE = insert(roles).on_conflict_do_nothing(index_elements=[roles.c.name])
_ADD_WORKS = PreparedStatement("""
    insert into role_works (role_id, work) select r.id, w from roles r, unnest(cast(:works as text[])) w
    where r.name = :name on conflict do nothing
""")
_REMOVE_ROLE_WORKS = PreparedStatement("""
    delete from role_works using roles r where r.id = role_id and r.name = :name
      and work <> all(cast(:works as text[]))
""")
_new_supplier = insert(suppliers)
_PUT_SUPPLIER = _new_supplier.on_conflict_do_update(
    index_elements=[suppliers.c.key],
    set_={name: _new_supplier.excluded[name] for name in ("name", "kind", "barred_domains")},
)
_PUT_REP = PreparedStatement("""
    insert into reps (id, key, name, email, role_id, role_since, tier, weight, time_zone, working_hours, day_changes,
        holidays, skills, caps, supplier, active, started_on, created_at)
    values (:id, :key, :name, :email, :role_id, :at, :tier, :weight, :time_zone, cast(:working_hours as jsonb),
        cast(:day_changes as jsonb), :holidays, cast(:skills as jsonb), cast(:caps as jsonb), :supplier, :active,
        :started_on, :at)
    on conflict (key) do update set name = excluded.name, email = excluded.email, role_id = excluded.role_id,
        role_since = case when reps.role_id = excluded.role_id then reps.role_since else excluded.role_since end,
        tier = excluded.tier, weight = excluded.weight, time_zone = excluded.time_zone,
        working_hours = excluded.working_hours, day_changes = excluded.day_changes,
        holidays = excluded.holidays, skills = excluded.skills, caps = excluded.caps,
        supplier = excluded.supplier, active = excluded.active, started_on = excluded.started_on
""")
_ADD_TIME_OFF = PreparedStatement("""
    insert into time_off (id, rep_id, starts_at, ends_at, first_day, last_day, reason)
    select :id, id, :starts_at, :ends_at, cast(:first_day as date), cast(:last_day as date), :reason
    from reps where key = :rep
""")
_MOVE_TIME_OFF = (
    update(time_off)
    .where(time_off.c.id == bindparam("time_off"))
    .values(starts_at=bindparam("start"), ends_at=bindparam("end"))
)
_DELETE_TIME_OFF = delete(time_off).where(time_off.c.id == bindparam("time_off"))
_CLEAR_TIME_OFF = PreparedStatement("delete from time_off using reps p where p.id = rep_id and p.key = :rep")
_ASSIGNED_LEADS = PreparedStatement("""
    select a.lead_id, p.key as rep, a.work
    from assignments a join reps p on p.id = a.rep_id join roles r on r.id = p.role_id
    where a.ended_at is null and a.override_id is null
      and (cast(:reps as text[]) is null or p.key = any(cast(:reps as text[])))
      and (cast(:role as text) is null or r.name = :role)
    order by a.assigned_at limit 200
""")
_COUNT_OPEN_LEADS = PreparedStatement("""
    select p.key, count(*) as leads from reps p join assignments a on a.rep_id = p.id and a.ended_at is null
    where p.key = any(cast(:reps as text[])) group by p.key
""")
_LEADS_OF = PreparedStatement("""
    select a.id as assignment_id, a.lead_id, a.work, a.assigned_at from assignments a join reps p on p.id = a.rep_id
    where p.key = :rep and a.ended_at is null
      and (cast(:works as text[]) is null or a.work = any(cast(:works as text[])))
      and (cast(:after_at as timestamptz) is null or (a.assigned_at, a.id) > (:after_at, cast(:after_id as uuid)))
    order by a.assigned_at, a.id limit :limit
""")
_SNAPSHOT = select(roster_versions.c.snapshot).where(roster_versions.c.version == bindparam("version"))
_LATEST_SNAPSHOT = PreparedStatement("select version, snapshot from roster_versions order by version desc limit 1")
_ADD_VERSION = insert(roster_versions)
_NAMES = PreparedStatement("""
    select 'rep' as kind, key, name, time_zone, supplier from reps
    union all select 'supplier', key, name, null, null from suppliers
    union all select 'intake', key, title, null, null from intakes
    union all select 'api_key', id, name, null, null from api_keys
""")
_EMAILS = select(reps.c.key, reps.c.email)


class SqlRoster:
    """See `pointsman.services.ports.roster.RosterStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        await _LOCK.run(self._connection)

    async def roles(self) -> Sequence[RoleRow]:
        rows = await _ROLES.rows(self._connection)
        return [RoleRow(id=row.id, name=row.name, works=frozenset(row.works)) for row in rows]

    async def suppliers(self) -> Sequence[SupplierRow]:
        rows = await self._connection.execute(_SUPPLIERS)
        return [
            SupplierRow(key=row.key, name=row.name, kind=row.kind, barred_domains=tuple(row.barred_domains))
            for row in rows
        ]

    async def reps(self) -> Sequence[Rep]:
        return [_rep(row) for row in await _REPS.rows(self._connection)]

    async def time_off(self, rep: str | None = None) -> Sequence[TimeOffRow]:
        return await _TIME_OFF.records(self._connection, TimeOffRow, {"rep": rep})

    async def put_role(self, role: RoleRow) -> None:
        await self._connection.execute(_PUT_ROLE, {"id": role.id, "name": role.name})
        await _ADD_WORKS.run(self._connection, {"name": role.name, "works": sorted(role.works)})

    async def remove_role_works(self, role: RoleRow) -> None:
        with translating_errors():
            await _REMOVE_ROLE_WORKS.run(self._connection, {"name": role.name, "works": sorted(role.works)})

    async def put_supplier(self, supplier: SupplierRow) -> None:
        given = asdict(supplier) | {"barred_domains": [*supplier.barred_domains]}
        await self._connection.execute(_PUT_SUPPLIER, given)

    async def put_rep(self, rep: Rep, *, at: datetime) -> None:
        given = {
            "id": rep.id, "key": rep.key, "name": rep.name, "email": rep.email, "role_id": rep.role_id, "at": at,
            "tier": rep.tier, "weight": rep.weight, "time_zone": rep.time_zone,
            "working_hours": json.dumps(hours_as_json(rep.working_hours)),
            "day_changes": json.dumps(day_changes_as_json(rep.day_changes)), "holidays": rep.holidays,
            "skills": json.dumps({name: sorted(values) for name, values in rep.skills.items()}),
            "caps": json.dumps(asdict(rep.caps)), "supplier": rep.supplier, "active": rep.active,
            "started_on": rep.started_on,
        }  # fmt: skip
        with translating_errors():
            await _PUT_REP.run(self._connection, given)

    async def add_time_off(self, row: TimeOffRow) -> None:
        await _ADD_TIME_OFF.run(self._connection, asdict(row))

    async def move_time_off(self, row: TimeOffRow) -> None:
        given = {"time_off": row.id, "start": row.starts_at, "end": row.ends_at}
        await self._connection.execute(_MOVE_TIME_OFF, given)

    async def delete_time_off(self, time_off_id: UUID) -> bool:
        return (await self._connection.execute(_DELETE_TIME_OFF, {"time_off": time_off_id})).rowcount > 0

    async def clear_time_off(self, rep: str) -> None:
        await _CLEAR_TIME_OFF.run(self._connection, {"rep": rep})

    async def assigned_leads(
        self, *, reps: Sequence[str] | None = None, role: str | None = None
    ) -> Sequence[AssignedLead]:
        given = {"reps": None if reps is None else [*reps], "role": role}
        return await _ASSIGNED_LEADS.records(self._connection, AssignedLead, given)

    async def count_open_leads(self, reps: Sequence[str]) -> Mapping[str, int]:
        rows = await _COUNT_OPEN_LEADS.rows(self._connection, {"reps": [*reps]})
        return {row.key: row.leads for row in rows}

    async def leads_of(
        self, rep: str, *, works: Sequence[str] | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[RepAssignment]:
        at, last = after or (None, None)
        wanted = None if works is None else [*works]
        given = {"rep": rep, "works": wanted, "after_at": at, "after_id": last, "limit": limit}
        return await _LEADS_OF.records(self._connection, RepAssignment, given)

    async def snapshot(self, version: int) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._connection.scalar(_SNAPSHOT, {"version": version})
        return found

    async def latest_snapshot(self) -> tuple[int, Mapping[str, Any]] | None:
        row = await _LATEST_SNAPSHOT.one(self._connection)
        return (row.version, row.snapshot) if row else None

    async def add_version(self, version: int, snapshot: Mapping[str, Any], *, at: datetime) -> None:
        given = {"version": version, "snapshot": snapshot, "created_at": at}
        await self._connection.execute(_ADD_VERSION, given)

    async def names(self) -> Sequence[RosterName]:
        return await _NAMES.records(self._connection, RosterName)

    async def emails(self) -> Mapping[str, str]:
        return {row.key: row.email for row in await self._connection.execute(_EMAILS)}


def _rep(row: Any) -> Rep:
    return Rep(
        id=row.id,
        key=row.key,
        name=row.name,
        email=row.email,
        role=Role(name=row.role, works=frozenset(Work(work) for work in row.works)),
        role_id=row.role_id,
        tier=row.tier,
        time_zone=row.time_zone,
        working_hours=hours_from_json(row.working_hours),
        day_changes=day_changes_from_json(row.day_changes),
        holidays=row.holidays,
        time_off=tuple(
            TimeOff(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end)) for start, end in row.time_off
        ),
        skills={name: frozenset(values) for name, values in row.skills.items()},
        caps=caps_from_json(row.caps),
        weight=row.weight,
        supplier=row.supplier,
        barred_domains=frozenset(row.barred_domains),
        active=row.active,
        started_on=row.started_on,
    )
