"""A refused event that is taken up again counts once, whether its sender delivered it again before or after."""

from typing import Any

import httpx
import pytest

from pointsman.services.intake.receive import process_item
from support.floors.use_case_env import World
from support.http.signing import as_bytes, sign_hmac

pytestmark = pytest.mark.anyio

MAPPING = {"fields": {"lead.email": "email", "lead.first_name": "name"}}
SAMPLE = {"email": "sam.sample@sample.example", "name": "Sam", "id": "s1", "s": "", "l": ["a"]}
BEN = {"email": "ben@nordlicht.example", "id": "b1"}
MARA = {"email": "mara@nordlicht.example", "id": "m1"}
COSTLY = MARA | {"s": "x" * 30_000, "l": ["a"] * 5_000}
NUL = MARA | {"name": "Ma\0ra"}
BY_ID, BY_HEADER = {"dedupe": "id"}, {"dedupe": "header:X-Delivery-ID"}

#: The mapping that came first and the mended one; the event that was refused, and how its sender delivers it again.
CASES: dict[str, tuple[dict[str, str], dict[str, str], Any, Any]] = {
    "too costly to name": ({"dedupe": "join(s, l) || id"}, BY_ID, COSTLY, COSTLY),
    "named by its hash": ({"dedupe": "join(s, l) || id"}, {}, COSTLY, COSTLY),
    "with a bad sign, then without": (BY_ID, BY_ID, NUL, MARA | {"name": "Mara"}),
    "named by a header": (BY_HEADER, BY_HEADER, NUL, MARA | {"name": "Mara"}),
    "named by a header that the first mapping did not ask for": (BY_ID, BY_HEADER, NUL, MARA | {"name": "Mara"}),
}


async def post(client: httpx.AsyncClient, body: Any) -> dict[str, Any]:
    raw = as_bytes(body)
    answer = await client.post("/v1/hooks/form", content=raw, headers={**sign_hmac(raw), "x-delivery-id": "D1"})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def work_off(world: World) -> None:
    for _ in range(2):  # a refused event, then the item that it becomes
        for row in await world.rows("select id from inbox where status = 'received' order by id"):
            await process_item(world.env, row.id)


@pytest.mark.parametrize("replayed", ["first", "last"])
@pytest.mark.parametrize(
    ("kind", "case", "in_a_batch"),
    [
        ("lead", "too costly to name", False),
        ("lead", "too costly to name", True),
        ("lead", "named by its hash", False),
        ("lead", "with a bad sign, then without", True),
        ("lead", "named by a header", True),
        ("lead", "named by a header that the first mapping did not ask for", True),
        ("handover", "too costly to name", False),
    ],
)
async def test_a_refused_event_and_its_next_delivery_are_one(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any, kind: str, case: str, replayed: str,
    in_a_batch: bool,
) -> None:  # fmt: skip
    first, mended, refused, again = CASES[case]
    admin = await sign_in("admin")
    await make_intake("form", kind=kind, mapping=MAPPING | first, sample=SAMPLE)
    assert (await post(client, [BEN, refused] if in_a_batch else refused))["refused"] == 1
    stored = (await client.get("/v1/intakes/form", headers=admin)).json()
    put = {name: stored[name] for name in ("title", "kind", "verifier")} | {
        "mapping": MAPPING | mended,
        "sample": SAMPLE,
    }
    assert (await client.put("/v1/intakes/form", json=put, headers=admin)).status_code == 200
    for step in ("replay", "delivery") if replayed == "first" else ("delivery", "replay"):
        if step == "replay":
            assert (await client.post("/v1/inbox/replay", json={"status": "refused"}, headers=admin)).json()[
                "found"
            ] == 1
        else:
            await post(client, [BEN, again] if in_a_batch else again)
        await work_off(world)
    worked = await world.rows(
        "select status, lead_id from inbox where lead_id is not null and convert_from(body, 'UTF8') like '%mara@%'"
    )
    assert [row.status for row in worked] == ["done"]
    statuses = await world.rows("select distinct status from inbox")
    assert [row[0] for row in statuses] == ["done"]
