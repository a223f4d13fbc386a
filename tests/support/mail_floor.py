"""The small floor whose closers' pool writes to buyers: mail goes to mailboxes in memory, and endings come on cue."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from icalendar import Calendar

from pointsman.services.booking.book import book
from pointsman.services.connections.connections import save_connection
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import (
    ConnectionRef,
    DatabaseUnavailable,
    Env,
    Tx,
    UnitOfWork,
    VendorReceipt,
    VendorUnansweredError,
)
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.vendors.notices import BuyerNotice
from pointsman.services.reassignment.appointment import reassign_appointment
from support.floors.booking_floor import SETTER, Floor, WatchedUow, another_closer, open_floor
from support.floors.faulty_calendars import open_transactions
from support.floors.use_case_env import ADMIN, POLICY

MAILBOX = "office@house.example"


@dataclass
class Mail:
    """Implements `NoticeGateway`: `arrived` is what is in mailboxes; `cues` are the endings of the next calls.

    `before_arrival` happens once, while a mail is on its way.
    """

    arrived: list[BuyerNotice] = field(default_factory=list)
    cues: list[Exception | None] = field(default_factory=list)
    before_arrival: Callable[[], Awaitable[object]] | None = None

    def sends_mail(self, connector: str) -> bool:
        return connector == "memory"

    def sends_from(self, connection: ConnectionRef) -> str | None:
        given = connection.config.get("sender", MAILBOX)
        return str(given)

    async def send(self, _connection: ConnectionRef, notice: BuyerNotice) -> VendorReceipt:
        assert open_transactions.get() == 0, "mail was sent while a transaction was open"
        happens, self.before_arrival = self.before_arrival, None
        if happens is not None:
            await happens()
        fault = self.cues.pop(0) if self.cues else None
        if fault is None or isinstance(fault, VendorUnansweredError):  # it went out, and the answer is lost
            self.arrived.append(notice)
        if fault is not None:
            raise fault
        return VendorReceipt(vendor_id=f"<{notice.key}@house.example>", version="1")


class StandsStill(WatchedUow):
    """The process stands still after its first transaction, while `meanwhile` happens."""

    def __init__(self, inner: UnitOfWork, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(inner)
        self._meanwhile: Callable[[], Awaitable[object]] | None = meanwhile

    @asynccontextmanager
    async def _watched(self, opened: AbstractAsyncContextManager[Tx]) -> AsyncIterator[Tx]:
        async with super()._watched(opened) as tx:
            yield tx
        happens, self._meanwhile = self._meanwhile, None
        if happens is not None:
            await happens()


class IsAway(WatchedUow):
    """The database does not answer the next transactions once it has taken `after` of them: `does_commit` says whether it has
    carried them out all the same.
    """

    def __init__(self, inner: UnitOfWork, *, after: int, times: int, does_commit: bool) -> None:
        super().__init__(inner)
        self._after, self._times, self._does_commit = after, times, does_commit

    @asynccontextmanager
    async def _watched(self, opened: AbstractAsyncContextManager[Tx]) -> AsyncIterator[Tx]:
        self._after -= 1
        is_away = -self._times <= self._after < 0
        async with super()._watched(opened) as tx:
            yield tx
            if is_away and not self._does_commit:
                raise DatabaseUnavailable
        if is_away:
            raise DatabaseUnavailable


def invitation_in(notice: BuyerNotice) -> dict[str, str]:
    """The event of the mail's file, with the file's METHOD."""
    assert notice.invitation is not None
    calendar = Calendar.from_ical(notice.invitation)
    (event,) = calendar.walk("VEVENT")
    return {**{name: str(event[name]) for name in event}, "METHOD": str(calendar["METHOD"])}


@dataclass(slots=True, kw_only=True)
class MailFloor:
    """A floor, and the mail that leaves it."""

    floor: Floor
    env: Env
    mail: Mail

    async def booked(self, **facts: Any) -> AppointmentRow:
        lead_id = await self.floor.lead(**facts)
        handed = await self.floor.hand_over(lead_id)
        return await book(self.env, lead_id, handed.slots[0].start, actor=SETTER)

    async def reassigned(self, row: AppointmentRow) -> AppointmentRow:
        """Now led by another closer."""
        return await reassign_appointment(self.env, row.id, to=another_closer(row), reason="test", actor=SETTER)

    async def led_by_one_who_cannot_invite(self) -> AppointmentRow:
        """An appointment to which the first rep's calendar invited the buyer; the calendar of the one who took over cannot."""
        self.floor.vendor.invites = True
        row = await self.booked()
        await self.floor.work()
        self.floor.vendor.invites = False
        moved = await self.reassigned(row)
        await self.floor.work()
        assert row.invited_by == "calendar"
        return moved

    async def notices(self, row: AppointmentRow) -> list[DeliveryRow]:
        return [item for item in await self.floor.deliveries(row.id) if item.kind == "notice"]


def mailing(*, conference: str | None = None, **invitations: Any) -> dict[str, Any]:
    """The floor's policy, whose closers write to buyers, and meet them at `conference`."""
    policy = deepcopy(POLICY)
    if conference is not None:
        policy["pools"]["closers-mid-market"].setdefault("booking", {})["conference"] = conference
    policy["pools"]["closers-mid-market"]["invitations"] = {"by": "mail", "connection": "post"} | invitations
    return policy


@asynccontextmanager
async def open_mail_floor(
    database_url: str, *, conference: str | None = None, **invitations: Any
) -> AsyncIterator[MailFloor]:
    async with open_floor(database_url) as floor:
        mail = Mail()
        floor.env = replace(floor.env, notices=mail)
        await save_connection(floor.env, "post", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
        floor.world.env = replace(floor.world.env, notices=mail)
        await floor.world.publish(mailing(conference=conference, **invitations))
        yield MailFloor(floor=floor, env=floor.env, mail=mail)


async def tell_address(line: MailFloor, lead_id: UUID, email: str) -> None:
    """The CRM, which knows the lead by an id of its own, says another address."""
    await line.floor.world.rows(
        "insert into lead_identities (sender, source, external_id, lead_id) values ('api', 'crm', :name, :id)"
        " on conflict do nothing",
        name=str(lead_id),
        id=lead_id,
    )
    await submit_lead(line.env, LeadInput(external_id=str(lead_id), source_system="crm", email=email), actor=ADMIN)
