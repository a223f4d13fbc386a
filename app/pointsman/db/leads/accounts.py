"""The accounts repository."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import zip_longest
from uuid import UUID

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.leads.former_names import ACCOUNTS_BY_FORMER_NAMES, newest_first
from pointsman.db.leads.search_words import word_values
from pointsman.db.tables import accounts, leads
from pointsman.domain.leads.matching import AccountCandidate
from pointsman.domain.leads.normalise import MAX_BLOCKS
from pointsman.domain.roster.ownership import Colleague
from pointsman.services.ports import ConstraintRefused, LostRace
from pointsman.services.ports.leads.accounts import AccountFilter, AccountRow, MovedByMerge

_GET = PreparedStatement("""
    select a.id, a.name, a.domain, a.status, r.key as owner, a.parent_id, a.merged_into, a.merged_at, a.created_at
    from accounts a left join reps r on r.id = a.owner_rep_id
    where a.id = :id
""")
# Only the lock: what is joined is read after the wait.
_LOCK = select(accounts.c.id).where(accounts.c.id == bindparam("account")).with_for_update()
_PAGE = PreparedStatement(
    """
    select a.id, a.name, a.domain, a.status, r.key as owner, a.parent_id, a.merged_into, a.merged_at, a.created_at
    from accounts a left join reps r on r.id = a.owner_rep_id
    where a.merged_into is null
      and (cast(:domain as text) is null
           or a.id = (select coalesce(merged_into, id) from accounts where domain = :domain))
      and (cast(:word_1 as text) is null or a.searched like any(search_patterns(:word_1, :host_1)))
      and (cast(:word_2 as text) is null or a.searched like any(search_patterns(:word_2, :host_2)))
      and (cast(:word_3 as text) is null or a.searched like any(search_patterns(:word_3, :host_3)))
      and (cast(:word_4 as text) is null or a.searched like any(search_patterns(:word_4, :host_4)))
      and (cast(:word_5 as text) is null or a.searched like any(search_patterns(:word_5, :host_5)))
      and (cast(:word_6 as text) is null or a.searched like any(search_patterns(:word_6, :host_6)))
      and (cast(:word_7 as text) is null or a.searched like any(search_patterns(:word_7, :host_7)))
      and (cast(:word_8 as text) is null or a.searched like any(search_patterns(:word_8, :host_8)))
      and (cast(:status as text) is null or a.status = :status)
      and (cast(:owner as text) is null or a.owner_rep_id = (select id from reps where key = :owner))
      and (cast(:since as timestamptz) is null or a.created_at >= :since)
      and (cast(:until as timestamptz) is null or a.created_at < :until)
      and (cast(:after_at as timestamptz) is null or (a.created_at, a.id) < (:after_at, cast(:after_id as uuid)))
    order by a.created_at desc, a.id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)
_COLLEAGUES = PreparedStatement("""
    select p.key as rep, count(*) as lead_count, max(s.assigned_at) as latest_at
    from leads l join assignments s on s.lead_id = l.id and s.ended_at is null join reps p on p.id = s.rep_id
    where l.account_id = :id and l.id <> :but group by p.key
""")
_EXISTS = PreparedStatement("""
    select exists (select from accounts where domain = cast(:domain as text))
        or (cast(:domain as text) is null and exists (select from accounts where name_key = :name_key))
""")
# How many blocks are shared, term by term: counting over unnest took most of the time.
_FIND_SIMILAR = PreparedStatement("""
    select id as account_id, name, name_key as key, domain from accounts
    where name_blocks && cast(:blocks as text[]) and merged_into is null and name is not null
    order by coalesce(cast(cast(:b0 as text) = any(name_blocks) as int), 0)
           + coalesce(cast(cast(:b1 as text) = any(name_blocks) as int), 0)
           + coalesce(cast(cast(:b2 as text) = any(name_blocks) as int), 0)
           + coalesce(cast(cast(:b3 as text) = any(name_blocks) as int), 0)
           + coalesce(cast(cast(:b4 as text) = any(name_blocks) as int), 0)
           + coalesce(cast(cast(:b5 as text) = any(name_blocks) as int), 0) desc,
        created_at, id
    limit :limit
""")
_LEAD_COUNTRIES = PreparedStatement("""
    select account_id, array_agg(distinct upper(coalesce(facts ->> 'company.country', facts ->> 'lead.country'))) as at
    from leads
    where account_id = any(cast(:ids as uuid[])) and merged_into is null
      and coalesce(facts ->> 'company.country', facts ->> 'lead.country') is not null
    group by account_id
""")
# In one order, so that no two wait for each other.
_LOCK_DOMAINS = PreparedStatement("""
    select pg_advisory_xact_lock(key) from (
        select hashtext('pointsman.account ' || domain) as key from unnest(cast(:domains as text[])) domain order by 1) keys
""")
_GET_OR_CREATE_BY_DOMAIN = PreparedStatement("""
    with made as (
        insert into accounts (id, domain, status, created_at) values (:new_id, :domain, 'prospect', :at)
        on conflict do nothing
        returning id
    )
    select id from made union all select coalesce(merged_into, id) from accounts where domain = :domain
""")
_LEARN_DOMAIN = PreparedStatement("""
    with learned as (
        update accounts set domain = cast(:domain as text)
        where name_key = :name_key and domain is null and merged_into is null
            and not exists (select from accounts where domain = :domain)
        returning id, name
    ),
    line as (
        insert into audit (id, at, actor, action, subject, before, after)
        select cast(:audit_id as uuid), :at, :actor, 'account.changed', 'account:' || id,
            jsonb_build_object('name', name, 'domain', null), jsonb_build_object('name', name, 'domain', cast(:domain as text))
        from learned
    )
    select id from learned
""")
_IS_ANCESTOR = PreparedStatement("""
    with recursive up (id, step) as (
        select cast(:other as uuid), 0
        union all
        select a.parent_id, step + 1 from up join accounts a on a.id = up.id
        where a.parent_id is not null and step < 100
    )
    select exists (select from up where id = :id)
""")
_SET_PARENT = update(accounts).where(accounts.c.id == bindparam("account")).values(parent_id=bindparam("parent"))
_MAKE_CUSTOMER = PreparedStatement("update accounts set status = 'customer' where id = :id and status <> 'customer'")
_MOVE_LEADS = (
    update(leads)
    .where(leads.c.account_id == bindparam("account"))
    .values(account_id=bindparam("into"), updated_at=bindparam("at"), version=leads.c.version + 1)
)
# The survivor hangs on the merged one's parent before the merged one's children hang on the survivor.
_INHERIT_PARENT = PreparedStatement("""
    update accounts a set parent_id = case when b.parent_id = a.id then null else b.parent_id end
    from accounts b
    where a.id = :into and b.id = :account and (a.parent_id is null or a.parent_id = b.id)
""")
_MOVE_CHILDREN = (
    update(accounts)
    .where(accounts.c.parent_id == bindparam("account"), accounts.c.id != bindparam("into"))
    .values(parent_id=bindparam("into"))
    .returning(accounts.c.id)
)
_MOVE_ALIASES = (
    update(accounts).where(accounts.c.merged_into == bindparam("account")).values(merged_into=bindparam("into"))
)
_INHERIT_DATA = PreparedStatement("""
    update accounts a set
        name = coalesce(a.name, b.name),
        name_key = case when a.name is null then b.name_key else a.name_key end,
        name_blocks = case when a.name is null then b.name_blocks else a.name_blocks end,
        status = case when 'customer' in (a.status, b.status) then 'customer' else a.status end,
        owner_rep_id = coalesce(a.owner_rep_id, b.owner_rep_id)
    from accounts b
    where a.id = :into and b.id = :account
""")
_MARK_MERGED = (
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(merged_into=bindparam("into"), merged_at=bindparam("at"), parent_id=null())
)

_ASKED = tuple(f.name for f in fields(AccountFilter) if f.name != "words")


class SqlAccounts:
    """See `pointsman.services.ports.leads.accounts.Accounts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, account_id: UUID, *, lock: bool = False) -> AccountRow | None:
        if lock:
            await self._connection.execute(_LOCK, {"account": account_id})
        return await _GET.record(self._connection, AccountRow, {"id": account_id})

    async def page(
        self, which: AccountFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[AccountRow]:
        at, last = after or (None, None)
        given = {name: getattr(which, name) for name in _ASKED} | word_values(which.words)
        given |= {"after_at": at, "after_id": last, "limit": limit}
        found = await _PAGE.records(self._connection, AccountRow, given)
        if which.words:
            former = await ACCOUNTS_BY_FORMER_NAMES.records(self._connection, AccountRow, given)
            found = newest_first(found, former, limit=limit)
        return found

    async def colleagues(self, account_id: UUID, *, but: UUID) -> Sequence[Colleague]:
        return await _COLLEAGUES.records(self._connection, Colleague, {"id": account_id, "but": but})

    async def exists(self, *, domain: str | None, name_key: str) -> bool:
        return bool(await _EXISTS.scalar(self._connection, {"domain": domain, "name_key": name_key}))

    async def find_similar(self, blocks: Sequence[str], *, limit: int) -> Sequence[AccountCandidate]:
        each = {f"b{n}": block for n, block in zip_longest(range(MAX_BLOCKS), blocks)}
        return await _FIND_SIMILAR.records(
            self._connection, AccountCandidate, {"blocks": list(blocks), "limit": limit, **each}
        )

    async def lead_countries(self, account_ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
        rows = await _LEAD_COUNTRIES.rows(self._connection, {"ids": list(account_ids)})
        return {row.account_id: frozenset(row.at) for row in rows}

    async def lock_domains(self, domains: Sequence[str]) -> None:
        await _LOCK_DOMAINS.rows(self._connection, {"domains": list(domains)})

    async def get_or_create_by_domain(self, domain: str, *, new_id: UUID, at: datetime) -> UUID | None:
        found: UUID | None = await _GET_OR_CREATE_BY_DOMAIN.scalar(
            self._connection, {"domain": domain, "new_id": new_id, "at": at}
        )
        return found

    async def learn_domain(
        self, domain: str, *, name_key: str, audit_id: UUID, actor: str, at: datetime
    ) -> UUID | None:
        given = {"domain": domain, "name_key": name_key, "audit_id": audit_id, "actor": actor, "at": at}
        try:
            with translating_errors():
                found: UUID | None = await _LEARN_DOMAIN.scalar(self._connection, given)
        except ConstraintRefused as refused:
            if refused.constraint != "accounts_domain_key":
                raise
            raise LostRace("another account got the domain at the same moment") from refused
        return found

    async def is_ancestor_of(self, account_id: UUID, other: UUID) -> bool:
        return bool(await _IS_ANCESTOR.scalar(self._connection, {"id": account_id, "other": other}))

    async def set_parent(self, account_id: UUID, parent_id: UUID | None) -> None:
        with translating_errors():
            await self._connection.execute(_SET_PARENT, {"account": account_id, "parent": parent_id})

    async def make_customer(self, account_id: UUID) -> bool:
        return await _MAKE_CUSTOMER.run(self._connection, {"id": account_id}) == 1

    async def merge(self, account_id: UUID, *, into: UUID, at: datetime) -> MovedByMerge:
        given = {"account": account_id, "into": into, "at": at}
        with translating_errors():
            moved = (await self._connection.execute(_MOVE_LEADS, given)).rowcount
            await _INHERIT_PARENT.run(self._connection, given)
            await _INHERIT_DATA.run(self._connection, given)
            for statement in (_MOVE_ALIASES, _MARK_MERGED):
                await self._connection.execute(statement, given)
            children = (await self._connection.scalars(_MOVE_CHILDREN, given)).all()
        return MovedByMerge(leads=moved, children=sorted(children))
