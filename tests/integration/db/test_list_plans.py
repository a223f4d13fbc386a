"""Each filter of each list has its index, however large the tables are: docs/api-style.md says which."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import psycopg
import pytest

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.leads import own_lead_pages
from support.lists.documented import NO_FILTER, DocumentedFilter, documented_filters
from support.lists.people_lists import PEOPLE_LISTS
from support.lists.plans import LIMIT, ListStatement, grown, nodes_of, unindexed
from support.lists.rows import Held, rows_of
from support.lists.work_lists import WORK_LISTS

#: By operation; what comes behind the path tells several statements of one list apart.
LISTS: Mapping[str, ListStatement] = {**WORK_LISTS, **PEOPLE_LISTS}
#: By these, few leads may be found, of which those of other reps fall out.
BY_LEAD = {
    "email",
    "phone",
    "external_id",
    "source_system",
    "q",
    "account",
    "stage",
    "source",
    "changed_since",
    "changed_until",
}


@pytest.fixture
def connection(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as opened:
        yield opened


@pytest.mark.parametrize("operation", LISTS)
def test_each_filter_of_a_list_is_found_by_its_index(connection: psycopg.Connection, operation: str) -> None:
    assert "\n".join(faults_of(connection, operation, held="few")) == ""  # one line each


@pytest.mark.parametrize(
    "operation", [operation for operation, asked in LISTS.items() if "assignments" in asked.tables]
)
def test_it_is_when_reps_have_most_leads(connection: psycopg.Connection, operation: str) -> None:
    assert "\n".join(faults_of(connection, operation, held="most")) == ""


def faults_of(connection: psycopg.Connection, operation: str, *, held: Held) -> list[str]:
    asked, names = LISTS[operation], filters_of(operation)
    rows = [row for row in documented_filters() if row.operation == list_of(operation) and row.parameter in names]
    with grown(connection, asked.tables, held=held):
        return [fault for row in rows for fault in unindexed(connection, asked, row)]


@pytest.mark.parametrize("word", ["Жуков", "李明华", "明华", "öäü", "Müller", "bücher.example"])
@pytest.mark.parametrize("operation", ["GET /v1/leads", "GET /v1/accounts"])
def test_words_of_any_letters_are_found_by_the_index(connection: psycopg.Connection, operation: str, word: str) -> None:
    (row,) = (row for row in documented_filters() if (row.operation, row.parameter) == (operation, "q"))
    asked = replace(LISTS[operation], given={"q": {"word_1": f"'{word}'", "host_1": "'xn--bcher-kva.example'"}})
    with grown(connection, asked.tables):
        assert "\n".join(unindexed(connection, asked, row)) == ""
        execute = asked.execute(connection, asked.given["q"])
        done = connection.execute(f"explain (analyze, format json) {execute}".encode()).fetchone()
    assert done is not None
    by_index = [node for node in nodes_of(done[0][0]["Plan"]) if node.get("Index Name") in row.indexes]
    # An index in which a word has no letters is taken, too: it is read as a whole, and finds each row.
    assert [node["Actual Rows"] for node in by_index] == [0] * len(by_index)
    assert by_index


@pytest.mark.parametrize("held", ["few", "most"])
@pytest.mark.parametrize(
    "sees", [{"supplier": "'callwerk'"}, {"sees_rep": "'rep7'"}], ids=lambda sees: next(iter(sees))
)
def test_who_sees_what_their_reps_had_reads_no_lead_of_others(
    connection: psycopg.Connection, sees: Mapping[str, str], held: Held
) -> None:
    lists = (LISTS["GET /v1/leads"], LISTS["GET /v1/leads (that a rep has)"])
    given = {name: one for asked in lists for name, one in asked.given.items() if name not in BY_LEAD}
    asked = ListStatement(
        statement=own_lead_pages.PAGE_OF_OWN,
        tables=("leads", "assignments"),
        given=given,
        page=lists[0].page,
        always={"limit": LIMIT, **sees},
    )
    by_rep = frozenset({"assignments_own_idx"})
    rows = [
        DocumentedFilter(operation="GET /v1/leads", parameter=name, indexes=by_rep, is_sorted=False)
        for name in (NO_FILTER, *given)
    ]
    with grown(connection, asked.tables, held=held):
        staff(connection)
        assert "\n".join(fault for row in rows for fault in unindexed(connection, asked, row)) == ""


def staff(connection: psycopg.Connection) -> None:
    """Forty reps, five of them a supplier's. A page of each is sorted, so what earlier tests left in `reps` would count."""
    connection.execute(f"insert into reps {rows_of('reps', 40)}".encode())
    connection.execute("update reps set supplier = 'callwerk' where key in ('rep3', 'rep5', 'rep7', 'rep11', 'rep13')")
    connection.execute("analyze reps")


def test_each_filter_of_a_list_is_looked_at() -> None:
    planned = {(list_of(operation), name) for operation in LISTS for name in filters_of(operation)}
    listed = {(row.operation, row.parameter) for row in documented_filters()}
    assert planned == {(operation, name) for operation, name in listed if operation in {*map(list_of, LISTS)}}


def list_of(operation: str) -> str:
    return operation.partition(" (")[0]


def filters_of(operation: str) -> set[str]:
    return {*LISTS[operation].given} | ({NO_FILTER} if operation == list_of(operation) else set())


@pytest.mark.parametrize(
    ("sql", "given", "index", "fault"),
    [
        ("select id from decisions where summary = :given limit :limit", "'{}'", "at", "reads all of decisions"),
        (
            "select id from decisions where outcome = :given order by rule limit :limit",
            "'held'",
            "outcome",
            "sorts all",
        ),
        (
            "select id from decisions where pool = :given order by at limit :limit",
            "'pool7'",
            "rep_id",
            "takes ['decisions_pool",
        ),
        (
            "select id from decisions where (cast(:given as text) is null or rule = :given) order by rule, at limit :limit",
            "'rule7'",
            "rule",
            "force_generic_plan: ",
        ),
    ],
)
def test_a_filter_without_its_index_is_seen(
    connection: psycopg.Connection, sql: str, given: str, index: str, fault: str
) -> None:
    statement = PreparedStatement(sql)
    asked = ListStatement(statement=statement, tables=("decisions",), given={"thing": {"given": given}}, page={})
    indexes = frozenset({f"decisions_{index}_idx"})
    row = DocumentedFilter(operation="GET /v1/things", parameter="thing", indexes=indexes, is_sorted=False)
    with grown(connection, asked.tables):
        assert fault in "\n".join(unindexed(connection, asked, row))
