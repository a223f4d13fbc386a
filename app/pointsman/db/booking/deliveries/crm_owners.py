"""Owners of leads' records in CRMs: those that we wrote, those that are to be looked at, and what others changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import crm_owners, owner_changes
from pointsman.db.tables.base import INSTANT
from pointsman.domain.messages.message import message_from_json
from pointsman.services.ports.booking.crm_owners import (
    KnownOwner,
    OwnerChange,
    OwnerDifference,
    OwnerOutcome,
)

#: A record that several leads have has one owner, by the telling of any of them.
_NOTE_TOLD = PreparedStatement("""
    with said as (
        select connection_id, lead_id from deliveries where id = :delivery_id and lease = :lease and kind = 'person'
    ), others as (
        update crm_owners o set owner = :owner, told_at = :at from said
        where o.record_id = :record_id and o.connection_id = said.connection_id and o.lead_id <> said.lead_id
    )
    insert into crm_owners (connection_id, lead_id, record_id, owner, told_at)
    select connection_id, lead_id, :record_id, :owner, :at from said
    on conflict (connection_id, lead_id) do update set record_id = excluded.record_id, owner = excluded.owner,
        told_at = excluded.told_at
""")
_NOTICE = PreparedStatement("""
    update crm_owners o set look_at = :at, noticed = o.noticed + 1, tries = 0
    from intakes n join connections k on k.key = n.connection
    where n.id = :intake_id and k.sync_owners and o.record_id = :about and o.connection_id = k.id
    returning o.connection_id, o.lead_id
""")
_DUE = (
    select(crm_owners.c.connection_id, crm_owners.c.lead_id)
    .where(crm_owners.c.look_at <= bindparam("at", type_=INSTANT))
    .order_by(crm_owners.c.look_at)
    .limit(bindparam("most"))
)
_COLUMNS = [crm_owners.c[name] for name in KnownOwner.__slots__]
_this = (crm_owners.c.connection_id == bindparam("connection", type_=UUID_TYPE)) & (
    crm_owners.c.lead_id == bindparam("lead", type_=UUID_TYPE)
)
_CLAIM = (
    update(crm_owners)
    .where(_this, crm_owners.c.look_at <= bindparam("at", type_=INSTANT))
    .values(look_at=bindparam("until"), tries=crm_owners.c.tries + 1)
    .returning(*_COLUMNS)
)
_LOCK = select(*_COLUMNS).where(_this).with_for_update()
_of = _this & (crm_owners.c.noticed == bindparam("seen"))
_LOOKED = update(crm_owners).where(_of).values(look_at=None, tries=0)
_PUT_OFF = update(crm_owners).where(_of).values(look_at=bindparam("until"))
_TAKE_OVER = update(crm_owners).where(_this).values(owner=bindparam("theirs"), told_at=bindparam("at"))
#: A lead's key is `person_key`.
_IS_BEING_TOLD = PreparedStatement("""
    select exists (
        select from deliveries d
        where d.key = 'pm-lead-' || cast(:lead_id as uuid) and d.connection_id = :connection_id and d.calendar = ''
          and d.kind = 'person' and d.status = 'pending'
          and (d.lease_until > statement_timestamp() or d.next_attempt_at <= :soon))
""")
_IS_OWN_VERSION = PreparedStatement("""
    select exists (
        select from deliveries d
        where d.vendor_id = :record_id and d.connection_id = :connection_id and d.vendor_version = :version)
""")
_IS_SHARED = PreparedStatement("""
    select exists (
        select from crm_owners o join leads l on l.id = o.lead_id
        where o.record_id = any(cast(:records as text[])) and o.connection_id = :connection_id and o.lead_id <> :lead_id
          and l.merged_into is null)
""")
_ADD = insert(owner_changes)
_LAST = (
    select(owner_changes)
    .where(
        owner_changes.c.lead_id == bindparam("lead", type_=UUID_TYPE),
        owner_changes.c.connection_id == bindparam("connection", type_=UUID_TYPE),
    )
    .order_by(owner_changes.c.at.desc(), owner_changes.c.id.desc())
    .limit(1)
)
_FOLLOWED = PreparedStatement("""
    select count(*) from owner_changes
    where lead_id = :lead_id and at > :since and outcome in ('accepted','released','reverted')
""")
_WANTS_REVERT = PreparedStatement("""
    select exists (
        select from crm_owners o cross join lateral (
            select c.outcome, c.at from owner_changes c
            where c.lead_id = o.lead_id and c.connection_id = o.connection_id order by c.at desc, c.id desc limit 1) last
        where o.connection_id = :connection_id and o.lead_id = :lead_id and last.outcome = 'reverted'
          and last.at >= o.told_at)
""")
_COUNTS = PreparedStatement("""
    select outcome, count(*) as count from owner_changes
    where connection_id = :connection_id and at >= :since group by outcome
""")
_DIFFERENCES = PreparedStatement(
    """
    select k.key as connection, o.lead_id, last.owner, ours.key as ours, theirs.key as theirs, last.outcome, last.message, last.at
    from crm_owners o join connections k on k.id = o.connection_id join leads l on l.id = o.lead_id
    cross join lateral (
        select c.* from owner_changes c
        where c.lead_id = o.lead_id and c.connection_id = o.connection_id order by c.at desc, c.id desc limit 1) last
    left join reps ours on ours.id = last.our_rep_id left join reps theirs on theirs.id = last.rep_id
    where (cast(:connection_id as uuid) is null or o.connection_id = :connection_id) and k.sync_owners
      and last.outcome = any(cast(:outcomes as text[])) and last.at >= o.told_at and l.merged_into is null
    order by last.at desc, o.lead_id limit :limit
    """,
    replan=True,
)


class SqlCrmOwners:
    """See `pointsman.services.ports.booking.crm_owners.CrmOwners`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note_told(self, delivery_id: UUID, *, lease: UUID, record_id: str, owner: str, at: datetime) -> None:
        given = {"delivery_id": delivery_id, "lease": lease, "record_id": record_id, "owner": owner, "at": at}
        await _NOTE_TOLD.run(self._connection, given)

    async def take_over(self, known: KnownOwner, *, owner: str, at: datetime) -> None:
        given = {"connection": known.connection_id, "lead": known.lead_id, "theirs": owner, "at": at}
        await self._connection.execute(_TAKE_OVER, given)

    async def notice(self, intake_id: UUID, *, about: str, at: datetime) -> Sequence[tuple[UUID, UUID]]:
        rows = await _NOTICE.rows(self._connection, {"intake_id": intake_id, "about": about, "at": at})
        return [(row.connection_id, row.lead_id) for row in rows]

    async def due(self, *, at: datetime, limit: int) -> Sequence[tuple[UUID, UUID]]:
        rows = await self._connection.execute(_DUE, {"at": at, "most": limit})
        return [(row.connection_id, row.lead_id) for row in rows]

    async def claim(self, connection_id: UUID, lead_id: UUID, *, at: datetime, until: datetime) -> KnownOwner | None:
        given = {"connection": connection_id, "lead": lead_id, "at": at, "until": until}
        return _known((await self._connection.execute(_CLAIM, given)).mappings().one_or_none())

    async def lock(self, connection_id: UUID, lead_id: UUID) -> KnownOwner | None:
        found = await self._connection.execute(_LOCK, {"connection": connection_id, "lead": lead_id})
        return _known(found.mappings().one_or_none())

    async def looked(self, known: KnownOwner) -> None:
        await self._connection.execute(_LOOKED, _seen(known))

    async def put_off(self, known: KnownOwner, *, until: datetime) -> None:
        await self._connection.execute(_PUT_OFF, _seen(known) | {"until": until})

    async def is_being_told(self, connection_id: UUID, lead_id: UUID, *, soon: datetime) -> bool:
        given = {"connection_id": connection_id, "lead_id": lead_id, "soon": soon}
        return bool(await _IS_BEING_TOLD.scalar(self._connection, given))

    async def is_own_version(self, connection_id: UUID, *, record_id: str, version: str) -> bool:
        given = {"connection_id": connection_id, "record_id": record_id, "version": version}
        return bool(await _IS_OWN_VERSION.scalar(self._connection, given))

    async def is_shared(self, known: KnownOwner, *, records: Sequence[str]) -> bool:
        given = {"connection_id": known.connection_id, "lead_id": known.lead_id, "records": list(records)}
        return bool(await _IS_SHARED.scalar(self._connection, given))

    async def add(self, change: OwnerChange) -> None:
        values = {name: getattr(change, name) for name in OwnerChange.__slots__}
        await self._connection.execute(_ADD, values | {"message": change.message.as_json()})

    async def last(self, connection_id: UUID, lead_id: UUID) -> OwnerChange | None:
        found = await self._connection.execute(_LAST, {"connection": connection_id, "lead": lead_id})
        row = found.mappings().one_or_none()
        return _change(row) if row else None

    async def followed(self, lead_id: UUID, *, since: datetime) -> int:
        return int(await _FOLLOWED.scalar(self._connection, {"lead_id": lead_id, "since": since}))

    async def wants_revert(self, connection_id: UUID, lead_id: UUID) -> bool:
        given = {"connection_id": connection_id, "lead_id": lead_id}
        return bool(await _WANTS_REVERT.scalar(self._connection, given))

    async def counts(self, connection_id: UUID, *, since: datetime) -> Mapping[str, int]:
        rows = await _COUNTS.rows(self._connection, {"connection_id": connection_id, "since": since})
        return {row.outcome: row.count for row in rows}

    async def differences(
        self, *, connection_id: UUID | None, outcomes: Sequence[OwnerOutcome], limit: int
    ) -> Sequence[OwnerDifference]:
        given = {"connection_id": connection_id, "outcomes": [one.value for one in outcomes], "limit": limit}
        return await _DIFFERENCES.records(self._connection, OwnerDifference, given)


def _seen(known: KnownOwner) -> dict[str, Any]:
    return {"connection": known.connection_id, "lead": known.lead_id, "seen": known.noticed}


def _known(row: Mapping[Any, Any] | None) -> KnownOwner | None:
    return KnownOwner(**row) if row else None


def _change(row: Mapping[Any, Any]) -> OwnerChange:
    values = {name: row[name] for name in OwnerChange.__slots__}
    return OwnerChange(
        **{**values, "outcome": OwnerOutcome(values["outcome"]), "message": message_from_json(values["message"])}
    )
