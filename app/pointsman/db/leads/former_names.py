"""What was merged into another, by the words of its names: the pages of those that it is now.

Beside the pages by their own names (`lead_search`, `accounts`), by the same filters. Asked apart and put together, since one
question for either name reads all of both (decision 30).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from pointsman.db.engine.prepared_statement import PreparedStatement

LEADS_BY_FORMER_NAMES = PreparedStatement(
    """
    select l.id, l.created_at
    from leads l
    where l.merged_into is null
      and exists (
          select from leads m
          where m.merged_into = l.id
          and (cast(:word_1 as text) is null
               or m.searched like any(search_patterns(:word_1, :host_1)))
          and (cast(:word_2 as text) is null
               or m.searched like any(search_patterns(:word_2, :host_2)))
          and (cast(:word_3 as text) is null
               or m.searched like any(search_patterns(:word_3, :host_3)))
          and (cast(:word_4 as text) is null
               or m.searched like any(search_patterns(:word_4, :host_4)))
          and (cast(:word_5 as text) is null
               or m.searched like any(search_patterns(:word_5, :host_5)))
          and (cast(:word_6 as text) is null
               or m.searched like any(search_patterns(:word_6, :host_6)))
          and (cast(:word_7 as text) is null
               or m.searched like any(search_patterns(:word_7, :host_7)))
          and (cast(:word_8 as text) is null
               or m.searched like any(search_patterns(:word_8, :host_8))))
      and (coalesce(cast(:rep as text), :work, :pool, :rule) is null or exists (
          select from assignments s
          where s.lead_id = l.id and s.ended_at is null
            and (cast(:rep as text) is null or s.rep_id = (select id from reps where key = :rep))
            and (cast(:work as text) is null or s.work = :work)
            and (cast(:pool as text) is null or s.pool = :pool)
            and (cast(:rule as text) is null or s.rule = :rule)))
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
ACCOUNTS_BY_FORMER_NAMES = PreparedStatement(
    """
    select a.id, a.name, a.domain, a.status, r.key as owner, a.parent_id, a.merged_into, a.merged_at, a.created_at
    from accounts a left join reps r on r.id = a.owner_rep_id
    where a.merged_into is null
      and exists (
          select from accounts m
          where m.merged_into = a.id
          and (cast(:word_1 as text) is null or m.searched like any(search_patterns(:word_1, :host_1)))
          and (cast(:word_2 as text) is null or m.searched like any(search_patterns(:word_2, :host_2)))
          and (cast(:word_3 as text) is null or m.searched like any(search_patterns(:word_3, :host_3)))
          and (cast(:word_4 as text) is null or m.searched like any(search_patterns(:word_4, :host_4)))
          and (cast(:word_5 as text) is null or m.searched like any(search_patterns(:word_5, :host_5)))
          and (cast(:word_6 as text) is null or m.searched like any(search_patterns(:word_6, :host_6)))
          and (cast(:word_7 as text) is null or m.searched like any(search_patterns(:word_7, :host_7)))
          and (cast(:word_8 as text) is null or m.searched like any(search_patterns(:word_8, :host_8))))
      and (cast(:domain as text) is null
           or a.id = (select coalesce(merged_into, id) from accounts where domain = :domain))
      and (cast(:status as text) is null or a.status = :status)
      and (cast(:owner as text) is null or a.owner_rep_id = (select id from reps where key = :owner))
      and (cast(:since as timestamptz) is null or a.created_at >= :since)
      and (cast(:until as timestamptz) is null or a.created_at < :until)
      and (cast(:after_at as timestamptz) is null or (a.created_at, a.id) < (:after_at, cast(:after_id as uuid)))
    order by a.created_at desc, a.id desc limit :limit
    """,
    replan=True,
)


class _Listed(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def created_at(self) -> datetime: ...


R = TypeVar("R", bound=_Listed)


def newest_first(own: Sequence[R], former: Sequence[R], *, limit: int) -> list[R]:
    """One page of two, each thing once."""
    both = {row.id: row for row in (*own, *former)}
    return sorted(both.values(), key=lambda row: (row.created_at, row.id), reverse=True)[:limit]
