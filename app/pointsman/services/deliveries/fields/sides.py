"""Both values of a mapped field, as they are compared: the lead's fact, and what stands in the CRM."""

from collections.abc import Mapping
from datetime import datetime

from pointsman.domain.field_mapping.choosing import Side
from pointsman.domain.field_mapping.forms import inward, is_nothing, mark, outward
from pointsman.domain.field_mapping.mapped import MappedField
from pointsman.domain.leads.facts import STANDARD_FIELDS, FactValue, FieldType
from pointsman.domain.leads.matching import sortable_timestamp
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.policies.cache import load_compiled_policy
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.leads.leads import LeadRow


async def fact_types(env: Env, tx: Tx) -> Mapping[str, FieldType] | None:
    """The type of each fact that the published policy knows; None where none is published: then any `custom.` fact may be."""
    version = (await tx.policies.live_versions()).policy
    return None if version is None else (await load_compiled_policy(env, tx, version)).policy.field_types


def type_of(fact: str, types: Mapping[str, FieldType] | None) -> FieldType | None:
    """The fact's type; None where there is no such fact."""
    if types is not None:
        return types.get(fact)
    return STANDARD_FIELDS.get(fact) or (FieldType.TEXT if fact.startswith("custom.") else None)


def fact_of(lead: LeadRow, fact: str) -> FactValue | None:
    """What is known of the lead, of those facts that may be mapped."""
    known: Mapping[str, FactValue | None] = {
        "lead.first_name": lead.first_name,
        "lead.last_name": lead.last_name,
        "lead.phone": lead.phone_key or lead.phone,
        "lead.created_at": lead.created_at,
        "account.status": lead.account_status,
        "account.owner": lead.account_owner,
        "account.parent_domain": lead.parent_domain,
        "account.parent_owner": lead.parent_owner,
    }
    if fact in known:
        return known[fact]
    beside = {"company.domain": lead.account_domain, "company.name": lead.account_name}
    return lead.facts.get(fact, beside.get(fact))


def our_side(row: MappedField, lead: LeadRow) -> tuple[Side, object]:
    """The lead's value with its mark, and how the field would have it; None: it has none, or the field cannot say it."""
    value, at = fact_of(lead, row.fact), lead.known_at.get(row.fact, "")
    if value is None:
        return Side(mark="", at=at), None
    try:
        said = outward(row, value)
    except ValueError:
        # Marked by what it is, so that it is news once, and not again.
        return Side(mark=f"unsayable:{mark(row, str(value))}", at=at, is_usable=False), None
    return Side(mark=mark(row, said), at=at), said


def their_side(row: MappedField, raw: object, kind: FieldType | None, *, at: datetime) -> tuple[Side, FactValue | None]:
    """The CRM's value with its mark, which stands there since `at`, and what it says of the fact; None: nothing."""
    told = Side(mark=mark(row, raw), at=sortable_timestamp(at))
    if kind is None or is_nothing(raw):
        return Side(mark=told.mark, at=told.at, is_usable=False), None
    try:
        value = inward(row, raw, kind, CODE_NAMES)
    except ValueError:
        value = None
    return Side(mark=told.mark, at=told.at, is_usable=value is not None), value
