"""The leads repository: a new person is one statement, with account, identity and audit line."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, case, cast, func, not_, select, update
from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.leads.lead_parameters import (
    account_names,
    external_id_values,
    own_email_key,
    seen_match,
    write_values,
)
from pointsman.db.leads.lead_rows import LEAD, LEAD_SELECT, lead_of
from pointsman.db.leads.statements import CHANGE, CREATE, FIND, LOCKED, TELL_ACCOUNT
from pointsman.db.tables import lead_identities, leads
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.errors import Conflict
from pointsman.domain.leads.normalise import company_key
from pointsman.domain.leads.nurture import NurtureStay
from pointsman.domain.leads.senders import bringer_of, telephone_sender
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports import ConstraintRefused, LostRace
from pointsman.services.ports.leads.leads import ExternalId, FoundLead, LeadChange, LeadRow, LeadWrite, Person
from pointsman.services.ports.routing.policies import LiveVersions

_GET = LEAD_SELECT.where(LEAD.c.id == bindparam("id"))

# The lock alone. What its holder wrote is read after the wait: a join made before it has another account beside the lead.
_LOCK = select(leads.c.id).where(leads.c.id == bindparam("lead")).with_for_update()

_GET_MANY = LEAD_SELECT.where(LEAD.c.id == any_(bindparam("ids", type_=ARRAY(UUID_TYPE))))

#: A purchase is remembered when the lead is worked on again.
_BOUGHT = func.jsonb_concat(leads.c.match, cast({"bought": True}, JSONB))
_SET_CONTACT = (
    update(leads)
    .where(leads.c.id == bindparam("lead"))
    .values(
        do_not_contact_at=bindparam("ended_at"),
        do_not_contact_by=bindparam("by"),
        version=leads.c.version + 1,
        updated_at=bindparam("at"),
    )
)
_SET_STAGE = (
    update(leads)
    .where(leads.c.id == bindparam("lead"))
    .values(
        stage=bindparam("stage"),
        match=case((bindparam("stage", type_=Text) == "won", _BOUGHT), else_=leads.c.match),
        nurture_cause=bindparam("nurture_cause"),
        nurture_since=bindparam("nurture_since"),
        nurture_until=bindparam("nurture_until"),
        nurture_reason=bindparam("nurture_reason"),
        version=leads.c.version + 1,
        updated_at=bindparam("at"),
    )
)

_DUE_FROM_NURTURE = PreparedStatement("""
    select nurture_until as at, id from leads
    where nurture_cause = 'later' and nurture_until <= :until and stage = 'nurture' and merged_into is null
      and (cast(:after_at as timestamptz) is null or (nurture_until, id) > (:after_at, cast(:after_id as uuid)))
    order by nurture_until, id limit :limit
""")

_IDENTITIES = (
    select(lead_identities.c.sender, lead_identities.c.source, lead_identities.c.external_id)
    .where(
        lead_identities.c.lead_id == bindparam("lead"),
        not_(lead_identities.c.sender.startswith(telephone_sender(None))),
    )
    .order_by(lead_identities.c.source, lead_identities.c.external_id, lead_identities.c.sender)
)

_IS_VISIBLE = PreparedStatement("""
    select exists (
        select from leads l
        where l.id = :id and (cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
            select from assignments seen join reps seeing on seeing.id = seen.rep_id
            where seen.lead_id = l.id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
              and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text)))))
""")

_IS_WITH = PreparedStatement("""
    select case when p.key is null then l.match ->> 'brought_by' = cast(:brought_by as text)
        else (cast(:supplier as text) is null or p.supplier = cast(:supplier as text))
            and (cast(:sees_rep as text) is null or p.key = cast(:sees_rep as text)) end
    from leads l
    left join assignments s on s.lead_id = l.id and s.ended_at is null left join reps p on p.id = s.rep_id
    where l.id = :id
""")

_GIVE_IDENTITY = (
    update(lead_identities)
    .where(
        lead_identities.c.sender == bindparam("named_by"),
        lead_identities.c.source == bindparam("system"),
        lead_identities.c.external_id == bindparam("named"),
        lead_identities.c.lead_id == bindparam("lead"),
    )
    .values(lead_id=bindparam("to"))
    .returning(lead_identities.c.lead_id)
)

#: Indexes by which what names one lead names no other.
_NAMES_OF_ONE = frozenset({"leads_email_key", "leads_phone_key"})

_HOLDER = PreparedStatement("""
    select r.key as rep, s.work, s.pool, s.assigned_at, s.decision_id
    from assignments s join reps r on r.id = s.rep_id where s.lead_id = :id and s.ended_at is null
""")


class SqlLeads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, lead_id: UUID, *, lock: bool = False) -> LeadRow | None:
        if lock:
            return await self._locked(lead_id)
        row = (await self._connection.execute(_GET, {"id": lead_id})).one_or_none()
        return lead_of(row) if row else None

    async def get_many(self, lead_ids: Sequence[UUID]) -> Mapping[UUID, LeadRow]:
        rows = await self._connection.execute(_GET_MANY, {"ids": [*lead_ids]})
        return {row.id: lead_of(row) for row in rows}

    async def due_from_nurture(
        self, *, until: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[tuple[datetime, UUID]]:
        at, last = after or (None, None)
        given = {"until": until, "after_at": at, "after_id": last, "limit": limit}
        return [(row.at, row.id) for row in await _DUE_FROM_NURTURE.rows(self._connection, given)]

    async def set_stage(
        self,
        lead_id: UUID,
        stage: str,
        *,
        at: datetime,
        nurture: NurtureStay | None = None,
        nurture_reason: Message | None = None,
    ) -> None:
        values = {
            "lead": lead_id,
            "stage": stage,
            "at": at,
            "nurture_cause": nurture.cause.value if nurture else None,
            "nurture_since": nurture.since if nurture else None,
            "nurture_until": nurture.until if nurture else None,
            "nurture_reason": nurture_reason.as_json() if nurture_reason else None,
        }
        await self._connection.execute(_SET_STAGE, values)

    async def set_contact(self, lead_id: UUID, *, ended_at: datetime | None, by: str | None, at: datetime) -> None:
        await self._connection.execute(_SET_CONTACT, {"lead": lead_id, "ended_at": ended_at, "by": by, "at": at})

    async def create(
        self, write: LeadWrite, *, sees: Visibility, by_phone: bool = True
    ) -> tuple[LeadRow, LiveVersions] | None:
        asked = write.phone_key if by_phone else None
        values = {
            **write_values(write),
            "sought": asked,
            "seen_match": seen_match(sees),
            "own_email_key": own_email_key(write.person, sees),
        }
        row = await CREATE.one(self._connection, values)
        if row is None:
            return None
        person = write.person
        if person.external_id is not None and row.identities == 0:
            raise LostRace("the external id was given to a lead made at the same moment")
        if row.account_id is None and (person.domain or person.company_key):
            raise LostRace("the account was made at the same moment")
        lead = await self._tell_account(write, lead_of(row))
        return lead, LiveVersions(policy=row.policy_version, roster=row.roster_version)

    async def find_and_lock(self, person: Person, *, sees: Visibility) -> Sequence[FoundLead]:
        phone_key = person.phone.key if person.phone else None
        given = {"email_key": person.email_key, "phone_key": phone_key, **external_id_values(person.external_id)}
        given |= {"seen_match": seen_match(sees), "own_email_key": own_email_key(person, sees)}
        given |= {**visibility_values(sees), "brought_by": bringer_of(sees.supplier, sees.rep)}
        locked = {row.id for row in await FIND.rows(self._connection, given)}
        # Once more, now that nobody else holds them: what a lead was joined with before the wait need not be its own now.
        rows = await FIND.rows(self._connection, given) if locked else []
        if {row.id for row in rows} != locked:
            raise LostRace("the leads were merged or got other names while we waited for them")
        return [
            FoundLead(
                row=lead_of(row),
                by_external_id=row.by_external_id,
                by_email=row.by_email,
                by_phone=row.by_phone,
                has_external_id=row.has_external_id,
                has_id_of_source=row.has_id_of_source,
            )
            for row in rows
        ]

    async def give_identity(self, named: ExternalId, lead_id: UUID, *, to: UUID) -> None:
        names = {"named_by": named.sender, "system": named.source_system, "named": named.external_id}
        given = await self._connection.execute(_GIVE_IDENTITY, {"lead": lead_id, "to": to, **names})
        if given.one_or_none() is None:
            raise LostRace("the id went to another lead meanwhile")

    async def change(self, change: LeadChange) -> LeadRow:
        asker = change.new_phone_of
        values = {
            **write_values(change.write),
            "id": change.lead_id,
            **account_names(change.write, change.keep_account or change.write.account),
            "new_email": change.email,
            "new_email_key": change.email_key,
            "shown_email_key": change.shown_email_key,
            "match": json.dumps(change.match),
            "add_identity": change.add_identity,
            "audit_after": json.dumps(change.audit_after),
            "sought": change.write.phone_key if asker else None,
            "seen_match": seen_match(asker) if asker else "{}",
        }
        try:
            with translating_errors():
                row = await CHANGE.one(self._connection, values)
        except ConstraintRefused as refused:
            if refused.constraint in _NAMES_OF_ONE:
                raise LostRace("the email or the number went to another lead at the same moment") from refused
            raise
        if row is None:
            raise LostRace("the number went to another lead meanwhile")
        if change.add_identity and row.identities == 0:
            raise LostRace("the external id went to another lead meanwhile")
        lead = await self.get(change.lead_id)
        assert lead is not None, "the lead was locked"
        return await self._tell_account(change.write, lead)

    async def identities(self, lead_id: UUID) -> Sequence[ExternalId]:
        rows = (await self._connection.execute(_IDENTITIES, {"lead": lead_id})).all()
        return [ExternalId(sender=row.sender, source_system=row.source, external_id=row.external_id) for row in rows]

    async def is_with(self, lead_id: UUID, sees: Visibility) -> bool:
        given = {"id": lead_id, **visibility_values(sees), "brought_by": bringer_of(sees.supplier, sees.rep)}
        return bool(await _IS_WITH.scalar(self._connection, given))

    async def is_visible(self, lead_id: UUID, *, sees: Visibility) -> bool:
        return bool(await _IS_VISIBLE.scalar(self._connection, {"id": lead_id, **visibility_values(sees)}))

    async def holder(self, lead_id: UUID) -> Mapping[str, Any] | None:
        row = await _HOLDER.one(self._connection, {"id": lead_id})
        return row._asdict() if row else None

    async def _tell_account(self, write: LeadWrite, lead: LeadRow) -> LeadRow:
        """The lead, once its account knows what its sender newly says of it; costs nothing where that is nothing."""
        person = write.person
        name = lead.account_name
        is_so_called = name is not None and (name == person.company_name or company_key(name) == person.company_key)
        says_nothing = (
            (lead.account_domain is None or person.company_name is None or is_so_called)
            and person.account_status in (None, lead.account_status)
            and person.account_owner in (None, lead.account_owner)
        )
        if lead.account_id is None or says_nothing or not write.may_change_account:
            return lead
        changed = await TELL_ACCOUNT.run(self._connection, {**write_values(write), "account_id": lead.account_id})
        return (await self.get(lead.id) or lead) if changed else lead

    async def _locked(self, lead_id: UUID) -> LeadRow | None:
        await self._connection.execute(_LOCK, {"lead": lead_id})
        row = await LOCKED.one(self._connection, {"id": lead_id})
        if row is not None and row.merged_into is not None:
            raise Conflict(
                f"This lead was merged into {row.merged_into}: use that one.",
                code="lead-merged",
                extra={"merged_into": str(row.merged_into)},
                told=say("refusal.lead-merged-into", lead=str(row.merged_into)),
            )
        return lead_of(row) if row else None
