"""The leads repository: a new person is one statement, with account, identity and audit line."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.hot_statement import PreparedStatement
from pointsman.db.leads.lead_rows import LEAD_COLUMNS, LEAD_JOINS, facts_json, lead_of
from pointsman.domain.errors import Conflict
from pointsman.services.ports import LostRace
from pointsman.services.ports.leads.leads import LeadChange, LeadRow, LeadWrite
from pointsman.services.ports.routing.policies import LiveVersions

#: The account of a person: by domain, else by name; made when neither is known. Two who make one at the same moment: the
#: later gets no row from `account`, which the caller takes for a lost race. `and_so` may forbid changing what is there.
_ACCOUNT = """
    named as (
        select coalesce(merged_into, id) id, created_at c from accounts where id = cast(:keep_account as uuid)
        union
        select coalesce(merged_into, id), created_at from accounts
        where cast(:keep_account as uuid) is null and domain = :domain
        union
        select coalesce(merged_into, id), created_at from accounts
        where cast(:keep_account as uuid) is null and cast(:domain as text) is null and name_key = :company_key
    ),
    found as (select id from named order by c, id limit 1),
    given as (select id, key from reps where key = :account_owner),
    made as (
        insert into accounts (id, name, name_key, name_blocks, domain, status, owner_rep_id, created_at)
        select cast(:account_id as uuid), :company_name, :company_key, cast(:name_blocks as text[]), :domain,
            coalesce(cast(:account_status as text), 'prospect'), (select id from given), :at
        where (cast(:domain as text) is not null or cast(:company_key as text) is not null)
          and not exists (select from named)
        on conflict do nothing
        returning id, name, domain, status
    ),
    tuned as (
        update accounts a set
            name = coalesce(a.name, :company_name),
            name_key = case when a.name is null then :company_key else a.name_key end,
            name_blocks = case when a.name is null then cast(:name_blocks as text[]) else a.name_blocks end,
            status = coalesce(cast(:account_status as text), a.status),
            owner_rep_id = coalesce((select id from given), a.owner_rep_id)
        from found
        where a.id = found.id {and_so} and (
            (a.name is null and cast(:company_name as text) is not null and a.domain is not null)
            or a.status <> cast(:account_status as text)
            or a.owner_rep_id is distinct from coalesce((select id from given), a.owner_rep_id))
    ),
    ties as (
        select array_agg(id order by c, id) ids
        from (select id, min(c) c from named group by id order by 2, 1 limit 10) x
    ),
    account as (select id from found union all select id from made)
"""

_CREATE_IN_LINES = f"""
    with known as (
        select 1 from leads where email_key = :email_key
        union all
        select 1 from lead_identities where source = :source_system and external_id = :external_id
    ),
    {_ACCOUNT.format(and_so="and not exists (select from known)")},
    lead as (
        insert into leads (id, email, email_key, first_name, last_name, phone, facts, known_at, stage, account_id,
            match, version, created_at, updated_at)
        select cast(:id as uuid), :email, :email_key, :first_name, :last_name, :phone, cast(:facts as jsonb),
            cast(:known_at as jsonb), 'new', (select id from account),
            jsonb_strip_nulls(jsonb_build_object('person', 'new', 'account', case
                    when not exists (select from account) then 'none'
                    when cast(:domain as text) is not null then cast(:domain_from as text)
                    else 'name' end,
                'account_ties', (select to_jsonb(ids) from ties where cardinality(ids) > 1)))
                || cast(:match_more as jsonb),
            1, :at, :at
        where not exists (select from known)
        on conflict (email_key) do nothing
        returning *
    ),
    identity as (
        insert into lead_identities (source, external_id, lead_id)
        select :source_system, :external_id, id from lead where cast(:external_id as text) is not null
        on conflict do nothing
        returning lead_id
    ),
    line as (
        insert into audit (id, at, actor, action, subject, after)
        select cast(:audit_id as uuid), :at, :actor, 'lead.created', 'lead:' || id,
            jsonb_build_object('account_id', account_id, 'match', match) from lead
    )
    select l.*, (select count(*) from identity) as identities,
        coalesce(made.name, a.name) as account_name,
        coalesce(made.domain, a.domain) as account_domain,
        coalesce(cast(:account_status as text), made.status, a.status) as account_status,
        coalesce((select key from given), r.key) as account_owner,
        p.id as parent_id, coalesce(p.name, p.domain) as parent_name, p.domain as parent_domain, q.key as parent_owner,
        (select version from policies where state = 'published') as policy_version,
        (select max(version) from roster_versions) as roster_version
    from lead l
    left join made on made.id = l.account_id
    left join accounts a on a.id = l.account_id
    left join reps r on r.id = a.owner_rep_id
    left join accounts p on p.id = a.parent_id
    left join reps q on q.id = p.owner_rep_id
"""  # put together from our own texts

#: In one line, since psycopg reads a statement anew each time when it is longer than 4,096 characters.
_CREATE = PreparedStatement(text(" ".join(_CREATE_IN_LINES.split())))

_FIND = text(f"""
    with named as (
        select (select coalesce(merged_into, id) from leads where email_key = :email_key) as by_email,
            (select coalesce(m.merged_into, m.id) from lead_identities i join leads m on m.id = i.lead_id
             where i.source = :source_system and i.external_id = :external_id) as by_external_id
    )
    select {LEAD_COLUMNS}, coalesce(l.id = named.by_external_id, false) as by_external_id,
        coalesce(l.id = named.by_email, false) as by_email
    from named, {LEAD_JOINS}
    where l.id = named.by_email or l.id = named.by_external_id
    order by l.id for update of l
""")

_CHANGE = text(f"""
    with {_ACCOUNT.format(and_so="")},
    lead as (
        update leads l set
            email = :new_email, email_key = :new_email_key,
            first_name = :first_name, last_name = :last_name, phone = :phone,
            facts = cast(:facts as jsonb), known_at = cast(:known_at as jsonb),
            account_id = coalesce((select id from account), l.account_id),
            match = cast(:match as jsonb),
            version = l.version + 1, updated_at = :at
        where l.id = cast(:id as uuid)
        returning l.id, l.account_id
    ),
    identity as (
        insert into lead_identities (source, external_id, lead_id)
        select :source_system, :external_id, id from lead where :add_identity
        on conflict do nothing
        returning lead_id
    ),
    line as (
        insert into audit (id, at, actor, action, subject, after)
        select cast(:audit_id as uuid), :at, :actor, 'lead.changed', 'lead:' || id, cast(:audit_after as jsonb)
        from lead
    )
    select lead.account_id, (select count(*) from identity) as identities from lead
""")

_GET = text(f"select {LEAD_COLUMNS} from {LEAD_JOINS} where l.id = :id")
_GET_LOCKED = text(f"select {LEAD_COLUMNS} from {LEAD_JOINS} where l.id = :id for update of l")

_SET_STAGE = text("""
    update leads set stage = :stage, nurture_until = :nurture_until, nurture_reason = :nurture_reason,
        version = version + 1, updated_at = :at
    where id = :id
""")

_PUT_OFF = text("""
    select id from leads where nurture_reason = 'later' and nurture_until <= :until and stage = 'nurture'
    order by nurture_until, id limit :limit
""")

_IDENTITIES = text("select source, external_id from lead_identities where lead_id = :id order by source, external_id")

_SEEN_BY = """
    exists (select from assignments s join reps p on p.id = s.rep_id where s.lead_id = l.id and p.supplier = :supplier)
"""
_PAGE = text(f"""
    select {LEAD_COLUMNS} from {LEAD_JOINS}
    where l.merged_into is null and (cast(:supplier as text) is null or {_SEEN_BY})
      and (cast(:stage as text) is null or l.stage = :stage)
      and (cast(:at as timestamptz) is null or (l.created_at, l.id) < (:at, cast(:after as uuid)))
    order by l.created_at desc, l.id desc limit :limit
""")
_VISIBLE = text(f"select {_SEEN_BY} from leads l where l.id = :id")

_HOLDER = text("""
    select r.key as rep, s.work, s.pool, s.assigned_at, s.decision_id
    from assignments s join reps r on r.id = s.rep_id where s.lead_id = :id and s.ended_at is null
""")


class SqlLeads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, lead_id: UUID, *, lock: bool = False) -> LeadRow | None:
        row = (await self._connection.execute(_GET_LOCKED if lock else _GET, {"id": lead_id})).one_or_none()
        if row is not None and lock and row.merged_into is not None:
            raise Conflict(
                f"This lead was merged into {row.merged_into}: use that one.",
                code="lead-merged",
                extra={"merged_into": str(row.merged_into)},
            )
        return lead_of(row) if row else None

    async def due_from_nurture(self, *, until: datetime, limit: int) -> Sequence[UUID]:
        return list(await self._connection.scalars(_PUT_OFF, {"until": until, "limit": limit}))

    async def set_stage(
        self,
        lead_id: UUID,
        stage: str,
        *,
        at: datetime,
        nurture_until: datetime | None = None,
        nurture_reason: str | None = None,
    ) -> None:
        values = {
            "id": lead_id,
            "stage": stage,
            "at": at,
            "nurture_until": nurture_until,
            "nurture_reason": nurture_reason,
        }
        await self._connection.execute(_SET_STAGE, values)

    async def create(self, write: LeadWrite) -> tuple[LeadRow, LiveVersions] | None:
        row = await _CREATE.one(self._connection, _values(write))
        if row is None:
            return None
        person = write.person
        if person.external_id is not None and row.identities == 0:
            raise LostRace("the external id was given to a lead made at the same moment")
        if row.account_id is None and (person.domain or person.company_key):
            raise LostRace("the account was made at the same moment")
        return lead_of(row), LiveVersions(policy=row.policy_version, roster=row.roster_version)

    async def find_and_lock(
        self, *, email_key: str | None, source_system: str | None, external_id: str | None
    ) -> Sequence[tuple[LeadRow, bool, bool]]:
        values = {"email_key": email_key, "source_system": source_system, "external_id": external_id}
        rows = (await self._connection.execute(_FIND, values)).all()
        if any(row.merged_into is not None for row in rows):
            raise LostRace("the lead was merged while we waited for it")
        return [(lead_of(row), row.by_external_id, row.by_email) for row in rows]

    async def change(self, change: LeadChange) -> LeadRow:
        values = {
            **_values(change.write),
            "id": change.lead_id,
            "keep_account": change.keep_account or change.write.account,
            "new_email": change.email,
            "new_email_key": change.email_key,
            "match": json.dumps(change.match),
            "add_identity": change.add_identity,
            "audit_after": json.dumps(change.audit_after),
        }
        row = (await self._connection.execute(_CHANGE, values)).one()
        if change.add_identity and row.identities == 0:
            raise LostRace("the external id went to another lead meanwhile")
        lead = await self.get(change.lead_id)
        assert lead is not None, "the lead was locked"
        return lead

    async def identities(self, lead_id: UUID) -> Sequence[tuple[str, str]]:
        rows = (await self._connection.execute(_IDENTITIES, {"id": lead_id})).all()
        return [(row.source, row.external_id) for row in rows]

    async def page(
        self, *, supplier: str | None, stage: str | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[LeadRow]:
        at, last = after or (None, None)
        values = {"supplier": supplier, "stage": stage, "at": at, "after": last, "limit": limit}
        return [lead_of(row) for row in (await self._connection.execute(_PAGE, values)).all()]

    async def is_visible(self, lead_id: UUID, *, supplier: str) -> bool:
        seen = (await self._connection.execute(_VISIBLE, {"id": lead_id, "supplier": supplier})).scalar_one_or_none()
        return bool(seen)

    async def holder(self, lead_id: UUID) -> Mapping[str, Any] | None:
        row = (await self._connection.execute(_HOLDER, {"id": lead_id})).one_or_none()
        return dict(row._mapping) if row else None  # noqa: SLF001  # SQLAlchemy's public way


def _values(write: LeadWrite) -> dict[str, Any]:
    person = write.person
    return {
        "id": write.id,
        "keep_account": write.account,
        "account_id": write.account_id,
        "audit_id": write.audit_id,
        "actor": write.actor,
        "at": write.at,
        "email": person.email,
        "email_key": person.email_key,
        "source_system": person.source_system,
        "external_id": person.external_id,
        "domain": person.domain,
        "domain_from": person.domain_from,
        "company_name": person.company_name,
        "company_key": person.company_key,
        "name_blocks": list(person.name_blocks),
        "match_more": json.dumps(write.match),
        "account_status": person.account_status,
        "account_owner": person.account_owner,
        "first_name": write.first_name,
        "last_name": write.last_name,
        "phone": write.phone,
        "facts": facts_json(write.facts),
        "known_at": json.dumps(write.known_at),
    }
