"""Reminders that a policy adds reach what is booked already: once, in their time, and only who is written to at all."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import anyio
import pytest

from pointsman.services.booking.reschedule import reschedule
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.reminders import AGAIN_AFTER, owe_missing_reminders
from pointsman.services.deliveries.told import reminder_key
from pointsman.services.ports import VendorUnansweredError
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.sweeps import SWEEP_TIME_BUDGET, ItemsFailed
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import POLICY
from support.mail_floor import MailFloor, mailing, open_mail_floor, tell_address

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


async def test_many_are_owed_in_batches_each_once(line: MailFloor) -> None:
    rows = [await line.booked() for _ in range(3)]
    await line.floor.world.publish(mailing(reminders=["10m", "30m"]))
    assert [await owe_missing_reminders(line.env, size=2), await owe_missing_reminders(line.env, size=2)] == [3, 0]
    for row in rows:
        assert sorted(await reminders(line, row)) == [("pending", 10 * MINUTES), ("pending", 30 * MINUTES)]
    twice = "select count(*) from (select 1 from booking_links group by lead_id having count(*) > 1) twice"
    assert await line.floor.world.value(twice) == 0


async def test_a_run_without_time_left_has_the_next_one_begin_at_once(line: MailFloor) -> None:
    rows = [await line.booked() for _ in range(3)]
    await line.floor.world.publish(mailing(reminders=["10m"]))
    await line.floor.world.rows("delete from procrastinate_jobs where task_name = 'appointments.reminders'")
    waiting = "select count(*) from procrastinate_jobs where task_name = 'appointments.reminders' and status = 'todo'"
    hurried = replace(line.env, clock=Hurried(line.env.clock))
    assert (await owe_missing_reminders(hurried, size=2), await line.floor.world.value(waiting)) == (2, 1)
    assert await owe_missing_reminders(hurried, size=2) == 1
    assert [len(await reminders(line, row)) for row in rows] == [1, 1, 1]


class Hurried:
    """A clock on which each look takes half of the time that a sweep has."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._looks = clock, 0

    def __call__(self) -> datetime:
        self._looks += 1
        return self._clock() + self._looks * SWEEP_TIME_BUDGET / 2


async def test_one_on_which_an_act_is_under_way_keeps_no_other_waiting(line: MailFloor) -> None:
    held, free = [await line.booked() for _ in range(2)]
    await line.floor.world.publish(mailing(reminders=["10m"]))
    await line.floor.world.rows("delete from procrastinate_jobs where task_name = 'appointments.reminders'")
    began = line.env.clock()
    async with line.env.uow() as tx:
        await tx.leads.get(held.lead_id, lock=True)
        assert await owe_missing_reminders(line.env) == 1
    assert (await reminders(line, held), len(await reminders(line, free))) == ([], 1)
    again = "select scheduled_at from procrastinate_jobs where task_name = 'appointments.reminders' and status = 'todo'"
    assert began < await line.floor.world.value(again) - AGAIN_AFTER < line.env.clock()
    assert await owe_missing_reminders(line.env) == 1
    await line.floor.world.rows("delete from procrastinate_jobs where task_name = 'appointments.reminders'")
    assert (await owe_missing_reminders(line.env), await line.floor.world.value(again)) == (0, None)


async def test_one_that_cannot_be_reminded_of_keeps_no_other_waiting(line: MailFloor) -> None:
    broken, whole = [await line.booked() for _ in range(2)]
    await line.floor.world.publish(mailing(reminders=["10m"]))
    await line.floor.world.rows(  # another's stands where the one of `broken` would
        "update deliveries set key = :key, sequence = 0 where appointment_id = :whole and kind = 'notice'",
        key=reminder_key(broken.id, 10 * MINUTES),
        whole=whole.id,
    )
    with pytest.raises(ItemsFailed, match="1 of 2 failed"):
        await owe_missing_reminders(line.env)
    assert await reminders(line, broken) == []
    assert reminder_key(whole.id, 10 * MINUTES) in [item.key for item in await line.notices(whole)]


async def test_reminders_go_over_the_connection_that_mail_goes_over_now(line: MailFloor) -> None:
    rows = {}
    rows["post"] = await line.booked()
    await save_connection(line.env, "new", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    await line.floor.world.publish(mailing(connection="new"))
    rows["new"] = await line.booked()
    for on, ways in ((True, ["post", "new"]), (False, ["new", "new"])):
        await save_connection(line.env, "post", connector="memory", config={"url": "x"}, active=on, actor=SETTER)
        minutes = 10 if on else 20
        await line.floor.world.publish(mailing(connection="new", reminders=[f"{minutes}m"]))
        assert await owe_missing_reminders(line.env) == 2
        owed = "select k.key from deliveries d join connections k on k.id = d.connection_id where d.key = :key"
        keys = [reminder_key(row.id, minutes * MINUTES) for row in rows.values()]
        assert [await line.floor.world.value(owed, key=key) for key in keys] == ways


async def test_a_reminder_that_may_lie_in_the_old_mailbox_is_another_message_in_the_new_one(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await line.floor.world.publish(mailing(reminders=["10m"]))
    await owe_missing_reminders(line.env)
    line.mail.cues = [VendorUnansweredError("cut after DATA")]
    await wait_until(line, row, 10 * MINUTES)
    await tell_address(line, row.lead_id, "weber@lead.example")
    line.floor.world.clock.advance(MINUTES)
    await line.floor.work()
    line.floor.world.clock.advance(MINUTES)
    await line.floor.work()
    reminded = [mail for mail in line.mail.arrived if "-reminder-" in mail.key]
    assert [mail.to for mail in reminded] == [f"{row.lead_id}@lead.example", "weber@lead.example"]
    assert len({mail.key for mail in reminded}) == 2
    owed = [(item.status, item.unsure) for item in await line.notices(row) if "-reminder-" in item.key]
    assert sorted(owed) == [("done", 0), ("superseded", 1)]


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
