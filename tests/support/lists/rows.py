"""Rows for the tables that lists read: `n` counts them, and what they say is drawn from `n` alone.

They point to rows that are not there, so they are written with `session_replication_role = replica`.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: The instant of row 1; each further row is ten seconds younger.
FIRST = "timestamptz '2026-01-01 00:00Z'"
_AT = f"{FIRST} + n * interval '10 s'"


def id_of(kind: str, number: int | str = "n") -> str:
    """As SQL: the id of the row of a kind ("lead", "rep", …) with this number."""
    return f"md5('{kind}' || {number})::uuid"


def _one_of(*values: str) -> str:
    """As SQL: of these values the first in most rows, the last in few."""
    most = " ".join(
        f"when n % {3 * 4**place} = 1 then '{value}'" for place, value in reversed([*enumerate(values)]) if place
    )
    return f"case {most} else '{values[0]}' end"


_REP = "md5('rep' || n % 40)::uuid"
_POOL = "'pool' || n % 12"
_WORK = _one_of("qualification", "closing", "prospecting", "customer_service")
_OUTCOME = _one_of("assigned", "held", "nurture")

_ROWS: Mapping[str, str] = MappingProxyType({
    "decisions": f"""
        (id, lead_id, at, outcome, work, rule, pool, rep_id, hold_reason, summary, policy_version, roster_version, record, inputs)
        select {id_of("decision")}, {id_of("lead")}, {_AT}, {_OUTCOME}, {_WORK}, 'rule' || n % 50, {_POOL}, {_REP},
            case when n % 3 = 1 then 'nobody-eligible' end, '', 1 + n % 15, 1, '{{}}', '{{}}'
    """,
    "leads": f"""
        (id, email, email_key, first_name, last_name, facts, stage, account_id, match, version, created_at, updated_at)
        select {id_of("lead")}, 'Buyer' || n || '@company.example', 'buyer' || n || '@company.example', 'Buyer', 'No' || n,
            '{{}}', {_one_of("working", "new", "booked", "won", "closed")}, null, '{{}}', 1, {_AT}, {_AT}
    """,
    "assignments": f"""
        (id, lead_id, rep_id, work, pool, decision_id, assigned_at, ended_at, end_reason)
        select {id_of("assignment")}, {id_of("lead")}, {_REP}, {_WORK}, {_POOL}, {id_of("decision")}, {_AT}, null, null
    """,
})  # fmt: skip


def rows_of(table: str, number: int) -> str:
    """As SQL: the columns and rows that `insert into` writes."""
    return f"{_ROWS[table]} from generate_series(1, {number}) n"
