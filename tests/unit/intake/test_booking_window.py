"""When a sender wants an appointment: from a duration, or from times in its event."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import Invalid
from pointsman.domain.leads.facts import STANDARD_FIELDS
from pointsman.services.codes.registered_domains import NO_LISTS
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import MappedEvent, map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.leads.fields import KnownFields

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KNOWN = KnownFields(types=STANDARD_FIELDS, lists=NO_LISTS, accepts_any_custom=False)


def mapped(window: dict[str, Any] | None, event: dict[str, Any]) -> MappedEvent:
    document: dict[str, Any] = {"fields": {"lead.email": "email"}, "auto_book": True}
    mapping = parse_mapping(document | ({"window": window} if window else {}), kind="handover", known=KNOWN)
    return map_event({"email": "a@b.example", **event}, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0))


def between(window: dict[str, Any], event: dict[str, Any]) -> Interval | None:
    found = mapped(window, event)
    assert found.window is not None
    return found.window.interval_from(NOW)


FROM_TO = {"from": "meeting.earliest", "to": "meeting.latest"}


@pytest.mark.parametrize(
    ("window", "meeting", "start", "end"),
    [
        ({"within": "14d"}, {}, NOW, NOW + timedelta(days=14)),
        (
            FROM_TO,
            {"earliest": "2026-12-01T10:00:00+01:00", "latest": "2026-12-02T10:00:00Z"},
            datetime(2026, 12, 1, 9, tzinfo=UTC),
            datetime(2026, 12, 2, 10, tzinfo=UTC),
        ),
        (FROM_TO, {"latest": "2026-12-02T10:00:00Z"}, NOW, datetime(2026, 12, 2, 10, tzinfo=UTC)),
        (
            {"from": "meeting.earliest", "within": "2d"},
            {"earliest": "2026-12-01T10:00:00Z"},
            datetime(2026, 12, 1, 10, tzinfo=UTC),
            datetime(2026, 12, 3, 10, tzinfo=UTC),
        ),
        (FROM_TO, {"earliest": "2026-11-01T10:00:00Z", "latest": "2026-12-01T00:00:00Z"}, NOW, datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_the_window_is_what_the_sender_says(
    window: dict[str, Any], meeting: dict[str, Any], start: datetime, end: datetime
) -> None:
    assert between(window, {"meeting": meeting}) == Interval(start, end)


def test_of_a_window_that_is_over_nothing_is_left() -> None:
    assert between(FROM_TO, {"meeting": {"latest": "2026-11-01T10:00:00Z"}}) is None


@pytest.mark.parametrize(
    "meeting",
    [
        {"earliest": "soon"},
        {"earliest": True},
        {"latest": "0001-01-01T00:00:00Z"},
        {"earliest": "2026-12-02T10:00:00Z", "latest": "2026-12-01T10:00:00Z"},
    ],
)
def test_a_window_that_makes_no_sense_books_nothing_and_says_so(meeting: dict[str, Any]) -> None:
    found = mapped(FROM_TO, {"meeting": meeting})
    assert (found.auto_book, found.window) == (False, None)
    assert [fault.path for fault in found.warnings] == ["window"]


def test_without_a_window_the_earliest_slot_of_all_is_meant() -> None:
    found = mapped(None, {})
    assert (found.auto_book, found.window) == (True, None)


def test_a_window_that_says_nothing_is_refused_when_it_is_saved() -> None:
    document = {"fields": {"lead.email": "email"}, "window": {}}
    with pytest.raises(Invalid) as caught:
        parse_mapping(document, kind="handover", known=KNOWN)
    assert "window-empty" in {fault.code for fault in caught.value.faults}


def test_a_mapping_is_kept_as_it_was_written() -> None:
    document = {"fields": {"lead.email": "email"}, "auto_book": True, "window": FROM_TO}
    assert parse_mapping(document, kind="handover", known=KNOWN).document() == document
