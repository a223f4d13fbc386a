"""The lists of what was decided and what followed from it, as statements."""

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.db.routing import decisions
from support.lists.plans import ListStatement
from support.lists.rows import FIRST, id_of

_AFTER = f"{FIRST} + interval '1 day'"

WORK_LISTS: Mapping[str, ListStatement] = MappingProxyType({
    "GET /v1/decisions": ListStatement(
        statement=decisions._PAGE,
        tables=("decisions", "leads", "assignments"),
        given={
            "lead": {"lead_id": id_of("lead", 7)},
            "rep": {"rep": "'rep7'"},
            "rule": {"rule": "'rule7'"},
            "pool": {"pool": "'pool7'"},
            "work": {"work": "'closing'"},
            "outcome": {"outcome": "'held'"},
            "reason": {"hold_reason": "'nobody-eligible'"},
            "version": {"policy_version": "7"},
            "since": {"since": _AFTER},
            "until": {"until": _AFTER},
        },
        page={"before_at": _AFTER, "before_id": id_of("decision", 7)},
    ),
})  # fmt: skip
