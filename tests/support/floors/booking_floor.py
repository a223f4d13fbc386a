"""The small floor with calendars: leads that can be handed over, closers who can be booked."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pointsman.domain.booking.calendar_diff import BETWEEN_LOOKS
from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.roster.reps import Caps
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.handover.book_on_handover import AutoBook
from pointsman.services.handover.handover import hand_over
from pointsman.services.handover.handover_result import HandoverResult
from pointsman.services.ports import Actor, Env, Tx, UnitOfWork
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from support.floors.faulty_calendars import FaultyCalendars, open_transactions
from support.floors.use_case_env import World, floor_given, office_hours, open_world

SETTER = Actor(name="key:setter", kind=CallerKind.ADMIN)  # acts on any side
CLOSERS = ("anna", "ben", "clara")


@dataclass(slots=True, kw_only=True)
class Floor:
    """A world whose closers have calendars at a vendor that misbehaves on cue."""

    world: World
    env: Env
    vendor: FaultyCalendars

    def evidence(self, *names: str, affirmed: bool = True, at: datetime | None = None) -> list[Evidence]:
        chosen = names or ("need", "intent", "offer_known")
        return [
            Evidence(
                kind=EVIDENCE_NAMES[name],
                name=name,
                value=f"yes: {name}",
                affirmed=affirmed,
                source="sdr:lena",
                observed_at=at or self.env.clock(),
            )
            for name in chosen
        ]

    async def lead(self, **facts: Any) -> UUID:
        return await self.world.lead(**({"company__employees": 120, "lead__country": "DE"} | facts))

    async def hand_over(self, lead_id: UUID, **over: Any) -> HandoverResult:
        auto_book = AutoBook(earliest=over.pop("at_earliest", False), window=over.pop("window", None))
        given = {"evidence": self.evidence(), "setter": "lena", "actor": SETTER, "auto_book": auto_book} | over
        return await hand_over(self.env, lead_id, **given)

    async def ready(self) -> tuple[UUID, HandoverResult]:
        """A new lead with a closer, and the answer to its hand-over."""
        lead_id = await self.lead()
        return lead_id, await self.hand_over(lead_id)

    async def appointment(self, appointment_id: UUID) -> AppointmentRow:
        """As it stands now."""
        async with self.env.uow() as tx:
            found = await tx.appointments.get(appointment_id)
        assert found is not None
        return found

    async def deliveries(self, appointment_id: UUID) -> list[DeliveryRow]:
        async with self.env.uow() as tx:
            return list(await tx.deliveries.of_appointment(appointment_id))

    async def work(self) -> int:
        """What a worker does with everything that is due now."""
        due = await self.world.rows(
            "select id from deliveries where status = 'pending' and next_attempt_at <= :now"
            " and (lease_until is null or lease_until <= now()) order by created_at, sequence",
            now=self.env.clock(),
        )
        for row in due:
            await run_delivery(self.env, row.id)
        return len(due)

    async def work_out(self, *, rounds: int = 40) -> None:
        """Let time pass until nothing is pending any more."""
        for _ in range(rounds):
            await self.world.rows("update deliveries set lease_until = null where status = 'pending'")
            await self.world.rows("update deliveries set next_attempt_at = now() where status = 'pending'")
            if not await self.work():
                return


class WatchedUow:
    """Counts the transactions around the running code, so that the vendor can object to being called inside one."""

    def __init__(self, inner: UnitOfWork) -> None:
        self._inner = inner

    def __call__(self) -> AbstractAsyncContextManager[Tx]:
        return self._watched(self._inner())

    def snapshot(self) -> AbstractAsyncContextManager[Tx]:
        return self._watched(self._inner.snapshot())

    @asynccontextmanager
    async def _watched(self, opened: AbstractAsyncContextManager[Tx]) -> AsyncIterator[Tx]:
        before = open_transactions.set(open_transactions.get() + 1)
        try:
            async with opened as tx:
                yield tx
        finally:
            open_transactions.reset(before)

    def autocommit(self) -> AbstractAsyncContextManager[Tx]:
        return self._inner.autocommit()


def another_closer(row: AppointmentRow) -> str:
    """The first who does not lead it."""
    return next(key for key in CLOSERS if key != row.rep_key)


def until_morning(now: datetime) -> timedelta:
    """To the next six o'clock in Berlin: before anybody works, and long before the first slot becomes too near."""
    local = now.astimezone(ZoneInfo("Europe/Berlin"))
    morning = local.replace(hour=6, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)  # on the wall clock: a day with a change of clocks is longer or shorter
    return morning.astimezone(UTC) - now


@asynccontextmanager
async def open_floor(
    database_url: str,
    *,
    policy: Mapping[str, Any] | None = None,
    closers: tuple[str, ...] = CLOSERS,
    caps: Caps | None = None,
) -> AsyncIterator[Floor]:
    """Everybody works seven days a week, and it is early in the morning: tests mean the same on every day at every hour."""
    always = tuple(replace(block, weekday=day) for day in range(7) for block in office_hours()[:1])
    reps = tuple(replace(rep, working_hours=always, caps=caps or rep.caps) for rep in floor_given().reps)
    vendor = FaultyCalendars()

    async def connect(world: World) -> None:
        env = replace(world.env, calendars=vendor)
        await save_connection(env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
        for rep in closers:
            bound = [CalendarBindingInput(connection="cal", calendar=f"{rep}-cal", writes=True)]
            await bind_calendars(env, rep, bound, actor=SETTER)

    given, furniture = floor_given(reps=reps), f"calendars of {closers}"
    async with open_world(database_url, roster=given, policy=policy, furnish=connect, furniture=furniture) as world:
        vendor.calls.clear()
        world.clock.advance(until_morning(world.clock()))
        # A floor that is put back was made by an earlier test: its calendars count as read just now, as when it was made.
        await world.rows("update calendar_reads set read_at = :now", now=world.env.clock())
        env = replace(world.env, calendars=vendor, uow=WatchedUow(world.env.uow))
        yield Floor(world=world, env=env, vendor=vendor)


async def look_twice(floor: Floor, *, deadline: timedelta | None = None) -> int:
    """Two looks so far apart that what both did not find is gone; how many calendars the second one read."""
    given = {"deadline": deadline} if deadline else {}
    await sync_calendars(floor.env, **given)
    floor.world.clock.advance(BETWEEN_LOOKS)
    return await sync_calendars(floor.env, **given)


def live_beside(floor: Floor, calendar: str) -> None:
    """Put a night of the owner's own into the calendar, so that it is not empty without us."""
    night = floor.env.clock() + timedelta(hours=18)  # it is morning on the floor
    floor.vendor.busy.setdefault(calendar, [(night, night + timedelta(hours=1))])
