"""docs/security.md prints the table of permissions as the code has it."""

from pathlib import Path

import pytest

from pointsman.domain.permissions.wording import (
    body_fields_table,
    callers_table,
    operations_table,
    readings_table,
    sayings_table,
    sides_table,
)

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
TABLES = {
    "callers": callers_table,
    "operations": operations_table,
    "sides": sides_table,
    "readings": readings_table,
    "sayings": sayings_table,
    "body-fields": body_fields_table,
}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_prints_the_table_that_the_code_asks(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    start, end = f"<!-- table: {name} -->\n", f"\n<!-- end: {name} -->"
    begin = page.index(start) + len(start)
    assert page[begin : page.index(end, begin)] == TABLES[name](), (
        f"print the table '{name}' into docs/security.md anew"
    )
