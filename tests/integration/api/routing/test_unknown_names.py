"""A filter by what there is not is told from one that has nothing; what there was stays findable."""

from collections.abc import AsyncIterator, Iterator

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


@pytest.mark.parametrize(
    ("path", "parameter", "name", "said"),
    [
        ("/v1/leads", "rep", "lenna", "There is no rep 'lenna': did you mean 'lena'?"),
        ("/v1/leads", "pool", "sdr-dac", "There is no pool 'sdr-dac': did you mean 'sdr-dach'?"),
        ("/v1/leads", "rule", "Demo in DACHS", "There is no rule 'Demo in DACHS'"),
        ("/v1/decisions", "rep", "jonass", "There is no rep 'jonass': did you mean 'jonas'?"),
        ("/v1/decisions", "rule", "zzz", "There is no rule 'zzz'"),
        ("/v1/decisions", "pool", "sdr", "There is no pool 'sdr'"),
        ("/v1/decisions", "version", "99", "There is no version of the policy '99': known are 1"),
        ("/v1/holds", "pool", "sdr", "There is no pool 'sdr'"),
        ("/v1/appointments", "rep", "anni", "There is no rep 'anni': did you mean 'anna'?"),
        ("/v1/appointments", "setter", "lenna", "There is no rep 'lenna': did you mean 'lena'?"),
        ("/v1/appointments", "pool", "closer", "There is no pool 'closer'"),
        ("/v1/accounts", "owner", "anni", "There is no rep 'anni': did you mean 'anna'?"),
        ("/v1/deliveries", "connection", "memry", "There is no connection 'memry'"),
        ("/v1/inbox", "intake", "partner:nobody", "There is no intake 'partner:nobody'"),
        ("/v1/pools", "rep", "lenna", "There is no rep 'lenna': did you mean 'lena'?"),
    ],
)
async def test_a_name_that_nothing_has_is_404_with_the_one_that_was_meant(
    admin: httpx.AsyncClient, path: str, parameter: str, name: str, said: str
) -> None:
    answer = await admin.get(path, params={parameter: name})
    assert (answer.status_code, answer.json().get("code")) == (404, "not-found")
    (fault,) = answer.json()["faults"]
    assert fault["path"] == f"query.{parameter}"
    assert fault["message"].startswith(said)


async def test_a_name_that_has_nothing_now_is_an_empty_list(floor: Floor, admin: httpx.AsyncClient) -> None:
    for path, parameter, name in (
        ("/v1/leads", "rep", "lena"),
        ("/v1/leads", "pool", "sdr-dach"),
        ("/v1/decisions", "version", "1"),
        ("/v1/holds", "pool", "sdr-dach"),
        ("/v1/deliveries", "connection", "cal"),
        ("/v1/inbox", "intake", "partner:in-house"),
    ):
        answer = await admin.get(path, params={parameter: name})
        assert (answer.status_code, answer.json().get("items")) == (200, []), (path, parameter, answer.text)


async def test_a_rule_and_a_pool_that_only_history_knows_stay_findable(floor: Floor, admin: httpx.AsyncClient) -> None:
    routed = await floor.world.route(await floor.lead())
    await floor.world.owner_rows(
        "update decisions set rule = 'of old', pool = 'gone' where id = :id", past_guards=True, id=routed.decision_id
    )
    for parameter, name in (("rule", "of old"), ("pool", "gone")):
        assert len((await admin.get("/v1/decisions", params={parameter: name})).json()["items"]) == 1
        later = await admin.get("/v1/decisions", params={parameter: name, "since": "2099-01-01T00:00:00Z"})
        assert (later.status_code, later.json()["items"]) == (200, [])
        assert (await admin.get("/v1/leads", params={parameter: name})).status_code == 200
    assert (await admin.get("/v1/holds", params={"pool": "gone"})).status_code == 200


async def test_a_rep_who_has_left_stays_findable(floor: Floor, admin: httpx.AsyncClient) -> None:
    await floor.world.owner_rows("update reps set active = false where key = 'paul'", past_guards=True)
    assert (await admin.get("/v1/leads", params={"rep": "paul"})).json()["items"] == []


async def test_a_partner_hears_of_no_other_rep_and_of_no_pool(floor: Floor, app: FastAPI) -> None:
    await floor.world.owner_rows("update reps set supplier = 'callwerk' where key in ('mia', 'paul')", past_guards=True)
    async with caller_of(app, "read", supplier="callwerk") as partner:
        foreign = await partner.get("/v1/leads", params={"rep": "lena"})
        unknown = await partner.get("/v1/leads", params={"rep": "lenna"})
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json()["detail"] == "There is no rep 'lena': known are mia, paul."
        assert unknown.json()["detail"] == "There is no rep 'lenna': known are mia, paul."
        own = await partner.get("/v1/leads", params={"rep": "mia"})
        assert (own.status_code, own.json()["items"]) == (200, [])
        for pool in ("sdr-dach", "sdr-dac"):
            assert (await partner.get("/v1/leads", params={"pool": pool})).json()["items"] == []
