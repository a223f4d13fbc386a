"""Statements stay short enough to be read once: psycopg keeps the reading of those below its limits, and no others."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from psycopg import _queries
from sqlalchemy import TextClause

import pointsman.db


def statements() -> Iterator[tuple[str, TextClause]]:
    for module in pkgutil.iter_modules(pointsman.db.__path__, "pointsman.db."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, TextClause):
                yield f"{module.name}.{name}", value


@pytest.mark.parametrize(("name", "statement"), list(statements()))
def test_a_statement_is_short_enough_for_the_drivers_cache(name: str, statement: TextClause) -> None:
    # Reading one anew took a tenth of the processor time of a synchronous decision.
    assert len(statement.text) <= _queries.MAX_CACHED_STATEMENT_LENGTH, name
    assert len(statement.compile().params) <= _queries.MAX_CACHED_STATEMENT_PARAMS, name
