"""Leads as people know them, where a use case tells their ids."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from pointsman.services.ports import Env
from pointsman.services.ports.leads.leads import LeadRow

_AT_ONCE = 500


async def lead_titles(env: Env, leads: Iterable[UUID]) -> Mapping[UUID, str]:
    """Name and address of each, as "Erika Beispiel, erika@musterbau.example"; the id of a lead that has neither any more."""
    ids = sorted(set(leads))
    found: dict[UUID, LeadRow] = {}
    for start in range(0, len(ids), _AT_ONCE):
        async with env.uow() as tx:
            found.update(await tx.leads.get_many(ids[start : start + _AT_ONCE]))
    titles: dict[UUID, str] = {}
    for lead_id in ids:
        row = found.get(lead_id)
        name = " ".join(part for part in (row.first_name, row.last_name) if part) if row else ""
        titles[lead_id] = ", ".join(part for part in (name, row.email if row else None) if part) or str(lead_id)
    return titles
