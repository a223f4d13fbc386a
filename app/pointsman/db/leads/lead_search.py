"""Leads found by what people know them by."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports.leads.lead_search import LeadNames

#: A number that stands for a lead without a name (`senders.telephone_sender`) is no external id.
_NAMED = PreparedStatement("""
    with named as (
        select id from leads where email_key = :email_key
        union
        select i.lead_id
        from unnest(cast(:sources as text[]), cast(:external_ids as text[])) given (source, external_id)
        join lead_identities i on i.external_id = given.external_id and i.source = given.source
        where i.sender = cast(:sender as text)
            or (cast(:sender as text) is null and not starts_with(i.sender, 'telephone'))
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


class SqlLeadSearch:
    """See `pointsman.services.ports.leads.lead_search.LeadSearch`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def named(self, names: LeadNames, *, sees: Visibility, sender: str | None) -> Sequence[UUID]:
        given = {
            "email_key": names.email_key,
            "sources": [source for source, _ in names.external_ids],
            "external_ids": [external_id for _, external_id in names.external_ids],
            "sender": sender,
        }
        return await _NAMED.scalars(self._connection, given | visibility_values(sees))
