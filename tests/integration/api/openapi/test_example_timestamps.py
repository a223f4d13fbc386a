"""Times in the console's examples stay ahead of today."""

from datetime import date

from pointsman.api.openapi.example_timestamps import fill_in_dates, in_days


def test_a_time_is_told_from_today_and_falls_on_no_weekend() -> None:
    description = {"examples": [{"start": in_days(7), "end": in_days(3, at="18:00")}], "text": "ask within 7 days"}
    wednesday = fill_in_dates(description, date(2026, 11, 25))
    assert wednesday["examples"] == [{"start": "2026-12-02T10:00:00Z", "end": "2026-11-30T18:00:00Z"}]
    assert wednesday["text"] == "ask within 7 days"
