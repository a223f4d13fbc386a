"""How the database would find the items of a list in tables that have grown, without rows to fill them.

A table's size is what `pg_class` says: `reltuples` rows in `relpages` pages. The planner takes rows per page from there, and
the pages from the file. So a small table whose `reltuples` was raised is planned for as if a million rows lay there, while its
`relpages` stays true. Such plans are looked at by the names of their nodes and indexes, not by their costs.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from pointsman.db.engine.prepared_statement import PreparedStatement
from support.lists.documented import DocumentedFilter
from support.lists.rows import Held, rows_of

#: Given for the bounds of a page, which each list has.
LIMIT = "51"
_FEW = 1_000  # rows that may be sorted for one page
_GROW = """
    update pg_class set reltuples = reltuples * %(times)s
    where oid = any(%(tables)s::regclass[]::oid[])
       or oid in (select indexrelid from pg_index where indrelid = any(%(tables)s::regclass[]::oid[]))
"""
_ROWS = 2_000  # so that what has fifty values in them is seen to have fifty, and not one in each row


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatement:
    """The statement of a list, as the service runs it.

    `tables` are those that grow; `given` is what the statement gets for each parameter of the list, as SQL; `page` what it gets
    for the page after a position; `all_given` what it gets with `status=all`; `always` what it gets in any case. All else is
    null.
    """

    statement: PreparedStatement | Select[Any]
    tables: Sequence[str]
    given: Mapping[str, Mapping[str, str]]
    page: Mapping[str, str]
    all_given: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=lambda: {"limit": LIMIT})

    @property
    def modes(self) -> Sequence[str]:
        """Planned for the values, and, unless it is planned anew each time, once for any."""
        replans = isinstance(self.statement, PreparedStatement) and self.statement.replan
        return ("force_custom_plan",) if replans else ("force_custom_plan", "force_generic_plan")

    @property
    def text(self) -> str:
        if isinstance(self.statement, PreparedStatement):
            return self.statement.query.decode()
        return str(self.statement.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]  # SQLAlchemy's

    def execute(self, connection: psycopg.Connection, given: Mapping[str, str]) -> str:
        """Prepares it under the name `asked`; what runs it with `given`."""
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", self.text)))
        unknown = {*given, *self.always} - {*names}
        assert not unknown, f"the statement has no {unknown}"
        numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", self.text)
        connection.execute(f"prepare asked as {numbered.replace('%%', '%')}".encode())
        values = {**self.always, **given}
        return f"execute asked ({', '.join(values.get(name, 'null') for name in names)})"


@contextmanager
def grown(
    connection: psycopg.Connection, tables: Collection[str], *, rows: int = 1_000_000, held: Held = "few"
) -> Iterator[None]:
    """Within one transaction that is undone, these tables have some rows, are analysed, and pass for having `rows`."""
    # The dead rows of earlier tests would count in plans and in what an index finds.
    connection.execute(f"vacuum {', '.join(tables)}".encode())
    with connection.transaction(force_rollback=True):
        connection.execute("set local session_replication_role = replica")  # rows without those that they point to
        for table in tables:
            connection.execute(f"insert into {table} {rows_of(table, _ROWS, held=held)}".encode())
            connection.execute(f"analyze {table}".encode())
        connection.execute(_GROW, {"tables": [*tables], "times": rows // _ROWS})
        yield


def unindexed(connection: psycopg.Connection, asked: ListStatement, row: DocumentedFilter) -> list[str]:
    """How this filter is not found as the table of the document says; on the first page, and on the one after."""
    faults = []
    given = asked.given.get(row.parameter, {})
    ways = [(row.indexes, {**given, **page}) for page in ({}, asked.page)]
    if row.indexes_of_all:
        ways += [(row.indexes_of_all, {**given, **asked.all_given, **page}) for page in ({}, asked.page)]
    for indexes, values in ways:
        execute = asked.execute(connection, values)
        for mode in asked.modes:
            connection.execute(f"set local plan_cache_mode = {mode}".encode())
            found = connection.execute(f"explain (format json) {execute}".encode()).fetchone()
            assert found is not None
            wrong = _faults([*nodes_of(found[0][0]["Plan"])], asked.tables, indexes, row)
            faults += [f"{row} of {values}, {mode}: {fault}" for fault in wrong]
        connection.execute("deallocate asked")
    return faults


def nodes_of(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


def _faults(
    nodes: Sequence[Mapping[str, Any]], tables: Sequence[str], indexes: frozenset[str], row: DocumentedFilter
) -> list[str]:
    used = {str(node["Index Name"]) for node in nodes if "Index Name" in node}
    sorts = [node for node in nodes if node["Node Type"] in {"Sort", "Incremental Sort"} and node["Plan Rows"] > _FEW]
    read = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & {*tables}
    faults = [f"reads all of {table}" for table in sorted(read)]
    missing = indexes - used
    if missing == indexes if row.is_any else missing:
        faults.append(f"takes {sorted(used)} and not {sorted(missing)}")
    if sorts and not row.is_sorted:
        faults.append("sorts all that it finds")
    return faults
