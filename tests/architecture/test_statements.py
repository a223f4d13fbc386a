"""What the statements of the database's edge have in common, whatever they say."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from psycopg import _queries
from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

import pointsman.db
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.leads import accounts
from pointsman.db.routing import statements as routing
from pointsman.domain.leads.normalise import MAX_BLOCKS
from pointsman.services.ports.operations.jobs import QUEUE, VENDOR_QUEUE


def statements() -> Iterator[tuple[str, str]]:
    """All that stand at the top of a module, as the driver gets them."""
    for module in pkgutil.walk_packages(pointsman.db.__path__, "pointsman.db."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, PreparedStatement):
                yield f"{module.name}.{name}", value.query.decode()
            elif isinstance(value, Select | Insert | Update | Delete):
                yield f"{module.name}.{name}", str(value.compile(dialect=PGDialect_psycopg()))


def texts() -> dict[str, str]:
    """The complete SQL texts, in one line each."""
    return {
        f"{module.name}.{name}": " ".join(value.sql.split())
        for module in pkgutil.walk_packages(pointsman.db.__path__, "pointsman.db.")
        for name, value in vars(importlib.import_module(module.name)).items()
        if isinstance(value, PreparedStatement)
    }


def is_plain(sql: str) -> bool:
    """One table, its columns and parameters alone: what SQLAlchemy Core says as plainly."""
    sql = re.sub(r"\b(for (no key )?update|do update)\b", "", sql)
    verbs = re.findall(r"\b(select|insert into|update|delete from)\b", sql)
    tables = re.findall(r"\b(?:from|join|into|update|using) \w", sql)
    calls = set(re.findall(r"\b(\w+)\(", sql)) - {"cast", "values"}
    more = re.search(r"'|::|\b(case|on conflict|any|skip locked|is null or)\b|\blimit \d", sql)
    return len(verbs) == 1 and len(tables) == 1 and not calls and more is None


def test_there_are_statements_to_look_at() -> None:
    names = [name for name, _ in statements()]
    assert sum(name.endswith((".CREATE", "._ACCEPT", ".CONTEXT", ".WRITE")) for name in names) >= 4
    assert len(names) >= 190
    assert len(texts()) >= 110


def test_every_statement_is_short_enough_for_the_drivers_cache() -> None:
    # Reading one anew took a tenth of the processor time of a synchronous decision.
    too_long = [name for name, text in statements() if len(text) > _queries.MAX_CACHED_STATEMENT_LENGTH]
    too_many = [
        name
        for name, text in statements()
        if len(set(re.findall(r"%\((\w+)\)", text))) > _queries.MAX_CACHED_STATEMENT_PARAMS
    ]
    assert (too_long, too_many) == ([], [])


def test_every_core_statement_goes_with_the_parameters_that_it_asks_for() -> None:
    # SQLAlchemy refuses a parameter that has the name of a column which is not set by it, and says so at run time only.
    for module in pkgutil.walk_packages(pointsman.db.__path__, "pointsman.db."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Update | Delete):
                asked = value.compile(dialect=PGDialect_psycopg()).params
                value.compile(dialect=PGDialect_psycopg(), column_keys=list(asked))


def test_what_core_says_plainly_is_no_sql_text() -> None:
    assert [name for name, sql in texts().items() if is_plain(sql)] == []


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("select id, name from reps where key = :key order by id", True),
        ("update holds set release = :reason where id = :id and released_at is null", True),
        ("insert into reps (id, key) values (:id, :key)", True),
        ("delete from time_off where id = :id", True),
        ("select 1 from reps where key = any(cast(:keys as text[])) for no key update", False),
        ("select id from leads where nurture_cause = 'later'", False),  # a constant that an index is for
        ("select r.id from reps r join roles o on o.id = r.role_id", False),
        ("select count(*) from leads where id = :id", False),
    ],
)
def test_a_plain_statement_is_known_by_its_words(sql: str, *, plain: bool) -> None:
    assert is_plain(sql) is plain


def test_every_statement_that_ends_work_releases_the_slots_held_for_it() -> None:
    ending = {name: sql for name, sql in texts().items() if re.search(r"update assignments set ended_at", sql)}
    assert len(ending) >= 2
    for name, sql in ending.items():
        assert "update slot_holds set released_at = :at, release_reason = 'cancelled'" in sql, name
        assert "update reservations set active = false where slot_hold_id in" in sql, name


def test_jobs_written_beside_rows_go_to_the_queue_that_the_worker_reads() -> None:
    deferring = {name: sql for name, sql in texts().items() if "procrastinate_job_to_defer_v1" in sql}
    assert len(deferring) >= 3
    for name, sql in deferring.items():
        queues = (f"'{QUEUE}'", f"'{VENDOR_QUEUE}'", "cast(:queue as varchar)")
        assert any(f"row( {queue}," in sql for queue in queues), name


def test_similar_names_are_ranked_by_all_their_blocks() -> None:
    asked = {int(number) for number in re.findall(r":b(\d+)\b", accounts._FIND_SIMILAR.sql)}
    assert asked == set(range(MAX_BLOCKS))


def test_the_contexts_of_many_leads_say_all_that_the_context_of_one_does() -> None:
    one, many = (" ".join(statement.query.decode().split()) for statement in (routing.CONTEXT, routing.CONTEXTS))
    one = one.replace("%(lead_id)s", "w.lead_id").replace("select (", "select w.lead_id, (", 1)
    assert one.replace("from (values (1)) one", "from unnest(cast(%(lead_ids)s as uuid[])) w (lead_id)") == many
