"""Statements stay short enough to be read once: psycopg keeps the reading of those below its limits, and no others."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

from pointsman.db.engine.hot_statement import PreparedStatement
from psycopg import _queries
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

import pointsman.db


def statements() -> Iterator[tuple[str, bytes]]:
    """All that stand at the top of a module, as the driver gets them."""
    for module in pkgutil.walk_packages(pointsman.db.__path__, "pointsman.db."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, TextClause):
                yield f"{module.name}.{name}", str(value.compile(dialect=PGDialect_psycopg())).encode()
            elif isinstance(value, PreparedStatement):
                yield f"{module.name}.{name}", value._query


def test_there_are_hot_statements_to_look_at() -> None:
    names = [name for name, _ in statements()]
    assert sum(name.endswith(("._CREATE", "._ACCEPT", ".CONTEXT", ".WRITE")) for name in names) >= 4
    assert len(names) >= 190


def test_every_statement_is_short_enough_for_the_drivers_cache() -> None:
    # Reading one anew took a tenth of the processor time of a synchronous decision.
    too_long = [name for name, text in statements() if len(text) > _queries.MAX_CACHED_STATEMENT_LENGTH]
    too_many = [
        name
        for name, text in statements()
        if len(set(re.findall(rb"%\((\w+)\)", text))) > _queries.MAX_CACHED_STATEMENT_PARAMS
    ]
    assert (too_long, too_many) == ([], [])
