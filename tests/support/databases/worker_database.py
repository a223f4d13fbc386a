"""One database for all tests of a worker: emptied between them in milliseconds, where a clone takes half a second.

Every row goes that the migrations did not put there. The guards that keep rows for good are triggers, which
`session_replication_role = replica` passes over. Tables stay as they are: an event trigger refuses to change them here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

from support.databases.kept_engines import KEPT

#: What the tables held: each table's rows as COPY writes them.
Rows = Mapping[str, bytes]
#: The next number of each sequence, and whether the one that it stands at was given out.
Numbers = Mapping[str, tuple[int, bool]]

NO_CHANGE_OF_TABLES: LiteralString = """
create schema test_guard;
create function test_guard.refuse() returns event_trigger language plpgsql as $$
begin
    if exists (select from pg_event_trigger_ddl_commands() where schema_name not like 'pg_temp%') then
        raise 'this database is shared by all tests of a worker: mark the test own_database to change its tables';
    end if;
end $$;
create function test_guard.refuse_drop() returns event_trigger language plpgsql as $$
begin
    if exists (select from pg_event_trigger_dropped_objects() where not is_temporary) then
        raise 'this database is shared by all tests of a worker: mark the test own_database to drop anything';
    end if;
end $$;
create event trigger test_guard_changes on ddl_command_end execute function test_guard.refuse();
create event trigger test_guard_drops on sql_drop execute function test_guard.refuse_drop();
"""
TABLES = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public' order by 1"
SEQUENCES = "select format('%I.%I', schemaname, sequencename) from pg_sequences where schemaname = 'public' order by 1"
OTHERS = (
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
    f" and not (application_name = '{KEPT}' and state = 'idle')"
)


class WorkerDatabase:
    """`reset` makes it as the migrations left it. What a floor's making wrote once is put back as rows from then on.

    `url` is the service's, which tests get; resetting is the owner's, on a connection of its own.
    """

    def __init__(self, url: str, *, owner_url: str) -> None:
        self.url = url
        self._owner_url = owner_url
        self._floors: dict[str, tuple[Rows, Numbers]] = {}
        self._connection = self._connect()
        self._connection.execute(NO_CHANGE_OF_TABLES)
        self._tables = [name for (name,) in self._connection.execute(TABLES)]
        self._sequences = [name for (name,) in self._connection.execute(SEQUENCES)]
        self._look = " union all ".join(f"select '{name}' where exists (select from {name})" for name in self._tables)
        self._seeds = self._read(self._filled())
        self._first = self._numbers()

    def reset(self) -> None:
        """Every row goes that a test wrote; a connection that it left open is closed, unless it is kept."""
        if self._connection.closed or not self._answers():
            self._connection = self._connect()
        self._connection.execute(OTHERS, prepare=True)
        filled = self._filled()
        with self._connection.transaction():
            if changed := self._written(filled):
                self._clear(changed)
                self._write({name: rows for name, rows in self._seeds.items() if name in changed})
            missing = {name: rows for name, rows in self._seeds.items() if name not in filled}
            self._write(missing)
            self._count_from(self._first)

    async def floor(self, name: str, make: Callable[[], Awaitable[object]]) -> None:
        """What `make` writes into the empty database: by itself the first time, and as the same rows from then on."""
        if set(self._filled()) - set(self._seeds):
            await make()
        elif name in self._floors:
            rows, numbers = self._floors[name]
            with self._connection.transaction():
                self._clear([table for table in rows if table in self._seeds])
                self._write(rows)
                self._count_from(numbers)
        else:
            await make()
            self._floors[name] = self._read(self._written()), self._numbers()

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> psycopg.Connection:
        plain = self._owner_url.replace("+psycopg", "")
        connection = psycopg.connect(plain, autocommit=True, application_name="reset between tests")
        try:
            connection.execute("set session_replication_role = replica")
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _answers(self) -> bool:
        """Whether the server still knows us: a test may have ended every connection, or the server."""
        try:
            self._connection.execute("select")
        except psycopg.OperationalError:
            return False
        return True

    def _filled(self) -> list[str]:
        return [name for (name,) in self._connection.execute(self._look.encode(), prepare=True)]

    def _numbers(self) -> Numbers:
        query = " union all ".join(f"select '{name}', last_value, is_called from {name}" for name in self._sequences)
        return {name: (value, called) for name, value, called in self._connection.execute(query.encode(), prepare=True)}

    def _count_from(self, numbers: Numbers) -> None:
        calls = ", ".join(f"setval('{name}', {value}, {called})" for name, (value, called) in numbers.items())
        self._connection.execute(f"select {calls}".encode())

    def _written(self, filled: list[str] | None = None) -> list[str]:
        """The tables that hold something else than the migrations put there."""
        return [name for name in filled or self._filled() if name not in self._seeds or self._changed(name)]

    def _clear(self, tables: list[str]) -> None:
        if tables:
            self._connection.execute("; ".join(f"delete from {name}" for name in tables).encode())

    def _changed(self, name: str) -> bool:
        return self._read([name])[name] != self._seeds[name]

    def _read(self, tables: list[str]) -> Rows:
        rows = {}
        for name in tables:
            with self._connection.cursor().copy(_copy(name, "to stdout")) as copy:
                rows[name] = b"".join(bytes(part) for part in copy)
        return rows

    def _write(self, rows: Rows) -> None:
        for name, content in rows.items():
            with self._connection.cursor().copy(_copy(name, "from stdin")) as copy:
                copy.write(content)


def _copy(table: str, way: LiteralString) -> sql.Composed:
    schema, _, name = table.partition(".")
    return sql.SQL("copy {} " + way + " (format binary)").format(sql.Identifier(schema, name.strip('"')))
