"""A database that is away, or stands still, when a mail server answers: what was heard is written down all the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pointsman.services.deliveries.run import run_delivery
from pointsman.services.ports import (
    DatabaseUnavailable,
    VendorRejectedError,
    VendorRetryableError,
    VendorUnansweredError,
    VendorWaitError,
)
from pointsman.services.transactions import keep_trying
from support.mail_floor import IsAway, MailFloor, open_mail_floor

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


@pytest.mark.parametrize("does_commit", [False, True], ids=["nothing written", "written, and not heard so"])
@pytest.mark.parametrize(
    ("ending", "found"),
    [
        (None, ("done", 1, 0)),
        (VendorRejectedError("no such user"), ("dead", 1, 0)),
        (VendorRetryableError("451 later"), ("pending", 1, 0)),
        (VendorUnansweredError("no answer"), ("pending", 1, 1)),
        (VendorWaitError("not now", until=NOON, retry_after=timedelta(minutes=1)), ("pending", 0, 0)),
    ],
    ids=["sent", "refused", "failed", "unanswered", "in line"],
)
async def test_how_a_call_ended_is_written_down_once_the_database_is_back(
    line: MailFloor, ending: Exception | None, found: tuple[str, int, int], *, does_commit: bool
) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)
    line.mail.cues = [ending]
    away = IsAway(line.env.uow, after=1, times=2, does_commit=does_commit)
    await run_delivery(replace(line.env, uow=away), owed.id)
    (now,) = await line.notices(row)
    assert (now.status, now.attempts, now.unsure) == found
    assert len(line.mail.arrived) == (ending is None or found[2])
    written = await line.floor.world.value(
        "select count(*) from audit where action in ('appointment.mailed', 'delivery.dead')"
    )
    assert written == (found[0] != "pending")


async def test_a_database_that_stays_away_is_not_waited_for_longer_than_the_lease() -> None:
    tried = list[int]()

    async def write() -> None:
        tried.append(len(tried))
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        await keep_trying(write, within=timedelta())
    assert tried == [0]
