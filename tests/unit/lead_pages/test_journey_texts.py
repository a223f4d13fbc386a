"""What an entry of a journey says of a row that a later release wrote: what is known of it, and never an error."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from pointsman.services.lead_pages.journey_texts import journey_text
from pointsman.services.ports.leads.journeys import JourneyKind, JourneyRow
from support.wording import english, german

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told(kind: JourneyKind, **about: Any) -> tuple[str, str]:
    row = JourneyRow(at=AT, kind=kind, id=UUID(int=1), lead_id=UUID(int=2), about=about)
    text = journey_text(row, with_reasons=True, zones={})
    return english(text), german(text)


@pytest.mark.parametrize("until", [None, AT.isoformat()])
def test_a_cause_of_nurture_that_a_later_release_knows_is_told_as_it_is(until: str | None) -> None:
    for said in told(JourneyKind.NURTURE, cause="fell-asleep", until=until):
        assert "fell-asleep" in said


@pytest.mark.parametrize(
    ("op", "status", "words"),
    [("wave", "done", ["wave"]), ("book", "parked", ["parked", "Lena"]), ("wave", "parked", ["wave", "parked"])],
)
def test_a_delivery_that_a_later_release_knows_is_told_as_it_is(op: str, status: str, words: list[str]) -> None:
    for said in told(JourneyKind.DELIVERY, op=op, status=status, rep="lena"):
        assert [word for word in words if word not in said] == []
