"""Rows for the tables that lists read: `n` counts them, and what they say is drawn from `n` alone.

They point to rows that are not there, so they are written with `session_replication_role = replica`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import psycopg

Held = Literal["few", "most"]

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


_OF_DELIVERY = f"case when n % 200 = 0 then 'notice' else {_one_of('appointment', 'person', 'activity')} end"


_REP = "md5('rep' || n % 40)::uuid"
_POOL = "'pool' || n % 12"
_WORK = _one_of("qualification", "closing", "prospecting", "customer_service")
_STATUS = _one_of("attended", "confirmed", "cancelled", "no_show", "rejected")
_OUTCOME = _one_of("assigned", "held", "nurture")

_ROWS: Mapping[str, str] = MappingProxyType({
    "reps": f"""
        (id, key, name, email, role_id, role_since, tier, weight, time_zone, working_hours, skills, caps, supplier, active,
            created_at)
        select {id_of("rep", "(n - 1)")}, 'rep' || n - 1, 'Rep', 'rep@company.example', {id_of("role", 1)}, {_AT}, 1, 1,
            'UTC', '[]', '{{}}', '{{}}', 'in-house', true, {_AT}
    """,
    "connections": f"""
        (id, key, connector, config, sealed, active, created_at)
        select {id_of("connection", "(n - 1)")}, 'connection' || n - 1, 'x', '{{}}', '', true, {_AT}
    """,
    "decisions": f"""
        (id, lead_id, at, outcome, work, rule, pool, rep_id, hold_reason, summary, policy_version, roster_version, record, inputs)
        select {id_of("decision")}, {id_of("lead")}, {_AT}, {_OUTCOME}, {_WORK}, 'rule' || n % 50, {_POOL}, {_REP},
            case when n % 3 = 1 then 'nobody-eligible' end, '{{}}', 1 + n % 15, 1, '{{}}', '{{}}'
    """,
    "leads": f"""
        (id, email, email_key, first_name, last_name, phone, phone_key, phone_sharer, facts, stage, account_id, match, version,
            created_at, updated_at, merged_into, merged_at)
        select {id_of("lead")}, 'Buyer' || n || '@company.example', 'buyer' || n || '@company.example', 'Buyer', 'No' || n,
            '0171 ' || n, '+49171' || n, {id_of("lead")}, jsonb_build_object('lead.source', 'source' || n % 20),
            {_one_of("working", "new", "booked", "won", "closed")}, md5('account' || n % 400)::uuid, '{{}}', 1, {_AT}, {_AT},
            case when n % 20 = 9 then {id_of("lead", "(n - 1)")} end, case when n % 20 = 9 then {_AT} end
    """,
    "accounts": f"""
        (id, name, name_key, domain, status, owner_rep_id, created_at, merged_into, merged_at)
        select {id_of("account")}, 'Company No' || n, 'company no' || n, 'company' || n || '.example',
            {_one_of("prospect", "customer")}, {_REP}, {_AT}, case when n % 20 = 9 then {id_of("account", "(n - 1)")} end,
            case when n % 20 = 9 then {_AT} end
    """,
    "lead_identities": f"""
        (sender, source, external_id, lead_id)
        select 'webhook', 'crm' || n % 3, n::text, {id_of("lead")}
    """,
    "inbox": f"""
        (id, intake_id, sender, dedupe_key, body, status, error_code, lead_id, received_at)
        select {id_of("inbox")}, case when n % 9 <> 1 then md5('intake' || n % 7)::uuid end,
            case when n % 9 = 1 then 'partner:no' || n % 4 end, 'event' || n, '', {_one_of("done", "dead", "refused")},
            case when n % 5 = 1 then 'code' || n % 11 end, {id_of("lead")}, {_AT}
    """,
    "audit": f"""
        (id, at, actor, action, subject)
        select {id_of("audit")}, {_AT}, 'key:no' || n % 30, 'lead.act' || n % 20, 'lead:' || n % 500
    """,
    "assignments": f"""
        (id, lead_id, rep_id, work, pool, rule, decision_id, lead_created_at, assigned_at, ended_at, end_reason)
        select {id_of("assignment")}, {id_of("lead")}, {_REP}, {_WORK}, {_POOL}, 'rule' || n % 50, {id_of("decision")}, {_AT},
            {_AT}, case when s.has_ended then {_AT} end, case when s.has_ended then 'won' end
    """,
    "holds": f"""
        (id, lead_id, decision_id, work, pool, reason, sentence, held_at, due_at, released_at, release)
        select {id_of("hold")}, {id_of("lead")}, {id_of("decision")}, {_WORK}, {_POOL},
            {_one_of("nobody-eligible", "no-rule", "gate-closed")}, '{{}}', {_AT}, {_AT} + interval '4 hours',
            case when n % 100 <> 0 then {_AT} + interval '1 hour' end, case when n % 100 <> 0 then 'assigned' end
    """,
    "appointments": f"""
        (id, lead_id, rep_id, work, pool, status, reject_code, confirm_by, starts_at, ends_at, assignment_id,
            gate_snapshot, setter_rep_id, booked_by, sequence, created_at)
        select {id_of("appointment")}, {id_of("lead")}, {_REP}, 'closing', {_POOL}, s.status,
            case when s.status = 'rejected' then 'other' end, case when s.status = 'requested' then {_AT} end,
            {_AT}, {_AT} + interval '30 minutes', {id_of("assignment")}, '{{}}', md5('rep' || n % 37)::uuid, '', 0, {_AT}
    """,
    "appointment_companions": f"""
        (appointment_id, rep_id, work, pool, reason)
        select {id_of("appointment")}, md5('rep' || n % 41)::uuid, 'solution_design', 'pool1', '{{}}'
    """,
    "reservations": f"""
        (id, rep_id, during, buffer_before, buffer_after, kind, appointment_id, lead_id, work, active)
        select {id_of("reservation")}, {_REP}, tstzrange({_AT}, {_AT} + interval '1 second'), interval '0', interval '0',
            'appointment', {id_of("appointment")}, {id_of("lead")}, 'closing', true
    """,
    "deliveries": f"""
        (id, lead_id, appointment_id, rep_id, connection_id, calendar, kind, wanted, key, sequence, status, error_code, owed_at,
            next_attempt_at, created_at, unsure)
        select {id_of("delivery")}, {id_of("lead")}, case when {_OF_DELIVERY} <> 'person' then {id_of("appointment")} end,
            case when {_OF_DELIVERY} <> 'person' then {_REP} end, md5('connection' || n % 15)::uuid, '',
            {_OF_DELIVERY}, 'put', 'k' || n, 0,
            case when n % 200 = 0 then 'done' else {_one_of("done", "superseded", "dead", "pending")} end,
            case when n % 50 = 0 then {_one_of("rejected", "gave-up")} end, {_AT}, {_AT}, {_AT},
            case when n % 200 = 0 then 1 else 0 end
    """,
    "alerts": f"""
        (id, code, subject, message, raised_at, resolved_at)
        select {id_of("alert")}, {_one_of("hold-overdue", "delivery-dead", "calendar-unreadable")}, 'lead:' || n / 2,
            '{{"key": "text.as-written", "args": {{}}}}', {_AT},
            case when n % 100 <> 0 then {_AT} end
    """,
    "overrides": f"""
        (id, lead_id, rep_id, work, reason, approver, created_at, expires_at)
        select {id_of("override")}, {id_of("lead")}, {_REP}, 'closing', 'x', 'x', {_AT}, {_AT} + interval '1 day'
    """,
    "lead_links": f"""
        (id, lead_id, key_id, made_by, created_at, expires_at)
        select {id_of("link")}, {id_of("lead")}, 'k', '', {_AT}, {_AT} + interval '1 day'
    """,
    "booking_links": f"""
        (id, lead_id, made_by, created_at, expires_at)
        select {id_of("link")}, {id_of("lead")}, '', {_AT}, {_AT} + interval '1 day'
    """,
})  # fmt: skip

#: What `_ROWS` draws beside `n`, or leaves out.
_ALSO: Mapping[str, str] = MappingProxyType(
    {
        "appointments": f"cross join lateral (select {_STATUS}) s (status)",
        "appointment_companions": "where n % 50 = 1",
    }
)
#: Which of the leads a rep has: two of a hundred, or nine of ten.
_HELD: Mapping[Held, str] = MappingProxyType({"few": "n / 13 % 50 = 1", "most": "n / 13 % 10 <> 1"})


def rows_of(table: str, number: int, *, held: Held = "few") -> str:
    """As SQL: the columns and rows that `insert into` writes. `held` says how many of the leads a rep has now."""
    also = (
        f"cross join lateral (select not ({_HELD[held]})) s (has_ended)"
        if table == "assignments"
        else _ALSO.get(table, "")
    )
    return f"{_ROWS[table]} from generate_series(1, {number}) n {also}"


def copy_rows(
    reader: psycopg.Connection, writer: psycopg.Connection, table: str, number: int, *, held: Held = "few"
) -> None:
    """The same rows by COPY, made on one connection and written on another."""
    columns, made, values = rows_of(table, number, held=held).partition("select ")
    out = f"copy ({made}{values}) to stdout"
    with (
        reader.cursor().copy(out.encode()) as source,
        writer.cursor().copy(f"copy {table} {columns} from stdin".encode()) as sink,
    ):
        for part in source:
            sink.write(part)
