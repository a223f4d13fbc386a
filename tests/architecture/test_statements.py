"""Statements stay short enough to be read once: psycopg keeps the reading of those below its limits, and no others."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from psycopg import _queries
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

import pointsman.db
from pointsman.db.driver import HotStatement


def statements() -> Iterator[tuple[str, bytes]]:
    """All that stand at the top of a module, as the driver gets them."""
    for module in pkgutil.iter_modules(pointsman.db.__path__, "pointsman.db."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, TextClause):
                yield f"{module.name}.{name}", str(value.compile(dialect=PGDialect_psycopg())).encode()
            elif isinstance(value, HotStatement):
                yield f"{module.name}.{name}", value._query


def test_there_are_hot_statements_to_look_at() -> None:
    assert sum(name.endswith(("._CREATE", "._ACCEPT", ".CONTEXT", ".WRITE")) for name, _ in statements()) >= 4


@pytest.mark.parametrize(("name", "statement"), list(statements()))
def test_a_statement_is_short_enough_for_the_drivers_cache(name: str, statement: bytes) -> None:
    # Reading one anew took a tenth of the processor time of a synchronous decision.
    assert len(statement) <= _queries.MAX_CACHED_STATEMENT_LENGTH, name
    assert len(set(re.findall(rb"%\((\w+)\)", statement))) <= _queries.MAX_CACHED_STATEMENT_PARAMS, name
