"""What happens to appointments and to their buyers' addresses in the run of the mailboxes, act by act."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import floors
from callers import Caller
from mailbox_books import NAME
from vendor_floor import SOURCE, Floor

from pointsman.domain.errors import Conflict, Unavailable
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable
from pointsman.services.ports.booking.appointments import AppointmentRow

#: What happens to an appointment after it was booked, and to how many of 31. `correct` gives the buyer the other of two
#: addresses, `correct_before` does so before anything was sent.
LIVES: Mapping[tuple[str, ...], int] = {
    (): 5,
    ("move",): 3,
    ("give",): 3,
    ("call_off",): 2,
    ("move", "give", "call_off"): 3,
    ("give", "move", "miss"): 2,
    ("miss",): 2,
    ("correct_before",): 1,
    ("correct_before", "correct", "move"): 1,
    ("correct",): 2,
    ("correct", "correct"): 2,
    ("correct", "correct", "call_off"): 1,
    ("move", "correct", "give"): 1,
    ("correct", "move", "correct", "miss"): 1,
    ("give", "correct", "call_off"): 2,
}
_KINDS = [life for life, count in LIVES.items() for _ in range(count)]
_AGAIN_S, _MOST_TRIES = 2.0, 90


def has_leads(closer: str) -> bool:
    return number_of(closer) % 2 == 1


def stand_in(closer: str) -> str:
    """Whose calendar is free whenever this closer has an appointment."""
    vendor, number = closer.rsplit("-", 1)
    other = {"google": "microsoft", "microsoft": "google"}[vendor] if int(number) % 4 == 1 else vendor
    return f"{other}-{int(number) + 1}"


def pool_rules(closer: str) -> Mapping[str, Any]:
    """Where its appointments take place, and which way their buyers are told: all four of both, with stand-ins of both kinds."""
    row = (number_of(closer) - 1) // 4
    by = "mail" if row % 2 == 0 else "calendar"
    conference = f"https://meet.example/{closer}" if row // 2 % 2 == 0 else "create"
    booking = {**floors.BOOKING, "slots_shown": 1, "conference": conference}
    return {"booking": booking, "invitations": {"by": by, "connection": NAME}}


def number_of(closer: str) -> int:
    return int(closer.rsplit("-", 1)[1])


def addresses_of(lead_id: UUID) -> tuple[str, str]:
    """Those that a buyer has in turn."""
    return f"{lead_id}@lead.example", f"{lead_id}.new@lead.example"


@dataclass(slots=True, kw_only=True)
class Lives:
    """What happens to each appointment, by its turn: every act is tried until the calendars that it asks can be read.

    `said` is the address of each lead that the API was told last.
    """

    floor: Floor
    caller: Caller
    chance: random.Random
    again: Counter[str] = field(default_factory=Counter)
    said: dict[UUID, str] = field(default_factory=dict)

    async def begin(self, rows: Sequence[AppointmentRow]) -> None:
        """What happens before anything is sent."""
        for row, life in _lives(rows):
            if life[:1] == ("correct_before",):
                await self._correct(row)

    async def live(self, rows: Sequence[AppointmentRow], seconds: float) -> list[AppointmentRow]:
        """All lives up to their last act but a no-show, spread over so many seconds; the appointments that are missed."""
        turns = asyncio.Semaphore(4)
        missed: list[AppointmentRow] = []

        async def one(row: AppointmentRow, life: tuple[str, ...], pauses: Sequence[float]) -> None:
            for act, pause in zip(life, pauses, strict=True):
                await asyncio.sleep(pause)
                if act == "miss":
                    missed.append(row)
                    continue
                async with turns:
                    row = await self._done(act, row)

        lives = [
            (row, life[1:] if life[:1] == ("correct_before",) else life, self._pace(seconds))
            for row, life in _lives(rows)
        ]
        pauses = [[self.chance.random() * pace / max(1, len(life)) for _ in life] for _, life, pace in lives]
        await asyncio.gather(*(one(row, life, pause) for (row, life, _), pause in zip(lives, pauses, strict=True)))
        return missed

    def _pace(self, seconds: float) -> float:
        """One in three lives it all in a tenth of the time, so that acts meet what is under way."""
        return seconds * (0.1 if self.chance.random() < 1 / 3 else 1.0)

    async def _done(self, act: str, row: AppointmentRow) -> AppointmentRow:
        if act == "correct":
            return await self._correct(row)
        refused: Exception | None = None
        for _ in range(_MOST_TRIES):
            try:
                match act:
                    case "move":
                        return await self.floor.move(row)
                    case "give":
                        return await self.floor.give(row, stand_in(row.rep_key))
                    case _:
                        return await self.floor.call_off(row)
            except (Conflict, Unavailable) as error:
                self.again[f"{act}: {error.code} {error.extra.get('reason', '')}".rstrip()] += 1
                refused = error
            except (DatabaseUnavailable, DatabaseBusy) as error:
                self.again[f"{act}: {type(error).__name__}"] += 1
                refused = error
            await asyncio.sleep(_AGAIN_S)
            now = await self.floor.as_it_is(row.id)
            if _is_done(act, row, now):
                return now
        raise SystemExit(f"{act} was refused {_MOST_TRIES} times, at last with: {refused}")

    async def _correct(self, row: AppointmentRow) -> AppointmentRow:
        """Give the buyer their other address, as a CRM tells it."""
        first, second = addresses_of(row.lead_id)
        email = first if self.said.get(row.lead_id) == second else second
        self.said[row.lead_id] = email
        body = {"external_id": str(row.lead_id), "source_system": SOURCE, "email": email}
        await self.caller.call("POST", "/v1/leads", body, once=f"{email} {self.chance.random()}")
        return row


def is_still(number: int) -> bool:
    """Whether the appointment of this turn stays at its time, with its closer."""
    return not {"move", "give", "call_off"} & set(_KINDS[number % len(_KINDS)])


def _lives(rows: Sequence[AppointmentRow]) -> list[tuple[AppointmentRow, tuple[str, ...]]]:
    return [(row, _KINDS[number % len(_KINDS)]) for number, row in enumerate(rows)]


def _is_done(act: str, before: AppointmentRow, now: AppointmentRow) -> bool:
    """Whether the act was done though its caller never heard so."""
    match act:
        case "move":
            return now.starts_at != before.starts_at
        case "give":
            return now.rep_id != before.rep_id
        case _:
            return now.status == "cancelled"
