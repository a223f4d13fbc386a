"""Forms without JavaScript: taken as they are sent, signed over their bytes."""

import json
from typing import Any

import httpx
import pytest

from pointsman.services.intake.receive import process_item
from support.floors.use_case_env import World
from support.http.signing import sign_hmac
from support.wording import english_of

pytestmark = pytest.mark.anyio

FORM = "application/x-www-form-urlencoded"
MAPPING = {
    "fields": {
        "lead.email": '"your-email"',
        "lead.first_name": "name.first",
        "company.employees": "fields[0].value",
        "lead.country": "country",
    },
    "constants": {"lead.source": "demo_form"},
}
SAMPLE = {"your-email": "sam@sample.example", "name": {"first": "Sam"}, "fields": [{"value": "3"}], "country": "DE"}
GOOD = b"your-email=mara%40nordlicht.example&name%5Bfirst%5D=Mar%C3%A4&fields[0][value]=120&country=DE"


async def post(client: httpx.AsyncClient, raw: bytes, kind: str = FORM) -> httpx.Response:
    return await client.post("/v1/hooks/form", content=raw, headers={"content-type": kind, **sign_hmac(raw)})


async def process_all(world: World) -> None:
    for row in await world.rows("select id from inbox where status = 'received' order by id"):
        await process_item(world.env, row.id)


@pytest.fixture
async def intake(make_intake: Any) -> None:
    await make_intake("form", mapping=MAPPING, sample=SAMPLE)


@pytest.mark.usefixtures("intake")
async def test_a_form_becomes_a_lead_and_its_bytes_are_kept(client: httpx.AsyncClient, world: World) -> None:
    answer = await post(client, GOOD)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert (await post(client, GOOD)).json()["duplicates"] == 1
    await process_all(world)
    (lead,) = await world.rows("select email, first_name, facts->>'company.employees' as employees from leads")
    assert tuple(lead) == ("mara@nordlicht.example", "Marä", "120")
    assert bytes(await world.value("select body from inbox_batches order by received_at limit 1")) == GOOD
    stored = json.loads(bytes(await world.value("select body from inbox")))
    assert stored["fields"] == [{"value": "120"}]


@pytest.mark.usefixtures("intake")
async def test_the_signature_is_over_the_bytes_of_the_form(client: httpx.AsyncClient, world: World) -> None:
    forged = {"content-type": FORM, **sign_hmac(GOOD.replace(b"%40", b"@"))}
    assert (await client.post("/v1/hooks/form", content=GOOD, headers=forged)).status_code == 401
    assert await world.value("select count(*) from inbox") == 0


@pytest.mark.usefixtures("intake")
async def test_a_form_in_another_charset_is_read_by_what_it_says(client: httpx.AsyncClient, world: World) -> None:
    await post(client, GOOD.replace(b"%C3%A4", b"%E4"), f"{FORM}; charset=ISO-8859-1")
    await process_all(world)
    await process_all(world)  # the item that it became
    assert await world.value("select first_name from leads") == "Marä"


@pytest.mark.usefixtures("intake")
async def test_a_form_with_a_bad_sign_is_kept_as_refused_and_replayed_without_it(
    client: httpx.AsyncClient, world: World, sign_in: Any
) -> None:
    answer = await post(client, GOOD.replace(b"%C3%A4", b"%E4%00"))
    assert (answer.status_code, answer.json()["refused"]) == (202, 1)
    row = (await world.rows("select id, error from inbox"))[0]
    assert english_of(row.error) == "what was sent is not UTF-8: send UTF-8 (name.first)"
    assert (await client.post(f"/v1/inbox/{row.id}/replay", headers=await sign_in("admin"))).status_code == 202
    await process_all(world)
    await process_all(world)  # the item that it became
    assert await world.value("select first_name from leads") == "Marä"


@pytest.mark.usefixtures("intake")
async def test_json_that_is_called_a_form_is_read_as_json(client: httpx.AsyncClient, world: World) -> None:
    raw = json.dumps(SAMPLE).encode()
    assert (await post(client, raw)).json()["accepted"] == 1  # curl -d says so of everything
    assert bytes(await world.value("select body from inbox")) == raw


@pytest.mark.parametrize(
    ("raw", "kind", "status", "code"),
    [
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 415, "multipart"),
        (b"a=1&" * 1_001, FORM, 413, "too-many-fields"),
        (b"", FORM, 422, "empty-form"),
        (b"a=1", f"{FORM}; charset=utf-7", 422, "unknown-charset"),
    ],
)
@pytest.mark.usefixtures("intake")
async def test_a_form_that_is_not_read_is_kept_and_its_sender_hears_what_to_send(
    client: httpx.AsyncClient, world: World, sign_in: Any, raw: bytes, kind: str, status: int, code: str
) -> None:
    answer = await post(client, raw, kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "multipart":
        assert FORM in answer.json()["detail"]
    row = (await world.rows("select id, status, body, result from inbox"))[0]
    assert (row.status, bytes(row.body), row.result["headers"]["content-type"]) == ("refused", raw, kind)
    await client.post(f"/v1/inbox/{row.id}/replay", headers=await sign_in("admin"))
    await process_all(world)
    (row,) = await world.rows("select status, error_code, error from inbox")
    assert (row.status, row.error_code, row.error["key"]) == ("dead", code, f"arrival.{code}")


@pytest.mark.usefixtures("intake")
async def test_a_trial_takes_a_form_and_says_what_would_be_refused(client: httpx.AsyncClient, sign_in: Any) -> None:
    admin = await sign_in("admin")

    async def tried(**given: Any) -> httpx.Response:
        return await client.post("/v1/intakes/form/try", json=given, headers=admin)

    (event,) = (await tried(form=GOOD.decode())).json()["events"]
    assert (event["email"], event["first_name"], event["usable"]) == ("mara@nordlicht.example", "Marä", True)
    (bad,) = (await tried(form="your-email=a%00")).json()["events"]
    assert (bad["usable"], [w["code"] for w in bad["warnings"]]) == (False, ["nul-character"])
    _, none = (await tried(body=[SAMPLE, None])).json()["events"]
    assert (none["usable"], [w["code"] for w in none["warnings"]]) == (False, ["no-object"])
    for given in ({}, {"body": SAMPLE, "form": "a=1"}):
        assert (await tried(**given)).json()["code"] == "invalid"
