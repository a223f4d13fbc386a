"""Mail on its way out, and an act on its appointment at the same moment: one waits for the other, and the buyer knows the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextvars import Context
from dataclasses import replace
from typing import Any

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.deliveries.told import mailbox_of
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import Wanted
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, invitation_in, mailing, open_mail_floor
from support.waiting import LOCKED_OUT, until, until_blocked

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


async def claimed_beside(
    line: MailFloor,
    row: AppointmentRow,
    act: Callable[[], Coroutine[Any, Any, object]],
    *,
    held: Callable[[Tx], Awaitable[object]],
) -> None:
    """The mail's claim waits for `held`, and the act comes to its end or has to wait; then all is carried out."""
    world, (owed,) = line.floor.world, await line.notices(row)
    async with line.env.uow() as tx:
        await held(tx)
        claim = asyncio.create_task(run_delivery(line.env, owed.id), context=Context())
        await until_blocked(world, claim)
        acted = asyncio.create_task(act(), context=Context())

        async def over_or_waiting() -> bool:
            return acted.done() or await world.value(LOCKED_OUT) == 2

        await until(over_or_waiting)
    await asyncio.gather(claim, acted)
    await line.floor.work_out()


def told(line: MailFloor) -> list[tuple[str, int]]:
    found = [invitation_in(mail) for mail in line.mail.arrived]
    return [(event["METHOD"], int(event["SEQUENCE"])) for event in found]


async def test_what_is_called_off_as_its_invitation_goes_out_is_called_off_by_mail(line: MailFloor) -> None:
    row = await line.booked()
    mailbox = mailbox_of(f"{row.lead_id}@lead.example")
    assert mailbox is not None
    await claimed_beside(
        line,
        row,
        lambda: cancel(line.env, row.id, reason="test", actor=SETTER),
        held=lambda tx: tx.buyer_mail.lock(mailbox),
    )
    assert told(line) == [("REQUEST", 0), ("CANCEL", 1)]


async def test_mail_that_takes_another_connection_while_an_act_owes_it_there_is_left_to_the_act(
    line: MailFloor,
) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)
    await save_connection(line.env, "new", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    await save_connection(line.env, "post", connector="memory", config={"url": "x"}, active=False, actor=SETTER)
    await line.floor.world.publish(mailing(connection="new"))
    async with line.env.uow() as tx:
        now = await tx.appointments.get(row.id, lock=True)
        assert now is not None
        changed = replace(now, sequence=now.sequence + 1)
        await tx.appointments.save(changed)
        await enqueue_deliveries(line.env, tx, changed, Wanted.PUT)
        claim = asyncio.create_task(run_delivery(line.env, owed.id), context=Context())
        await until_blocked(line.floor.world, claim)
    await claim
    await line.floor.work_out()
    assert told(line) == [("REQUEST", 1)]
