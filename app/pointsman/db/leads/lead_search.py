"""Leads found by what people know them by."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.leads.former_names import LEADS_BY_FORMER_NAMES, newest_first
from pointsman.db.leads.own_lead_pages import NAMES, PAGE_OF_OWN
from pointsman.db.leads.search_words import word_values
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports.leads.lead_search import LeadFilter, LeadNames

#: What names a merged lead finds the one that it is now (`follows_merges`), but not for a caller who does not see all leads:
#: it would hear by which other addresses the house knows a person.
#: To a partner or rep, an id that was refused is that of the lead that it was refused for: read once that is with them.
#: A number that stands for a lead without a name (`senders.telephone_sender`) is no external id.
_NAMED = PreparedStatement("""
    with named as (
        select id from leads where email_key = :email_key and :follows_merges
        union
        select id from leads where email_key = :email_key and not :follows_merges and merged_into is null
        union
        select id from leads where shown_email_key = :email_key and not :follows_merges and merged_into is null
        union
        select i.lead_id
        from unnest(cast(:sources as text[]), cast(:external_ids as text[])) given (source, external_id)
        join lead_identities i on i.external_id = given.external_id and i.source = given.source
        where i.sender = cast(:sender as text)
            or (cast(:sender as text) is null and not starts_with(i.sender, 'telephone'))
        union
        select w.lead_id
        from unnest(cast(:sources as text[]), cast(:external_ids as text[])) given (source, external_id)
        join refused_words w on w.external_id = given.external_id and w.source = given.source
        where w.sender = cast(:sender as text)
          and exists (  -- has it now: who had it once would hear by which other addresses the house knows a person
              select from leads k join assignments held on held.lead_id = coalesce(k.merged_into, k.id) and held.ended_at is null
              join reps holder on holder.id = held.rep_id
              where k.id = w.lead_id
                and (cast(:supplier as text) is null or holder.supplier = cast(:supplier as text))
                and (cast(:sees_rep as text) is null or holder.key = cast(:sees_rep as text)))
    )
    select distinct coalesce(l.merged_into, l.id)
    from named join leads l on l.id = named.id
    where cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
        select from assignments seen join reps seeing on seeing.id = seen.rep_id
        where seen.lead_id = coalesce(l.merged_into, l.id)
          and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
          and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text)))
    order by 1 limit 10
""")

# Planned for what is asked: what is null falls out, and each filter has its index. What is asked of the assignment, and what a
# caller sees, are statements of their own, since only a join lets the planner begin there. The assignment knows when its lead
# was made: a page of what a rep has is read off its index, be that most leads or few of them.
_PAGE = PreparedStatement(
    """
    select l.id, l.created_at
    from leads l
    where l.merged_into is null
      and (cast(:email_key as text) is null
           or l.id = any(array(select coalesce(m.merged_into, m.id) from leads m
                               where m.email_key = :email_key and (m.merged_into is null or :follows_merges))))
      and (cast(:phone_key as text) is null
           or l.id = any(array(select coalesce(m.merged_into, m.id) from leads m
                               where m.phone_key = :phone_key and (m.merged_into is null or :follows_merges))))
      and (cast(:external_id as text) is null
           or l.id = any(array(
               select coalesce(m.merged_into, m.id) from lead_identities i join leads m on m.id = i.lead_id
               where i.external_id = :external_id and not starts_with(i.sender, 'telephone')
                 and (cast(:source_system as text) is null or i.source = :source_system)
                 and (cast(:sender as text) is null or i.sender = :sender))))
      and (cast(:word_1 as text) is null
           or l.searched like any(search_patterns(:word_1, :host_1)))
      and (cast(:word_2 as text) is null
           or l.searched like any(search_patterns(:word_2, :host_2)))
      and (cast(:word_3 as text) is null
           or l.searched like any(search_patterns(:word_3, :host_3)))
      and (cast(:word_4 as text) is null
           or l.searched like any(search_patterns(:word_4, :host_4)))
      and (cast(:word_5 as text) is null
           or l.searched like any(search_patterns(:word_5, :host_5)))
      and (cast(:word_6 as text) is null
           or l.searched like any(search_patterns(:word_6, :host_6)))
      and (cast(:word_7 as text) is null
           or l.searched like any(search_patterns(:word_7, :host_7)))
      and (cast(:word_8 as text) is null
           or l.searched like any(search_patterns(:word_8, :host_8)))
      and (cast(:stage as text) is null or l.stage = :stage)
      and (cast(:account as uuid) is null or l.account_id = :account)
      and (cast(:source as text) is null or l.facts ->> 'lead.source' = :source)
      and (cast(:since as timestamptz) is null or l.created_at >= :since)
      and (cast(:until as timestamptz) is null or l.created_at < :until)
      and (cast(:changed_since as timestamptz) is null or l.updated_at >= :changed_since)
      and (cast(:changed_until as timestamptz) is null or l.updated_at < :changed_until)
      and (cast(:after_at as timestamptz) is null or (l.created_at, l.id) < (:after_at, cast(:after_id as uuid)))
    order by l.created_at desc, l.id desc limit :limit
    """,
    replan=True,
)
_PAGE_HELD = PreparedStatement(
    """
    select l.id, l.created_at
    from assignments s join leads l on l.id = s.lead_id
    where s.ended_at is null
      and (cast(:rep as text) is null or s.rep_id = (select id from reps where key = :rep))
      and (cast(:work as text) is null or s.work = :work)
      and (cast(:pool as text) is null or s.pool = :pool)
      and (cast(:rule as text) is null or s.rule = :rule)
      and (cast(:email_key as text) is null
           or l.id = any(array(select coalesce(m.merged_into, m.id) from leads m
                               where m.email_key = :email_key and (m.merged_into is null or :follows_merges))))
      and (cast(:phone_key as text) is null
           or l.id = any(array(select coalesce(m.merged_into, m.id) from leads m
                               where m.phone_key = :phone_key and (m.merged_into is null or :follows_merges))))
      and (cast(:external_id as text) is null
           or l.id = any(array(
               select coalesce(m.merged_into, m.id) from lead_identities i join leads m on m.id = i.lead_id
               where i.external_id = :external_id and not starts_with(i.sender, 'telephone')
                 and (cast(:source_system as text) is null or i.source = :source_system)
                 and (cast(:sender as text) is null or i.sender = :sender))))
      and (cast(:word_1 as text) is null
           or l.searched like any(search_patterns(:word_1, :host_1)))
      and (cast(:word_2 as text) is null
           or l.searched like any(search_patterns(:word_2, :host_2)))
      and (cast(:word_3 as text) is null
           or l.searched like any(search_patterns(:word_3, :host_3)))
      and (cast(:word_4 as text) is null
           or l.searched like any(search_patterns(:word_4, :host_4)))
      and (cast(:word_5 as text) is null
           or l.searched like any(search_patterns(:word_5, :host_5)))
      and (cast(:word_6 as text) is null
           or l.searched like any(search_patterns(:word_6, :host_6)))
      and (cast(:word_7 as text) is null
           or l.searched like any(search_patterns(:word_7, :host_7)))
      and (cast(:word_8 as text) is null
           or l.searched like any(search_patterns(:word_8, :host_8)))
      and (cast(:stage as text) is null or l.stage = :stage)
      and (cast(:account as uuid) is null or l.account_id = :account)
      and (cast(:source as text) is null or l.facts ->> 'lead.source' = :source)
      and (cast(:since as timestamptz) is null or s.lead_created_at >= :since)
      and (cast(:until as timestamptz) is null or s.lead_created_at < :until)
      and (cast(:changed_since as timestamptz) is null or l.updated_at >= :changed_since)
      and (cast(:changed_until as timestamptz) is null or l.updated_at < :changed_until)
      and (cast(:after_at as timestamptz) is null or (s.lead_created_at, s.lead_id) < (:after_at, cast(:after_id as uuid)))
    order by s.lead_created_at desc, s.lead_id desc limit :limit
    """,
    replan=True,
)
# By the names that are shown to the caller: not by those that the lead had before, which the house may have said.
_PAGE_SEEN = PreparedStatement(
    """
    select l.id, l.created_at
    from leads l
    where l.merged_into is null
      and exists (
          select from assignments seen join reps seeing on seeing.id = seen.rep_id
          where seen.lead_id = l.id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
            and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text)))
      and (coalesce(cast(:rep as text), :work, :pool, :rule) is null or exists (
          select from assignments s
          where s.lead_id = l.id and s.ended_at is null
            and (cast(:rep as text) is null or s.rep_id = (select id from reps where key = :rep))
            and (cast(:work as text) is null or s.work = :work)
            and (cast(:pool as text) is null or s.pool = :pool)
            and (cast(:rule as text) is null or s.rule = :rule)))
      and (cast(:email_key as text) is null
           or l.id = any(array(select m.id from leads m where m.email_key = :email_key or m.shown_email_key = :email_key)))
      and (cast(:phone_key as text) is null
           or l.id = any(array(select coalesce(m.merged_into, m.id) from leads m
                               where m.phone_key = :phone_key and (m.merged_into is null or :follows_merges))))
      and (cast(:external_id as text) is null
           or l.id = any(array(
               select coalesce(m.merged_into, m.id) from lead_identities i join leads m on m.id = i.lead_id
               where i.external_id = :external_id and not starts_with(i.sender, 'telephone')
                 and (cast(:source_system as text) is null or i.source = :source_system)
                 and (cast(:sender as text) is null or i.sender = :sender))))
      and (cast(:word_1 as text) is null
           or l.searched like any(search_patterns(:word_1, :host_1)))
      and (cast(:word_2 as text) is null
           or l.searched like any(search_patterns(:word_2, :host_2)))
      and (cast(:word_3 as text) is null
           or l.searched like any(search_patterns(:word_3, :host_3)))
      and (cast(:word_4 as text) is null
           or l.searched like any(search_patterns(:word_4, :host_4)))
      and (cast(:word_5 as text) is null
           or l.searched like any(search_patterns(:word_5, :host_5)))
      and (cast(:word_6 as text) is null
           or l.searched like any(search_patterns(:word_6, :host_6)))
      and (cast(:word_7 as text) is null
           or l.searched like any(search_patterns(:word_7, :host_7)))
      and (cast(:word_8 as text) is null
           or l.searched like any(search_patterns(:word_8, :host_8)))
      and (l.other_names is null or not exists (
          select from unnest(
              array[cast(:word_1 as text), :word_2, :word_3, :word_4, :word_5, :word_6, :word_7, :word_8],
              array[cast(:host_1 as text), :host_2, :host_3, :host_4, :host_5, :host_6, :host_7, :host_8]) asked (word, host)
          where asked.word is not null
            and (searched_text(
                     coalesce(l.first_name, '') || ' ' || coalesce(l.last_name, '') || ' ' || coalesce(l.email, ''))
                 like any(search_patterns(asked.word, asked.host))) is not true))
      and (cast(:stage as text) is null or l.stage = :stage)
      and (cast(:account as uuid) is null or l.account_id = :account)
      and (cast(:source as text) is null or l.facts ->> 'lead.source' = :source)
      and (cast(:since as timestamptz) is null or l.created_at >= :since)
      and (cast(:until as timestamptz) is null or l.created_at < :until)
      and (cast(:changed_since as timestamptz) is null or l.updated_at >= :changed_since)
      and (cast(:changed_until as timestamptz) is null or l.updated_at < :changed_until)
      and (cast(:after_at as timestamptz) is null or (l.created_at, l.id) < (:after_at, cast(:after_id as uuid)))
    order by l.created_at desc, l.id desc limit :limit
    """,
    replan=True,
)
_ASKED = tuple(f.name for f in fields(LeadFilter) if f.name not in ("sees", "words"))


def _statement_for(which: LeadFilter) -> PreparedStatement:
    if which.sees.is_limited:
        return _PAGE_SEEN if any(getattr(which, name) for name in NAMES) else PAGE_OF_OWN
    return _PAGE_HELD if any((which.rep, which.work, which.pool, which.rule)) else _PAGE


class SqlLeadSearch:
    """See `pointsman.services.ports.leads.lead_search.LeadSearch`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, which: LeadFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[UUID]:
        at, last = after or (None, None)
        values = {name: getattr(which, name) for name in _ASKED} | word_values(which.words)
        values |= {**visibility_values(which.sees), "after_at": at, "after_id": last, "limit": limit}
        values["follows_merges"] = not which.sees.is_limited
        found = await _statement_for(which).rows(self._connection, values)
        if which.words and not which.sees.is_limited:
            found = newest_first(found, await LEADS_BY_FORMER_NAMES.rows(self._connection, values), limit=limit)
        return [row.id for row in found]

    async def named(self, names: LeadNames, *, sees: Visibility, sender: str | None) -> Sequence[UUID]:
        given = {
            "email_key": names.email_key,
            "sources": [source for source, _ in names.external_ids],
            "external_ids": [external_id for _, external_id in names.external_ids],
            "sender": sender,
            "follows_merges": not sees.is_limited,
        }
        return await _NAMED.scalars(self._connection, given | visibility_values(sees))
