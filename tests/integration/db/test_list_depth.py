"""A page of each list looks at a bounded number of blocks among a million rows, whatever it is filtered by."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

import psycopg
import pytest

from support.databases.plans import explained
from support.lists.documented import documented_filters
from support.lists.people_lists import PEOPLE_LISTS
from support.lists.plans import ListStatement, nodes_of
from support.lists.rows import copy_rows
from support.lists.work_lists import WORK_LISTS

pytestmark = [pytest.mark.own_database, pytest.mark.deep, pytest.mark.slow]

LISTS: Mapping[str, ListStatement] = {**WORK_LISTS, **PEOPLE_LISTS}
MILLION = ("leads", "assignments", "decisions", "appointments", "audit", "inbox")
FEW = ("reps", "connections")
#: Blocks for a page of 51 items: each item's row and index entry, and the rows that it is joined with.
BOUND = 5_000
HELD = "GET /v1/leads (that a rep has)"


@pytest.fixture
def reader(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as opened:
        yield opened


@pytest.fixture
def connection(owner_url: str, reader: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as opened:
        opened.execute("set session_replication_role = replica")  # rows without those that they point to
        for table in FEW:
            copy_rows(reader, opened, table, 100)
        for table in dict.fromkeys(table for asked in LISTS.values() for table in asked.tables):
            copy_rows(reader, opened, table, 1_000_000 if table in MILLION else 100_000)
            opened.execute(f"vacuum analyze {table}".encode())
        opened.execute("set jit = off")
        yield opened


def test_no_page_reads_more_than_its_items(connection: psycopg.Connection, reader: psycopg.Connection) -> None:
    faults = faults_of(connection, LISTS)
    connection.execute("truncate assignments cascade")
    copy_rows(reader, connection, "assignments", 1_000_000, held="most")
    connection.execute("vacuum analyze assignments")
    assert "\n".join([*faults, *faults_of(connection, [HELD])]) == ""  # one line each


def faults_of(connection: psycopg.Connection, operations: Iterable[str]) -> list[str]:
    dear, swept = [], []
    for operation in operations:
        asked = LISTS[operation]
        name = operation.partition(" (")[0]
        for row in documented_filters():
            if row.operation != name or (row.parameter not in asked.given and operation != name):
                continue
            given = asked.given.get(row.parameter, {})
            for page in ({}, asked.page):
                for mode in asked.modes:
                    connection.execute(f"set plan_cache_mode = {mode}".encode())
                    blocks = explained(connection, asked.execute(connection, {**given, **page})).blocks
                    connection.execute("deallocate asked")
                    if blocks > BOUND:
                        dear.append(f"{row} of {given | page}, {mode}: {blocks} blocks")
        for one, two in combinations(asked.given, 2):
            given = {**asked.given[one], **asked.given[two]}
            plan = connection.execute(f"explain (format json) {asked.execute(connection, given)}".encode()).fetchone()
            connection.execute("deallocate asked")
            assert plan is not None
            read = {node["Relation Name"] for node in nodes_of(plan[0][0]["Plan"]) if node["Node Type"] == "Seq Scan"}
            swept += [f"{operation} by {one} and {two} reads all of {table}" for table in read & {*MILLION}]
    return [*dear, *swept]
