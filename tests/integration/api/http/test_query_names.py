"""A query parameter that an endpoint does not take is refused: a misspelt filter would find everything."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each of the API: method, path with some value for each part, description."""
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            if path.startswith("/v1/") and not path.startswith("/v1/hooks/"):
                yield method.upper(), re.sub(r"\{\w+\}", "0", path), operation


async def test_a_parameter_that_no_operation_takes_is_refused_by_each_with_its_path(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    admin = await sign_in("admin")
    assert len(list(operations(app))) > 80
    for method, path, _ in operations(app):
        answer = await client.request(method, f"{path}?emali=x", headers=admin)
        assert answer.status_code == 422, f"{method} {path}: {answer.status_code}"
        assert answer.headers["content-type"] == "application/problem+json"
        (fault,) = answer.json()["faults"]
        assert (fault["path"], fault["code"]) == ("query.emali", "extra_forbidden"), f"{method} {path}"


async def test_a_parameter_for_one_value_is_refused_where_it_comes_twice(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    admin = await sign_in("admin")
    tried = 0
    for method, path, operation in operations(app):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and parameter["schema"].get("type") != "array":
                name, tried = parameter["name"], tried + 1
                answer = await client.request(method, f"{path}?{name}=1&{name}=1", headers=admin)
                assert answer.status_code == 422, f"{method} {path} {name}: {answer.status_code}"
                (fault,) = answer.json()["faults"]
                assert (fault["path"], fault["code"]) == (f"query.{name}", "repeated"), f"{method} {path}"
    assert tried > 20


async def test_a_period_that_ends_before_it_begins_is_refused_by_each_with_its_path(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    admin = await sign_in("admin")
    tried = 0
    for method, pattern, operation in operations(app):
        path = pattern.replace("/0", "/01900000-0000-7000-8000-000000000000")
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        for first, last in (("since", "until"), ("start", "end"), ("changed_since", "changed_until")):
            assert (first in names) == (last in names), f"{method} {path}"
            if first in names:
                tried += 1
                for ends in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"):
                    asked = {first: "2026-01-02T00:00:00Z", last: ends}
                    answer = await client.request(method, path, params=asked, headers=admin)
                    assert answer.status_code == 422, f"{method} {path} {last}: {answer.status_code}"
                    (fault,) = answer.json()["faults"]
                    assert (fault["path"], fault["code"]) == (f"query.{last}", "empty-period"), f"{method} {path}"
    assert tried > 9


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("/v1/leads?stag=held", "This parameter is not known here: did you mean 'stage'?"),
        ("/v1/leads?Limit=5", "This parameter is not known here: did you mean 'limit'?"),
        ("/v1/decisions?from=2026-12-01", "This parameter is not known here: did you mean 'since'?"),
        ("/v1/leads/0/slots?to=2026-12-01", "This parameter is not known here: did you mean 'end'?"),
        ("/v1/leads?per_page=5", "This parameter is not known here: did you mean 'limit'?"),
        ("/v1/keys/x?q=1", "Take this parameter out; it is not known here."),
        ("/v1/audit?%73ubjekt", "This parameter is not known here: did you mean 'subject'?"),
    ],
)
async def test_the_parameter_that_was_meant_is_suggested(
    client: httpx.AsyncClient, sign_in: MakeKey, address: str, advice: str
) -> None:
    method = "DELETE" if "keys" in address else "GET"
    answer = await client.request(method, address, headers=await sign_in("admin"))
    assert [fault["message"] for fault in answer.json().get("faults", ())] == [advice]


async def test_a_flood_of_parameters_is_refused_in_a_short_answer(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    admin = await sign_in("admin")
    many = await client.get("/v1/leads?" + "&".join(f"p{n}=1" for n in range(900)), headers=admin)
    assert (many.status_code, len(many.json().get("faults", ()))) == (422, 100)
    more = await client.get("/v1/leads?" + "&".join(f"p{n}=1" for n in range(5_000)), headers=admin)
    assert [fault["path"] for fault in more.json()["faults"]] == ["query"]


async def test_what_others_append_to_probes_pages_and_webhooks_is_let_be(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live?probe=1")).status_code == 200
    assert (await client.get("/book/nothing?utm_source=mail")).status_code == 404
    hook = await client.post("/v1/hooks/nothing?hub=1", content=b"{}", headers={"Content-Type": "application/json"})
    assert hook.status_code == 404
