"""What claims work, and what looks for work, cost the same at 20,000 rows as at ten, over tables that were analysed empty."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import psycopg
import pytest

from pointsman.db.booking import slot_holds
from pointsman.db.booking.deliveries import attempts as delivery_attempts
from pointsman.db.booking.deliveries import lead_records
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.intake import idempotency, inbox_attempts
from pointsman.db.routing import holds
from support.databases.plans import explained

pytestmark = pytest.mark.own_database

WAITING = 20_000
ID = "md5('{}' || n)::uuid"
FIRST = "md5('d' || 1)::uuid"
SPAN = "generate_series(1, 20000) n"

#: Deliveries of one connection that is limited: each is due, and overtaken by a later one that is to be tried later.
DELIVERIES = f"""
    insert into deliveries (id, lead_id, appointment_id, rep_id, connection_id, calendar, kind, wanted, key, sequence, status,
        attempts, owed_at, next_attempt_at, created_at)
    select {ID.format("d")}, {ID.format("l")}, {ID.format("a")}, {ID.format("r")}, md5('limited')::uuid, 'c', 'appointment',
        'put', 'key' || n, 1, 'pending', 1,
        now(), now() - interval '2 hours', now() from {SPAN} where n > 1
    union all
    select {ID.format("e")}, {ID.format("l")}, {ID.format("a")}, {ID.format("r")}, md5('limited')::uuid, 'c', 'appointment',
        'put', 'key' || n, 2, 'pending', 0,
        now(), now() + interval '1 hour', now() from {SPAN} where n > 1
    union all
    select {ID.format("d")}, {ID.format("l")}, {ID.format("a")}, {ID.format("r")}, md5('other')::uuid, 'c', 'appointment',
        'put', 'key' || n, 1, 'pending', 0,
        now(), now() - interval '1 hour', now() from {SPAN} where n = 1
"""
RECORDS = f"""
    insert into connections (id, key, connector, config, sealed, active, created_at, sync_owners)
    values (md5('crm')::uuid, 'crm', 'memory', '{{}}', '', true, now(), true);
    insert into deliveries (id, lead_id, connection_id, kind, wanted, key, sequence, status, owed_at, next_attempt_at, created_at)
    select {ID.format("d")}, {ID.format("l")}, md5('crm')::uuid, 'person', 'put', 'key' || n, 0, 'done', now(), now(), now()
    from {SPAN}
"""
INBOX = f"""
    insert into intakes select (jsonb_populate_record(null::intakes, jsonb_build_object('id', md5('i')::uuid, 'key', 'form',
        'title', 'f', 'kind', 'lead', 'verifier', '{{}}'::jsonb, 'sealed', '\\x00', 'mapping', '{{}}'::jsonb,
        'sample', '{{}}'::jsonb, 'active', true, 'version', 1, 'created_at', now(), 'updated_at', now()))).*;
    insert into inbox (id, intake_id, dedupe_key, body, received_at, next_attempt_at)
    select {ID.format("d")}, md5('i')::uuid, 'k' || n, '\\x00', now() - interval '3 hours',
        case when n > 10 then now() + interval '1 hour' end
    from {SPAN}
"""
HOLDS = f"""
    insert into holds (id, lead_id, decision_id, work, pool, reason, sentence, held_at, due_at, next_try_at)
    select {ID.format("d")}, {ID.format("l")}, {ID.format("c")}, 'closing', 'closers', 'x', '{{}}', now(), now(),
        now() + interval '1 hour' from {SPAN}
"""
SLOT_HOLDS = f"""
    insert into slot_holds (id, lead_id, rep_id, starts_at, ends_at, made_by, created_at, expires_at)
    select {ID.format("d")}, {ID.format("l")}, {ID.format("r")}, now(), now() + interval '1 hour', 'x', now(),
        now() + interval '1 hour' from {SPAN}
"""
IDEMPOTENCY = f"""
    insert into idempotency (caller, route, key, body_hash, status, answer, created_at)
    select 'c', 'r', 'k' || n, '\\x00', 200, '\\x00', now() from {SPAN}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A statement, what it is given, and how many blocks it may look at; by default an index or two, and a row."""

    statement: PreparedStatement
    fill: str
    given: Mapping[str, str] = field(default_factory=dict)
    bound: int = 44


A_BATCH = 200
ASKED = {
    "a delivery is claimed": Asked(
        statement=delivery_attempts.CLAIM,
        fill=DELIVERIES,
        given={"id": FIRST, "lease": FIRST, "span": "'90 s'", "at": "now()"},
    ),
    "deliveries whose job was lost": Asked(
        statement=delivery_attempts.CLAIM_OVERDUE,
        fill=DELIVERIES,
        given={"before": "now()", "at": "now()", "limit": str(A_BATCH)},
        bound=45
        * A_BATCH,  # each is written, with its indexes, and its order looked up, those of a limited connection too
    ),
    "a lead's record is owed": Asked(
        statement=lead_records.OWE_RECORD,
        fill=RECORDS,
        given={"lead": FIRST, "key": "'key77'", "first_id": "gen_random_uuid()", "at": "now()"},
        bound=300,  # a row and a job are written; the first of a session loads the function of the queue
    ),
    "an inbox item is claimed": Asked(
        statement=inbox_attempts.CLAIM, fill=INBOX, given={"id": FIRST, "at": "now()", "lease_until": "now()"}
    ),
    "inbox items that are due": Asked(
        statement=inbox_attempts.CLAIM_OVERDUE,
        fill=INBOX,
        given={"at": "now()", "untouched_since": "now()", "lease_until": "now()", "limit": str(A_BATCH)},
        bound=30 * A_BATCH,
    ),
    "the next moment of a hold": Asked(statement=holds._NEXT_DUE, fill=HOLDS),
    "the pools with a hold that is due": Asked(statement=holds._DUE_POOLS, fill=HOLDS, given={"at": "now()"}),
    "slot holds that expired": Asked(
        statement=slot_holds._EXPIRE, fill=SLOT_HOLDS, given={"at": "now()", "reps": "null", "limit": "500"}
    ),
    "an idempotency key": Asked(
        statement=idempotency._LOCK_KEY,
        fill=IDEMPOTENCY,
        given={"lock": "1", "caller": "'c'", "route": "'r'", "key": "'k77'"},
    ),
    "old idempotency answers": Asked(
        statement=idempotency._PURGE, fill=IDEMPOTENCY, given={"before": "now() - interval '1 day'", "limit": "1000"}
    ),
}


@pytest.fixture
def connection(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as opened:
        opened.execute("set session_replication_role = replica")  # rows without those that they point to
        opened.execute("set statement_timeout = '20s'")
        yield opened


def execute_of(connection: psycopg.Connection, asked: Asked) -> str:
    """Prepares the statement; what runs it."""
    text = asked.statement.query.decode()
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", text)
    connection.execute(f"prepare asked as {numbered}".encode())
    given = ", ".join(asked.given[name] for name in names)
    return f"execute asked ({given})" if names else "execute asked"


@pytest.mark.parametrize("what", ASKED)
def test_it_costs_the_same_however_much_waits(connection: psycopg.Connection, what: str) -> None:
    asked = ASKED[what]
    tables = re.findall(r"insert into (\w+)", asked.fill)
    for table in tables:
        connection.execute(f"alter table {table} set (autovacuum_enabled = off)".encode())
        connection.execute(f"vacuum analyze {table}".encode())
    for statement in asked.fill.split(";"):
        connection.execute(statement.encode())
    execute = execute_of(connection, asked)
    blocks = {}
    for mode in ("force_custom_plan", "force_generic_plan"):
        connection.execute(f"set plan_cache_mode = {mode}".encode())
        with connection.transaction(force_rollback=True):
            blocks[mode] = explained(connection, execute).blocks
    assert max(blocks.values()) <= asked.bound, blocks


@pytest.mark.parametrize(
    "what",
    ["deliveries whose job was lost", "inbox items that are due", "the next moment of a hold", "slot holds that expired",
     "the pools with a hold that is due", "an idempotency key", "old idempotency answers"],
)  # fmt: skip
def test_what_is_asked_of_a_table_that_is_mostly_empty_is_planned_each_time(what: str) -> None:
    assert ASKED[what].statement.replan


def test_a_delivery_behind_thousands_that_were_overtaken_gets_its_turn(connection: psycopg.Connection) -> None:
    connection.execute(DELIVERIES.encode())
    asked = ASKED["deliveries whose job was lost"]
    sweep = execute_of(connection, Asked(statement=asked.statement, fill="", given={**asked.given, "limit": "5000"}))
    found = [row for _ in range(WAITING // 5000 + 1) for row in connection.execute(sweep.encode()).fetchall()]
    assert [row[8] for row in found] == ["key1"]
