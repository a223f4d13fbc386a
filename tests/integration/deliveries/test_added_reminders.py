"""Reminders that a policy adds reach what is booked already: once, in their time, and only who is written to at all."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import pytest

from pointsman.services.booking.reschedule import reschedule
from pointsman.services.deliveries.reminders import owe_missing_reminders
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import POLICY
from support.mail_floor import MailFloor, mailing, open_mail_floor

pytestmark = pytest.mark.anyio

MINUTES = timedelta(minutes=1)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


async def reminders(line: MailFloor, row: AppointmentRow) -> list[tuple[str, timedelta]]:
    """Status of each, and how long before the appointment it is due."""
    owed = [item for item in await line.notices(row) if "-reminder-" in item.key]
    return [(item.status, row.starts_at - item.next_attempt_at) for item in owed]


async def wait_until(line: MailFloor, row: AppointmentRow, before: timedelta) -> None:
    line.floor.world.clock.advance(row.starts_at - before - line.env.clock())
    await line.floor.work()


async def test_a_reminder_that_is_added_goes_out_for_what_is_booked(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await line.floor.world.publish(mailing(reminders=["10m", "30m"]))
    assert await owe_missing_reminders(line.env) == 1
    assert sorted(await reminders(line, row)) == [("pending", 10 * MINUTES), ("pending", 30 * MINUTES)]
    await wait_until(line, row, 10 * MINUTES)
    assert [mail.key.rpartition("-")[0] for mail in line.mail.arrived] == [
        f"pm-{row.id}-invitation",
        f"pm-{row.id}-reminder-30",
        f"pm-{row.id}-reminder-10",
    ]


async def test_going_live_has_a_worker_look_for_reminders(line: MailFloor) -> None:
    asked = "select count(*) from procrastinate_jobs where task_name = 'appointments.reminders'"
    before = await line.floor.world.value(asked)
    await line.floor.world.rows("update procrastinate_jobs set status = 'succeeded' where status = 'todo'")
    await line.floor.world.publish(mailing(reminders=["10m"]))
    assert await line.floor.world.value(asked) == before + 1


async def test_nothing_is_owed_twice_by_two_processes_or_by_an_act_meanwhile(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.world.publish(mailing(reminders=["10m"]))
    async with anyio.create_task_group() as both:
        both.start_soon(owe_missing_reminders, line.env)
        both.start_soon(owe_missing_reminders, line.env)
    assert len(await reminders(line, row)) == 1
    moved = await reschedule(line.env, row.id, row.starts_at + timedelta(days=1), reason="test", actor=SETTER)
    assert await owe_missing_reminders(line.env) == 0
    assert [item.sequence for item in await line.notices(moved) if "-reminder-" in item.key] == [0, 1]


async def test_what_is_due_already_does_not_go_out(line: MailFloor) -> None:
    row = await line.booked()
    await wait_until(line, row, 20 * MINUTES)
    await line.floor.world.publish(mailing(reminders=["10m", "20m", "30m"]))
    await owe_missing_reminders(line.env)
    assert await reminders(line, row) == [("pending", 10 * MINUTES)]


async def test_a_reminder_that_is_taken_out_and_added_again_is_the_same(line: MailFloor) -> None:
    row = await line.booked()
    for listed in (["10m"], [], ["10m"]):
        await line.floor.world.publish(mailing(reminders=listed))
        await owe_missing_reminders(line.env)
    assert await reminders(line, row) == [("pending", 10 * MINUTES)]
    await line.floor.world.publish(mailing())
    await wait_until(line, row, 10 * MINUTES)
    assert [status for status, _ in await reminders(line, row)] == ["superseded"]


async def test_a_connection_that_a_later_policy_names_brings_reminders_and_no_invitation(line: MailFloor) -> None:
    line.floor.vendor.invites = True
    await line.floor.world.publish(mailing(by="calendar", connection=None))
    row = await line.booked()
    assert row.invited_by == "calendar"
    await line.floor.world.publish(mailing(by="calendar", reminders=["10m"]))
    assert await owe_missing_reminders(line.env) == 1
    await wait_until(line, row, 10 * MINUTES)
    assert [mail.key for mail in line.mail.arrived] == [f"pm-{row.id}-reminder-10-0"]


async def test_who_is_not_written_to_gets_no_reminder(line: MailFloor) -> None:
    await line.floor.world.publish(POLICY)
    row = await line.booked()
    await line.floor.world.publish(mailing(reminders=["10m"]))
    assert await owe_missing_reminders(line.env) == 0
    assert await line.notices(row) == []
