"""Which of our own events, as a calendar shows them, keep their owner busy."""

from datetime import UTC, datetime, timedelta

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.own_events import OwnEvent, counts_as_busy

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OLD, NEW = Interval(NINE, NINE + 30 * MINUTE), Interval(NINE + 60 * MINUTE, NINE + 90 * MINUTE)
READ = NINE - 60 * MINUTE


@pytest.mark.parametrize(
    ("event", "busy"),
    [
        pytest.param(None, True, id="of another house"),
        pytest.param(OwnEvent(time=OLD, settled_at=READ - MINUTE), True, id="as it should be"),
        pytest.param(OwnEvent(time=OLD, settled_at=None), True, id="as it should be, with something owed"),
        pytest.param(OwnEvent(time=None, settled_at=None), False, id="called off, not yet taken out"),
        pytest.param(OwnEvent(time=None, settled_at=READ - MINUTE), False, id="called off, and put back by its owner"),
        pytest.param(OwnEvent(time=NEW, settled_at=None), False, id="moved, not yet there"),
        pytest.param(OwnEvent(time=NEW, settled_at=READ), False, id="moved after the reading began"),
        pytest.param(OwnEvent(time=NEW, settled_at=READ - MINUTE), True, id="moved by its owner"),
    ],
)
def test_an_event_of_ours_is_busy_where_it_stands_and_not_where_we_took_it_from(
    event: OwnEvent | None, busy: bool
) -> None:
    assert counts_as_busy(OLD, event, read_at=READ) is busy
