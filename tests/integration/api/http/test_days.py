"""Days in bodies: what is no day is asked for as a day, and not as an instant."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pointsman.api.http.timestamps import CalendarDate


@pytest.mark.parametrize("given", ["morgen", "2026-12-24T09:00:00Z", 20261224, "24.12.2026"])
def test_a_day_is_asked_for_as_a_day(given: object) -> None:
    with pytest.raises(ValidationError, match="as in 2026-12-24"):
        TypeAdapter(CalendarDate).validate_python(given)
