"""Days and instants as callers write them: a fault says how they are written where they stand."""

import json

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from pointsman.api.http.problem_handlers import problem_of_validation
from pointsman.api.http.timestamps import CalendarDate, Timestamp


@pytest.mark.parametrize("given", ["morgen", "2026-12-24T09:00:00Z", 20261224, "24.12.2026"])
def test_a_day_is_asked_for_as_a_day(given: object) -> None:
    with pytest.raises(ValidationError, match="as in 2026-12-24"):
        TypeAdapter(CalendarDate).validate_python(given)


@pytest.mark.parametrize(
    "given",
    ["2026-11-22T09:00:00 01:00", "2026-11-22T09:00 01:00", "2026-11-22 09:00:00.5 0100", "2026-11-22T09:00:00 0000"],
)
def test_a_plus_that_became_a_blank_is_asked_for_by_its_code(given: str) -> None:
    with pytest.raises(ValidationError, match=r"a blank stands where \+ should: in an address, \+ is written %2B"):
        TypeAdapter(Timestamp).validate_python(given)


@pytest.mark.parametrize("given", ["2026-11-22 09:00Z", "2026-11-22T09:00:00+01:00", "2026-11-22 09:00:00-01:00"])
def test_a_blank_between_day_and_time_is_none_of_an_offset(given: str) -> None:
    assert TypeAdapter(Timestamp).validate_python(given).day == 22


@pytest.mark.parametrize(("where", "is_coded"), [("query", True), ("body", False)])
def test_the_offset_that_is_asked_for_is_written_as_its_place_takes_it(where: str, is_coded: bool) -> None:
    found = {"type": "timezone_aware", "loc": (where, "since"), "msg": "x", "input": "2026-11-29T00:00:00"}
    body = json.loads(bytes(problem_of_validation(RequestValidationError([found])).body))
    message = body["faults"][0]["message"]
    assert ("%2B01:00" in message, "+01:00" in message) == (is_coded, not is_coded)
