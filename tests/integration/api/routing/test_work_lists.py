"""What was decided, and what followed from it, can be found by each of its parts."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.floors.booking_floor import Floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(floor: Floor) -> Iterator[FastAPI]:
    with serve_floor(floor.env) as app:
        yield app


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, "admin") as opened:
        yield opened


async def items(client: httpx.AsyncClient, path: str, **asked: object) -> list[dict[str, Any]]:
    """All pages of a list, two items each."""
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        answer = await client.get(path, params={**asked, "limit": 2, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
    return found


async def compare(client: httpx.AsyncClient, path: str, filters: dict[str, str], *, least: int) -> list[dict[str, Any]]:
    """Each filter finds the items whose field has the value, in the order of the whole list; all items."""
    everything = await items(client, path)
    assert len(everything) >= least
    for parameter, field in filters.items():
        values = {item[field] for item in everything if item[field] is not None}
        assert values, f"no item has {field}"
        for value in values:
            expected = [item["id"] for item in everything if item[field] == value]
            assert [item["id"] for item in await items(client, path, **{parameter: value})] == expected, parameter
    return everything


async def compare_span(client: httpx.AsyncClient, path: str, everything: list[dict[str, Any]], field: str) -> None:
    """`since` is in the span, `until` is not."""
    bound = everything[len(everything) // 2][field]
    for parameter, expected in {
        "since": [item["id"] for item in everything if item[field] >= bound],
        "until": [item["id"] for item in everything if item[field] < bound],
    }.items():
        assert [item["id"] for item in await items(client, path, **{parameter: bound})] == expected


async def test_decisions_are_found_by_each_of_their_parts(floor: Floor, admin: httpx.AsyncClient) -> None:
    for country in ("DE", "AT", "FR", "XX"):
        await floor.world.route(await floor.lead(lead__country=country))
    await floor.ready()
    filters = {
        "lead": "lead_id",
        "rep": "rep",
        "rule": "rule",
        "pool": "pool",
        "work": "work",
        "outcome": "outcome",
        "reason": "hold_reason",
        "version": "policy_version",
    }
    found = await compare(admin, "/v1/decisions", filters, least=5)
    await compare_span(admin, "/v1/decisions", found, "at")
    last = found[0]
    both = await items(admin, "/v1/decisions", rep=last["rep"], rule=last["rule"], since=last["at"])
    assert [item["id"] for item in both] == [last["id"]]
    assert await items(admin, "/v1/decisions", rep=last["rep"], outcome="held") == []


async def test_what_a_caller_does_not_read_is_no_filter_of_theirs(floor: Floor, app: FastAPI) -> None:
    routed = await floor.world.route(await floor.lead())
    async with caller_of(app, "read", rep=routed.decision.rep) as rep:
        refused = await rep.get("/v1/decisions", params={"rule": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-readable")
        assert [fault["path"] for fault in refused.json()["faults"]] == ["query.rule"]
        assert [item["rule"] for item in await items(rep, "/v1/decisions", work="qualification")] == [None]
