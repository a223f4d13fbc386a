"""docs/api-style.md lists each filter of each list, with an index that exists."""

from collections.abc import Iterator, Mapping

import pytest

from pointsman.db.tables import metadata
from pointsman.main import create_app
from pointsman.settings import load_settings
from support.http.keys import SECRET
from support.lists.documented import NO_FILTER, documented_filters

#: What pages are asked with, beside filters.
PAGING = {"limit", "cursor"}
#: Lists that the table does not have yet.
MISSING = {
    "GET /v1/connections",  # there are few
    "GET /v1/policies",  # by its own order, with no filter
    "GET /v1/policies/history",
}


@pytest.fixture(scope="module")
def lists() -> Mapping[str, set[str]]:
    """The filters of each operation that has pages."""
    app = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET))

    def described() -> Iterator[tuple[str, set[str]]]:
        for path, methods in app.openapi()["paths"].items():
            asked = {item["name"] for item in methods.get("get", {}).get("parameters", ()) if item["in"] == "query"}
            if asked >= PAGING:
                yield f"GET {path}", asked - PAGING

    return dict(described())


def test_each_list_is_in_the_table(lists: Mapping[str, set[str]]) -> None:
    assert {row.operation for row in documented_filters()} == {*lists} - MISSING
    assert {*lists} >= MISSING


def test_each_filter_of_a_list_is_in_the_table_once(lists: Mapping[str, set[str]]) -> None:
    rows = [(row.operation, row.parameter) for row in documented_filters()]
    assert len({*rows}) == len(rows)
    for operation in {*lists} - MISSING:
        told = {parameter for listed, parameter in rows if listed == operation}
        assert told == lists[operation] | {NO_FILTER}, operation


def test_each_index_of_the_table_exists() -> None:
    indexes = {index.name for table in metadata.tables.values() for index in table.indexes}
    keys = {table.primary_key.name for table in metadata.tables.values()}
    assert all(row.indexes for row in documented_filters())
    assert {name for row in documented_filters() for name in row.indexes | row.indexes_of_all} <= indexes | keys


def test_a_row_of_the_table_is_read() -> None:
    (row,) = documented_filters("| `GET /v1/things` | `rep` | whose it is | `a_idx` and `b_idx`, sorted |")
    assert (row.operation, row.parameter, row.is_sorted) == ("GET /v1/things", "rep", True)
    assert (row.indexes, row.indexes_of_all) == ({"a_idx", "b_idx"}, set())
    (row,) = documented_filters("| `GET /v1/things` | none | all | `a_idx`; with `status=all` `b_idx` |")
    assert (row.parameter, row.is_sorted, row.indexes, row.indexes_of_all) == (NO_FILTER, False, {"a_idx"}, {"b_idx"})
