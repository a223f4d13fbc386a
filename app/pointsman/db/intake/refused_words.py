"""What was refused to partners and reps, kept by the names that were said: each is looked up exactly."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.intake.refused_words import RefusedWord
from pointsman.services.ports.leads.leads import ExternalId, Person

# In one order, so that no two wait for each other.
_LOCK = PreparedStatement("""
    select pg_advisory_xact_lock(key) from (
        select distinct hashtextextended('pointsman.said ' || name, 0) as key
        from unnest(cast(:names as text[])) name order by 1) keys
""")
#: Each name is asked for apart, and each lead by its id: a plan that was made while there were few of them is kept.
_FIND = PreparedStatement("""
    select w.*, (select coalesce(merged_into, id) from leads where id = w.refused_for) as lead_id
    from (
        select id, lead_id as refused_for, email_key, sender, source, external_id, first_name, last_name, at,
            bool_or(name = 'id') as by_external_id, bool_or(name = 'email') as by_email, bool_or(name = 'phone') as by_phone
        from (
            select 'id' as name, * from refused_words
            where external_id = :external_id and source = :source_system and sender = :sender
            union all
            select 'email', * from refused_words where email_key = :email_key and bringer = :bringer
            union all
            (select 'phone', * from refused_words where phone_key = :phone_key and bringer = :bringer limit :most)
        ) named
        group by id, lead_id, email_key, sender, source, external_id, first_name, last_name, at
    ) w
    order by w.at desc, w.id desc
""")
_OF_LEAD = PreparedStatement("""
    select w.id, w.lead_id as refused_for, cast(:lead_id as uuid) as lead_id, w.email_key, w.sender, w.source, w.external_id,
        w.first_name, w.last_name, w.at, false as by_external_id, false as by_email, false as by_phone
    from (select cast(:lead_id as uuid) as id union all select id from leads where merged_into = :lead_id) l
    cross join lateral (select * from refused_words where lead_id = l.id order by at, id limit :most) w
    order by w.at, w.id limit :most
""")
_BROUGHT_IN = PreparedStatement("""
    select distinct coalesce(merged_into, id) from leads
    where phone_key = :phone_key and match @> cast(:brought as jsonb) limit 2
""")
_HAS_BROUGHT = PreparedStatement("""
    select exists (select from leads where email_key = :email_key and match @> cast(:brought as jsonb))
        or exists (select from leads where shown_email_key = :email_key and match @> cast(:brought as jsonb))
""")
_KEEP = PreparedStatement("""
    insert into refused_words (id, bringer, email_key, sender, source, external_id, phone_key, first_name, last_name,
        lead_id, at)
    values (:id, :bringer, :email_key, :sender, :source_system, :external_id, :phone_key, :first_name, :last_name,
        :lead_id, :at)
    on conflict do nothing
""")


class SqlRefusedWords:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, names: Sequence[str]) -> None:
        await _LOCK.rows(self._connection, {"names": list(names)})

    async def find(self, person: Person, *, bringer: str, most_of_a_number: int) -> Sequence[RefusedWord]:
        given = {**_names(person), "bringer": bringer, "most": most_of_a_number}
        return [_word(row) for row in await _FIND.rows(self._connection, given)]

    async def of_lead(self, lead_id: UUID, *, most: int) -> Sequence[RefusedWord]:
        given = {"lead_id": lead_id, "most": most}
        return [_word(row) for row in await _OF_LEAD.rows(self._connection, given)]

    async def brought_in(self, phone_key: str, *, bringer: str) -> Sequence[UUID]:
        return await _BROUGHT_IN.scalars(self._connection, {"phone_key": phone_key, "brought": _brought_by(bringer)})

    async def has_brought(self, email_key: str, *, bringer: str) -> bool:
        given = {"email_key": email_key, "brought": _brought_by(bringer)}
        return bool(await _HAS_BROUGHT.scalar(self._connection, given))

    async def keep(
        self,
        person: Person,
        *,
        word_id: UUID,
        bringer: str,
        first_name: str | None,
        last_name: str | None,
        refused_for: UUID,
        at: datetime,
    ) -> None:
        given = {
            **_names(person),
            "id": word_id,
            "bringer": bringer,
            "first_name": first_name,
            "last_name": last_name,
            "lead_id": refused_for,
            "at": at,
        }
        await _KEEP.run(self._connection, given)


def _word(row: Any) -> RefusedWord:
    named = None
    if row.external_id is not None:
        named = ExternalId(sender=row.sender, source_system=row.source, external_id=row.external_id)
    return RefusedWord(
        id=row.id,
        refused_for=row.refused_for,
        lead_id=row.lead_id,
        email_key=row.email_key,
        external_id=named,
        first_name=row.first_name,
        last_name=row.last_name,
        at=row.at,
        by_external_id=row.by_external_id,
        by_email=row.by_email,
        by_phone=row.by_phone,
    )


def _names(person: Person) -> dict[str, str | None]:
    named = person.external_id
    return {
        "sender": named.sender if named else None,
        "source_system": named.source_system if named else None,
        "external_id": named.external_id if named else None,
        "email_key": person.email_key,
        "phone_key": person.phone.key if person.phone else None,
    }


def _brought_by(bringer: str) -> str:
    return json.dumps({"brought_by": bringer})
