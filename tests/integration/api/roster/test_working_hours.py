"""Hours with dates, changes of single days and holidays go onto the roster, stay there, and come back as they went in."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

HOURS = {"weekday": 0, "start": "09:00", "end": "17:00", "first_day": None, "last_day": None}
NORA = {
    "name": "Nora", "email": "nora@example.com", "role": "SDR", "time_zone": "Europe/Berlin", "working_hours": [HOURS],
}  # fmt: skip
HALF_DAY = {"day": "2026-12-24", "blocks": [{"start": "09:00", "end": "12:00"}], "reason": "half day"}
OFF = {"day": "2026-12-23", "blocks": [], "reason": ""}


class Floor:
    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    async def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self._client.request(method, path, json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def put(self, status: int = 200, **over: Any) -> Any:
        return await self.send("PUT", "/v1/reps/nora", {**NORA, **over}, status)

    async def version(self) -> int:
        return int((await self.send("GET", "/v1/roster"))["version"])


@pytest.fixture
async def floor(client: httpx.AsyncClient, sign_in: MakeKey) -> Floor:
    floor = Floor(client, await sign_in("admin"))
    await floor.send("PUT", "/v1/roles/SDR", {"works": ["qualification"]})
    await floor.put()
    return floor


async def test_dated_blocks_day_changes_and_holidays_come_back_as_they_were_sent(floor: Floor) -> None:
    winter = {**HOURS, "start": "10:00", "first_day": "2027-01-01", "last_day": "2027-03-31"}
    summer = {**HOURS, "last_day": "2026-12-31"}
    sent = {"working_hours": [summer, winter], "day_changes": [HALF_DAY, OFF], "holidays": "DE-BY"}
    made = await floor.put(**sent)
    assert made["working_hours"] == [summer, winter]
    assert made["day_changes"] == [OFF, HALF_DAY]
    assert made["holidays"] == "DE-BY"
    assert {**await floor.send("GET", "/v1/reps/nora"), "hints": []} == {**made, "hints": []}
    before = await floor.version()
    await floor.put(**sent)
    assert await floor.version() == before


async def test_day_changes_left_out_stay_and_an_empty_list_takes_them_out(floor: Floor) -> None:
    await floor.put(day_changes=[HALF_DAY])
    assert (await floor.put(weight=2))["day_changes"] == [HALF_DAY]
    assert (await floor.put(day_changes=[]))["day_changes"] == []


async def test_a_patch_changes_what_it_names_and_null_takes_the_holidays_out(floor: Floor) -> None:
    await floor.put(holidays="DE-BY", day_changes=[HALF_DAY])
    patched = await floor.send("PATCH", "/v1/reps/nora", {"day_changes": [OFF]})
    assert (patched["day_changes"], patched["holidays"]) == ([OFF], "DE-BY")
    assert (await floor.send("PATCH", "/v1/reps/nora", {"weight": 3}))["day_changes"] == [OFF]
    assert (await floor.send("PATCH", "/v1/reps/nora", {"holidays": None}))["holidays"] is None


async def test_caps_on_appointments_are_kept_for_a_rep_and_for_a_category(floor: Floor) -> None:
    limits = {"appointments_per_day": 3, "appointments_per_week": 10}
    caps = {**limits, "categories": {"enterprise": {"appointments_per_week": 2}}}
    found = (await floor.put(caps=caps))["caps"]
    assert {name: found[name] for name in limits} == limits
    assert found["categories"]["enterprise"]["appointments_per_week"] == 2


async def test_two_blocks_of_one_weekday_may_overlap_when_their_dates_do_not(floor: Floor) -> None:
    until, after = {**HOURS, "last_day": "2026-12-31"}, {**HOURS, "start": "10:00", "first_day": "2027-01-01"}
    assert len((await floor.put(working_hours=[until, after]))["working_hours"]) == 2
    on_the_same_day = {**after, "first_day": "2026-12-31"}
    problem = await floor.put(422, working_hours=[until, on_the_same_day])
    assert "overlap on weekday 0: 09:00-17:00 and 10:00-17:00" in problem["faults"][0]["message"]


async def test_a_long_block_is_compared_with_all_blocks_that_begin_within_it(floor: Floor) -> None:
    morning = {**HOURS, "start": "10:00", "end": "11:00", "last_day": "2026-06-30"}
    noon = {**HOURS, "start": "12:00", "end": "13:00"}
    whole = {**HOURS, "first_day": "2026-07-01"}
    problem = await floor.put(422, working_hours=[whole, morning, noon])
    assert "09:00-17:00 and 12:00-13:00" in problem["faults"][0]["message"]


@pytest.mark.parametrize(
    ("over", "path", "words"),
    [
        ({"day_changes": [HALF_DAY, {**HALF_DAY, "blocks": []}]}, "body.day_changes", "2026-12-24 is changed twice"),
        (
            {"day_changes": [{**HALF_DAY, "blocks": [HALF_DAY["blocks"][0], {"start": "11:00", "end": "13:00"}]}]},
            "body.day_changes[0]",
            "09:00-12:00 and 11:00-13:00",
        ),
        ({"day_changes": [{"day": "2026-02-30"}]}, "body.day_changes[0].day", "date"),
        (
            {"working_hours": [{**HOURS, "first_day": "2027-01-02", "last_day": "2027-01-01"}]},
            "body.working_hours[0]",
            "2027-01-01 is before 2027-01-02",
        ),
        ({"holidays": "DE-BV"}, "body.holidays", "write DE, DE-Augsburg, DE-BB, DE-BE"),
        ({"holidays": "Germany"}, "body.holidays", "no public holidays for 'Germany'"),
        ({"holidays": "de-by"}, "body.holidays", "did you mean 'DE-BY'?"),
    ],
)
async def test_hours_that_cannot_be_are_refused_with_the_path(
    floor: Floor, over: dict[str, Any], path: str, words: str
) -> None:
    before = await floor.version()
    problem = await floor.put(422, **over)
    assert problem["faults"][0]["path"] == path
    assert words in problem["faults"][0]["message"]
    assert await floor.version() == before


async def test_a_change_of_hours_is_audited_with_what_was_and_what_is(floor: Floor, app: FastAPI) -> None:
    await floor.put(holidays="AT", day_changes=[OFF])
    lines = (await floor.send("GET", "/v1/audit"))["items"]
    line = next(line for line in lines if line["subject"] == "rep:nora")
    assert line["action"] == "rep.changed"
    assert line["before"] == {"day_changes": None, "holidays": None}
    assert line["after"] == {"day_changes": [OFF], "holidays": "AT"}
