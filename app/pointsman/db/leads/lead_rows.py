"""Leads between rows and values: facts as self-describing JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from pointsman.db.tables import accounts, leads, reps
from pointsman.domain.leads.facts import FactValue
from pointsman.services.ports.leads.leads import LeadRow

LEAD = leads.alias("l")
_named = accounts.alias("b")
_account = accounts.alias("a")
_owner = reps.alias("r")
_parent = accounts.alias("p")
_parent_owner = reps.alias("q")

#: A lead that came in while its account was being merged still names the old one: what that is now counts.
LEAD_SELECT = select(
    LEAD.c.id,
    LEAD.c.email,
    LEAD.c.email_key,
    LEAD.c.shown_email_key,
    LEAD.c.first_name,
    LEAD.c.last_name,
    LEAD.c.phone,
    LEAD.c.phone_key,
    LEAD.c.facts,
    LEAD.c.stage,
    _account.c.id.label("account_id"),
    LEAD.c.match,
    LEAD.c.nurture_cause,
    LEAD.c.nurture_since,
    LEAD.c.nurture_until,
    LEAD.c.nurture_reason,
    LEAD.c.do_not_contact_at,
    LEAD.c.do_not_contact_by,
    LEAD.c.version,
    LEAD.c.created_at,
    LEAD.c.updated_at,
    LEAD.c.known_at,
    LEAD.c.merged_into,
    LEAD.c.merged_at,
    _account.c.name.label("account_name"),
    _account.c.domain.label("account_domain"),
    _account.c.status.label("account_status"),
    _owner.c.key.label("account_owner"),
    _parent.c.id.label("parent_id"),
    func.coalesce(_parent.c.name, _parent.c.domain).label("parent_name"),
    _parent.c.domain.label("parent_domain"),
    _parent_owner.c.key.label("parent_owner"),
).select_from(
    LEAD.outerjoin(_named, _named.c.id == LEAD.c.account_id)
    .outerjoin(_account, _account.c.id == func.coalesce(_named.c.merged_into, _named.c.id))
    .outerjoin(_owner, _owner.c.id == _account.c.owner_rep_id)
    .outerjoin(_parent, _parent.c.id == _account.c.parent_id)
    .outerjoin(_parent_owner, _parent_owner.c.id == _parent.c.owner_rep_id)
)


def facts_json(facts: Mapping[str, FactValue]) -> str:
    """An instant is written {"at": "…"}, a list as a list; all else is itself."""
    return json.dumps({name: _written(value) for name, value in facts.items()})


def lead_of(row: Any) -> LeadRow:
    """The lead in a row that `LEAD_SELECT`, or a statement with its columns, found."""
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
