"""What a pool's `requires` condition may ask about a rep: facts under `rep.*`, beside those of the lead."""

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.domain.dates.local_time import start_of_day
from pointsman.domain.leads.facts import Facts, FactValue, FieldType
from pointsman.domain.roster.reps import Rep

REP_PREFIX = "rep."

#: The attributes that every rep has (`rep.started_on` where known); every other `rep.NAME` is the skill list NAME.
REP_FIELDS: Mapping[str, FieldType] = MappingProxyType(
    {
        "rep.key": FieldType.TEXT,
        "rep.role": FieldType.TEXT,
        "rep.supplier": FieldType.TEXT,
        "rep.time_zone": FieldType.TEXT,
        "rep.tier": FieldType.NUMBER,
        "rep.started_on": FieldType.INSTANT,  # the first instant of that day in the rep's zone
    }
)


def rep_facts(rep: Rep) -> Facts:
    """The facts of `rep`; to be laid over the lead's: `{**facts, **rep_facts(rep)}`. A skill list is sorted."""
    facts: dict[str, FactValue] = {f"{REP_PREFIX}{name}": tuple(sorted(values)) for name, values in rep.skills.items()}
    facts |= {
        "rep.key": rep.key,
        "rep.role": rep.role.name,
        "rep.supplier": rep.supplier,
        "rep.time_zone": rep.time_zone,
        "rep.tier": rep.tier,
    }
    if rep.started_on is not None:
        facts["rep.started_on"] = start_of_day(rep.started_on, rep.time_zone)
    return facts


def rep_field_type(field: str) -> FieldType | None:
    """The type of a `rep.*` field; None for a field that is none of a rep's."""
    if not field.startswith(REP_PREFIX):
        return None
    return REP_FIELDS.get(field, FieldType.LIST)
