"""Time off is said by date in the rep's zone or between two instants, and answered in both ways."""

from typing import Any

import httpx
import pytest

from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

NORA = {"name": "Nora", "email": "nora@example.com", "role": "SDR", "time_zone": "Europe/Berlin"}
CHRISTMAS = {"first_day": "2026-12-24", "last_day": "2026-12-26", "reason": "Christmas"}
AS_INSTANTS = {"start": "2026-12-23T23:00:00Z", "end": "2026-12-26T23:00:00Z"}


class Floor:
    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    async def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self._client.request(method, path, json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def floor(client: httpx.AsyncClient, sign_in: MakeKey) -> Floor:
    made = Floor(client, await sign_in("admin"))
    roles = [{"name": "SDR", "works": ["qualification"]}]
    await made.send("PUT", "/v1/roster", {"roles": roles, "reps": [{"key": "nora", **NORA, "time_off": [CHRISTMAS]}]})
    return made


async def test_days_are_those_of_the_reps_zone_and_the_same_days_again_change_nothing(floor: Floor) -> None:
    (kept,) = (await floor.send("GET", "/v1/reps/nora"))["time_off"]
    assert {**CHRISTMAS, **AS_INSTANTS}.items() <= kept.items()
    version = (await floor.send("GET", "/v1/roster"))["version"]
    await floor.send("PUT", "/v1/reps/nora", {**NORA, "time_off": [CHRISTMAS]})
    await floor.send("PUT", "/v1/reps/nora", {**NORA, "time_off": [{**AS_INSTANTS, "reason": "Christmas"}]})
    assert (await floor.send("GET", "/v1/roster"))["version"] == version


async def test_the_same_time_off_twice_is_one(floor: Floor) -> None:
    """As after a guide that gives it with the rep, and then by a command without the reason; and for who is ill today."""
    bare = {"first_day": "2026-12-24", "last_day": "2026-12-26"}
    (kept,) = (await floor.send("GET", "/v1/reps/nora"))["time_off"]
    assert (await floor.send("POST", "/v1/reps/nora/time-off", bare, 201))["id"] == kept["id"]
    ill = [await floor.send("POST", "/v1/reps/nora/time-off", {"first_day": "today"}, 201) for _ in range(2)]
    assert ill[0] == ill[1]
    other = await floor.send("POST", "/v1/reps/nora/time-off", {**bare, "reason": "a course"}, 201)
    assert other["id"] != kept["id"]
    await floor.send("PUT", "/v1/reps/nora", {**NORA, "time_off": [CHRISTMAS, CHRISTMAS]})
    assert len((await floor.send("GET", "/v1/reps/nora"))["time_off"]) == 1


@pytest.mark.parametrize("way", ["patch", "put", "roster"])
async def test_days_off_stay_the_same_dates_when_the_zone_changes(floor: Floor, way: str) -> None:
    await floor.send("PUT", "/v1/reps/nora", {**NORA, "time_off": [{**AS_INSTANTS, "reason": "Christmas"}]})
    hours = {"start": "2027-01-04T23:00:00Z", "end": "2027-01-05T23:00:00Z"}
    await floor.send("POST", "/v1/reps/nora/time-off", hours, 201)
    moved = {**NORA, "time_zone": "Pacific/Auckland"}
    if way == "patch":
        await floor.send("PATCH", "/v1/reps/nora", {"time_zone": "Pacific/Auckland"})
    elif way == "put":
        await floor.send("PUT", "/v1/reps/nora", moved)
    else:
        await floor.send("PUT", "/v1/roster", {"reps": [{"key": "nora", **moved}]})
    by_date, by_time = (await floor.send("GET", "/v1/reps/nora"))["time_off"]
    there = {"start": "2026-12-23T11:00:00Z", "end": "2026-12-26T11:00:00Z"}
    assert {**CHRISTMAS, **there}.items() <= by_date.items()
    assert {**hours, "first_day": None}.items() <= by_time.items()


async def test_days_off_sent_back_as_they_were_read_move_with_the_zone_that_is_new_beside_them(floor: Floor) -> None:
    await floor.send("PUT", "/v1/reps/nora", {**NORA, "time_off": [CHRISTMAS]})
    read = (await floor.send("GET", "/v1/reps/nora"))["time_off"][0]
    back = {name: read[name] for name in ("start", "end", "reason")}
    await floor.send("PUT", "/v1/reps/nora", {**NORA, "time_zone": "Pacific/Auckland", "time_off": [back]})
    there = {"start": "2026-12-23T11:00:00Z", "end": "2026-12-26T11:00:00Z"}
    assert [{**CHRISTMAS, **there}.items() <= one.items() for one in await _time_off(floor)] == [True]


async def _time_off(floor: Floor) -> Any:
    return (await floor.send("GET", "/v1/reps/nora"))["time_off"]


async def test_a_last_day_alone_moves_with_the_zone(floor: Floor) -> None:
    await floor.send("POST", "/v1/reps/nora/reassign", {"reason": "ill", "last_day": "2090-06-02"})
    before = _ill(await floor.send("GET", "/v1/reps/nora"))
    after = _ill(await floor.send("PATCH", "/v1/reps/nora", {"time_zone": "Pacific/Auckland"}))
    assert (before["end"], after["end"]) == ("2090-06-02T22:00:00Z", "2090-06-02T12:00:00Z")
    assert (after["start"], after["first_day"], after["last_day"]) == (before["start"], None, "2090-06-02")


def _ill(rep: Any) -> Any:
    return next(off for off in rep["time_off"] if off["reason"] == "ill")


async def test_one_day_needs_no_last_one_and_hours_have_no_days(floor: Floor) -> None:
    one = await floor.send("POST", "/v1/reps/nora/time-off", {"first_day": "2027-01-04"}, 201)
    assert (one["first_day"], one["last_day"]) == ("2027-01-04", "2027-01-04")
    today = await floor.send("POST", "/v1/reps/nora/time-off", {"first_day": "today"}, 201)
    assert today["first_day"] == today["last_day"]
    hours = {"start": "2027-01-05T12:00:00+01:00", "end": "2027-01-05T15:00:00+01:00"}
    part = await floor.send("POST", "/v1/reps/nora/time-off", hours, 201)
    assert (part["first_day"], part["last_day"], part["start"]) == (None, None, "2027-01-05T11:00:00Z")


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({}, "body", "give either `first_day`"),
        ({"first_day": "2027-01-04", "start": "2027-01-04T08:00Z"}, "body", "give either `first_day`"),
        ({"last_day": "2027-01-04"}, "body", "give `first_day` too"),
        ({"start": "2027-01-04T08:00Z"}, "body", "give both"),
        ({"start": "2027-01-04", "end": "2027-01-05"}, "body.start", "write whole days as `first_day`"),
        ({"first_day": "2027-01-04", "last_day": "2027-01-03"}, "body.last_day", "must not lie before"),
        ({"first_day": "tomorrow"}, "body.first_day", "or today"),
        ({"first_day": "2026-02-30"}, "body.first_day", "write a day"),
        ({"first_day": "20260230"}, "body.first_day", "write a day"),
    ],
)
async def test_time_off_that_cannot_be_is_refused_with_the_path(
    floor: Floor, body: dict[str, str], path: str, words: str
) -> None:
    problem = await floor.send("POST", "/v1/reps/nora/time-off", body, 422)
    assert problem["faults"][0]["path"] == path
    assert words in str(problem["faults"])


async def test_a_rep_who_is_ill_today_is_away_to_the_end_of_the_day_in_their_zone(floor: Floor) -> None:
    ill = {"reason": "ill", "last_day": "today"}
    assert "2026" not in str(await floor.send("POST", "/v1/reps/nora/reassign", ill))
    away = (await floor.send("GET", "/v1/reps/nora"))["time_off"]
    assert any(off["reason"] == "ill" and off["end"][11:] in {"22:00:00Z", "23:00:00Z"} for off in away)
    past = await floor.send("POST", "/v1/reps/nora/reassign", {"reason": "ill", "last_day": "2026-01-05"}, 422)
    assert past["faults"][0]["path"] == "body.last_day"
    both = {"reason": "ill", "last_day": "today", "until": "2099-01-01T00:00:00Z"}
    await floor.send("POST", "/v1/reps/nora/reassign", both, 422)
