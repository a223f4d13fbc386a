"""The calendars to compare: every one into which we put an event for an appointment ahead."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.calendar_diff import Loss, is_accident
from pointsman.services.calendars.unreadable_alerts import BindingWithReading
from pointsman.services.ports import Env
from pointsman.services.ports.booking.calendars import MissingEvent
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import PlacedEvent

READS_PER_CONNECTION = 4  # so that one slow vendor cannot take every reader


@dataclass(slots=True, kw_only=True)
class ConnectionRun:
    """One connection during one look: its own gate, and how often it failed in a row.

    `lost_much`: what its calendars lost by the last look, they lost by an accident.
    """

    connection: ConnectionRow
    lost_much: bool = False
    semaphore: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS_PER_CONNECTION))
    consecutive_failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCalendar:
    """One calendar, and every event that we put into it for an appointment ahead."""

    connection_run: ConnectionRun
    name: str
    placed_events: tuple[PlacedEvent, ...]
    bindings: tuple[BindingWithReading, ...]
    missing: Mapping[str, MissingEvent]  # at the last look, by key
    doubted_at: datetime | None  # it may be of another account since then, and no look has seen it yet

    @property
    def key(self) -> tuple[UUID, str]:
        return self.connection_run.connection.id, self.name


async def find_calendars(env: Env, now: datetime) -> list[ComparedCalendar]:
    """The calendars to look at; those of a connection that is out of use have an alert already."""
    by_calendar: dict[tuple[UUID, str], list[PlacedEvent]] = defaultdict(list)
    bound: dict[tuple[UUID, str], list[BindingWithReading]] = defaultdict(list)
    lines: dict[UUID, ConnectionRun] = {}
    missing: dict[tuple[UUID, str], dict[str, MissingEvent]] = defaultdict(dict)
    async with env.uow() as tx:
        for item in await tx.deliveries.placed_events(after=now):
            by_calendar[item.connection_id, item.calendar].append(item)
        doubts = await tx.calendars.doubts()
        for one in await tx.calendars.missing_events():
            missing[one.connection_id, one.calendar][one.key] = one
        for binding, last in await tx.calendars.bindings(None):
            bound[binding.connection.id, binding.calendar].append((binding, last))
        for connection_id in {connection_id for connection_id, _ in by_calendar}:
            lines[connection_id] = ConnectionRun(connection=await tx.deliveries.connection(connection_id))
        found = {key for key in by_calendar if lines[key[0]].connection.active and not lines[key[0]].connection.fault}
        for connection_id, run in lines.items():
            run.lost_much = _lost_much(connection_id, by_calendar, missing, now)
        for place in missing.keys() - found:  # nothing is looked for there
            await tx.calendars.keep_missing(*place, [])
    return [
        ComparedCalendar(
            connection_run=lines[key[0]],
            name=key[1],
            placed_events=tuple(placed),
            bindings=tuple(bound[key]),
            missing=missing[key],
            doubted_at=doubts.get(key),
        )
        for key, placed in by_calendar.items()
        if key in found
    ]


def _lost_much(
    connection_id: UUID,
    placed: Mapping[tuple[UUID, str], Sequence[PlacedEvent]],
    missing: Mapping[tuple[UUID, str], Mapping[str, MissingEvent]],
    now: datetime,
) -> bool:
    expected = sum(one.is_wanted for place, items in placed.items() if place[0] == connection_id for one in items)
    losses = [
        Loss(place[1], one.since)
        for place, items in missing.items()
        if place[0] == connection_id
        for one in items.values()
    ]
    return is_accident(losses, expected=expected, now=now)
