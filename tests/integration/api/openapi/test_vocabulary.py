"""One meaning has one name in all operations; docs/api-style.md lists the names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pointsman.api.http.unknown_names import OTHER_NAMES
from pointsman.main import create_app
from pointsman.settings import load_settings
from support.http.keys import SECRET

DOCUMENT = Path(__file__).parents[4] / "docs" / "api-style.md"
#: Where a row of the table says that a name stands.
PLACES = {"path", "query", "header", "body"}
_FORMATS = {"date", "date-time", "uuid"}
_NAMES = re.compile(r"^(rep|pool|rule|lead|version|reason|from|to|at)$|_(id|ids|at|on|from|to)$")

#: Where and how it is called.
Name = tuple[str, str]


def documented_names() -> dict[Name, str]:
    """The table of names: each with its meaning."""
    found: dict[Name, str] = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| ") and cells[0] in PLACES:
            for name in re.findall(r"`([^`]+)`", cells[1]):
                assert (cells[0], name) not in found, line
                found[cells[0], name] = cells[2]
    return found


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    app = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET))
    return app.openapi()


def used_names(description: dict[str, Any]) -> Iterator[Name]:
    """Every parameter, and what a body says as a day, an instant or an id."""
    schemas = description["components"]["schemas"]
    for methods in description["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                yield parameter["in"], parameter["name"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from (("body", name) for name in dated(content.get("schema", {}), schemas, set()))


def dated(schema: dict[str, Any], schemas: dict[str, Any], seen: set[str]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name not in seen:
            seen.add(name)
            yield from dated(schemas[name], schemas, seen)
        return
    for name, part in schema.get("properties", {}).items():
        forms = [part, part.get("items", {}), *part.get("anyOf", ())]
        if _NAMES.search(name) or any(form.get("format") in _FORMATS for form in forms):
            yield name
        yield from dated(part, schemas, seen)
    for form in (form for word in ("anyOf", "oneOf", "allOf") for form in schema.get(word, ())):
        yield from dated(form, schemas, seen)
    if isinstance(schema.get("items"), dict):
        yield from dated(schema["items"], schemas, seen)


def test_every_name_is_in_the_table(description: dict[str, Any]) -> None:
    assert {*used_names(description)} == {*documented_names()}


def test_what_others_call_it_leads_to_a_name_of_the_table() -> None:
    assert {name for names in OTHER_NAMES.values() for name in names} <= {name for _, name in documented_names()}


def test_tables_of_parameters_name_those_of_the_operation_above_them(description: dict[str, Any]) -> None:
    taken = {
        re.sub(r"\{\w+\}", "{}", path): {parameter["name"] for parameter in methods["get"].get("parameters", ())}
        for path, methods in description["paths"].items()
        if "get" in methods
    }
    tables = 0
    for document in DOCUMENT.parent.rglob("*.md"):
        for above, table in re.findall(r"(.*)\n\n\| query \|.*\n\|.*\n((?:\|.*\n)+)", document.read_text()):
            path = re.sub(r"\{\w+\}", "{}", re.findall(r"`GET (/v1/[^`]+)`", above)[-1])
            said = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}
            assert said <= taken[path], (document.name, said - taken[path])
            tables += 1
    assert tables


def test_no_two_names_of_a_place_mean_the_same() -> None:
    meanings = [
        (place, meaning) for (place, _), meaning in documented_names().items() if not meaning.startswith("each ")
    ]
    assert sorted(meanings) == sorted({*meanings})


def test_header_names_are_written_in_one_way(description: dict[str, Any]) -> None:
    headers = {name for place, name in used_names(description) if place == "header"}
    assert len({name.lower() for name in headers}) == len(headers)
