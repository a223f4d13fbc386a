"""Leads between rows and values: facts as self-describing JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pointsman.domain.leads.facts import FactValue
from pointsman.services.ports.leads.leads import LeadRow

LEAD_COLUMNS = """
    l.id, l.email, l.email_key, l.first_name, l.last_name, l.phone, l.facts, l.stage, a.id as account_id, l.match,
    l.nurture_until, l.nurture_reason, l.version, l.created_at, l.updated_at, l.known_at, l.merged_into, l.merged_at,
    a.name as account_name, a.domain as account_domain, a.status as account_status, r.key as account_owner,
    p.id as parent_id, coalesce(p.name, p.domain) as parent_name, p.domain as parent_domain,
    q.key as parent_owner
"""
#: A lead that came in while its account was being merged still names the old one: what that is now counts.
LEAD_JOINS = """
    leads l left join accounts b on b.id = l.account_id left join accounts a on a.id = coalesce(b.merged_into, b.id)
    left join reps r on r.id = a.owner_rep_id left join accounts p on p.id = a.parent_id
    left join reps q on q.id = p.owner_rep_id
"""


def facts_json(facts: Mapping[str, FactValue]) -> str:
    """An instant is written {"at": "…"}, a list as a list; all else is itself."""
    return json.dumps({name: _written(value) for name, value in facts.items()})


def lead_of(row: Any) -> LeadRow:
    """The lead in a row that has `LEAD_COLUMNS`."""
    values: dict[str, Any] = {name: getattr(row, name) for name in LeadRow.__dataclass_fields__}
    values["facts"] = {name: _read(value) for name, value in row.facts.items()}
    return LeadRow(**values)


def _written(value: FactValue) -> object:
    match value:
        case datetime():
            return {"at": value.astimezone(UTC).isoformat()}
        case tuple():
            return list(value)
        case _:
            return value


def _read(value: Any) -> FactValue:
    match value:
        case {"at": str() as instant}:
            return datetime.fromisoformat(instant)
        case list():
            return tuple(value)
        case _:
            return value  # type: ignore[no-any-return]  # what `facts_json` wrote
