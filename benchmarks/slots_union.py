"""When can anybody of 500 reps be booked in the next 14 days? The union of their slots, beside asking one after another.

    python benchmarks/slots_union.py [--reps 500] [--rounds 7]

Processor time of one core, the median of the rounds, the ways in turn; their answers are compared first. Every rep has
office hours with a lunch break in one of eight zones, public holidays, 60 things in the calendar, and 8 appointments; every
fifth has a cap, every tenth a day off.
"""

import argparse
import random
import sys
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the tests are no package that is installed

from pointsman.domain.booking.appointment_caps import CountedAppointment, full_days
from pointsman.domain.booking.availability import Interval, Reservation, bookable_window, free_intervals
from pointsman.domain.booking.earliest_starts import RepSchedule
from pointsman.domain.booking.slot_union import SlotUnion
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Caps, Rep, TimeOff, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from support.rep_slots import slots_of_rep

NOW = datetime(2026, 10, 19, 6, 0, 17, tzinfo=UTC)  # a Monday; clocks change in between, in Europe and then in America
AIM_MS = 50.0
ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata",
    "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip
HOLIDAYS = ("DE-BY", "GB-ENG", "US", "US-CA", "BR", "IN", "JP", "AU-NSW")
RULES = BookingRules(buffer_after=timedelta(minutes=15))
CLOSER = Role(name="Closer", works=frozenset({Work.CLOSING}))
MINUTE = timedelta(minutes=1)


def diary(number: int, dice: random.Random) -> RepSchedule:
    """One rep with a full calendar."""
    begins = dice.choice((8, 9, 10))
    zone = number % len(ZONES)
    hours = [(time(begins), time(12)), (time(13), time(begins + 8))]
    away = NOW + timedelta(days=dice.randrange(1, 14))
    rep = Rep(
        id=UUID(int=number),
        key=f"rep-{number:03}",
        name=f"Rep {number}",
        email="",
        role=CLOSER,
        role_id=UUID(int=0),
        time_zone=ZONES[zone],
        holidays=HOLIDAYS[zone],
        working_hours=tuple(WeeklyBlock(weekday=day, start=a, end=b) for day in range(5) for a, b in hours),
        time_off=(TimeOff(start=away, end=away + timedelta(days=1)),) if number % 10 == 0 else (),
        caps=Caps(appointments_per_day=4) if number % 5 == 0 else Caps(),
    )
    week = timedelta(days=14) // MINUTE
    starts = [NOW + dice.randrange(week) * MINUTE for _ in range(60)]
    busy = [Interval(start, start + dice.choice((15, 30, 60, 90)) * MINUTE) for start in starts]
    meetings = [NOW + dice.randrange(week) * MINUTE for _ in range(8)]
    return RepSchedule(
        rep=rep,
        busy=busy,
        reservations=[
            Reservation(Interval(start, start + RULES.duration), dice.choice((0, 5, 30)) * MINUTE, RULES.buffer_after)
            for start in meetings
        ],
        appointments=[CountedAppointment(start=start) for start in meetings],
        known=Interval(NOW, NOW + timedelta(days=15)),
    )


def one_by_one(diaries: list[RepSchedule], window: Interval) -> list[datetime]:
    """The naive way: each rep's free time is cut into slots, and the starts are united."""
    found: set[datetime] = set()
    for item in diaries:
        rep = item.rep
        open_times = free_intervals(rep, item.busy, item.reservations, window, RULES, NOW)
        full = full_days(rep, item.appointments)
        offered = slots_of_rep(rep.key, open_times, RULES.duration, RULES.slot_grid, rep.time_zone, full_days=full)
        found.update(slot.start for slot in offered)
    return sorted(found)


def united(diaries: list[RepSchedule], window: Interval) -> list[datetime]:
    return SlotUnion(rules=RULES, now=NOW, window=window).starts(diaries)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    dice = random.Random(20261019)  # the same calendars on every machine
    diaries = [diary(number, dice) for number in range(given.reps)]
    window = bookable_window(RULES, NOW)
    expected = one_by_one(diaries, window)
    if united(diaries, window) != expected:
        print("the two ways do not agree")
        return 1
    ways: dict[str, Callable[[list[RepSchedule], Interval], list[datetime]]] = {
        "union": united,
        "one by one": one_by_one,
    }
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(given.rounds):
        for name, way in ways.items():
            start = clock.process_time()
            way(diaries, window)
            rounds[name].append((clock.process_time() - start) * 1_000)
    table = Table(title=f"{given.reps} reps, 14 days, {len(expected)} starts")
    for column in ("way", "CPU ms, median", "fastest", "slowest"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for name, took in rounds.items():
        table.add_row(name, f"{median(took):.1f}", f"{min(took):.1f}", f"{max(took):.1f}")
    console = Console()
    console.print(table)
    took = median(rounds["union"])
    times = median(rounds["one by one"]) / took
    met = "met" if took <= AIM_MS else "MISSED"
    console.print(f"aim: at most {AIM_MS:g} ms of CPU: {took:.1f} ms, {met}; {times:.0f} times faster than one by one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
