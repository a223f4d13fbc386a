"""What the machines of booking share: a floor of their own, reps that all want at the same few times, and how lives are drawn."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from pointsman.domain.roster.roles import Work
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.roster.change_roster import RoleInput, put_roster
from support.databases.fixtures import EmptyDatabase
from support.floors.booking_floor import SETTER, Floor
from support.floors.use_case_env import ADMIN, floor_given, office_hours, rep_given

T = TypeVar("T")
BERLIN = ZoneInfo("Europe/Berlin")
LENGTH = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
DESIGNERS = ("dora", "emil")
HOLDER = "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :lead and a.ended_at is null"


def time_of(chosen: tuple[int, int]) -> datetime:
    """(day, quarter of an hour after nine) as an instant, some days from today in Berlin."""
    day, quarter = chosen
    date = (datetime.now(BERLIN) + timedelta(days=3 + day)).date()
    return datetime.combine(date, time(9), BERLIN).astimezone(UTC) + quarter * QUARTER


class BookingMachine(RuleBasedStateMachine):
    """A life on a floor of its own; a rule `begin`s it, and opens `floor` on what that gives."""

    empty_database: EmptyDatabase
    floor: Floor
    with_companions = False  # whether a designer comes along
    checked = True  # whether the service looks before the database does

    def begin(self) -> str:
        """The address of the new database."""
        self.runner, self.stack, self.patch = asyncio.Runner(), AsyncExitStack(), pytest.MonkeyPatch()
        self.database = self.empty_database()
        self.leads: list[UUID] = []
        return self.database.__enter__()

    async def hire_designers(self) -> None:
        """Two reps who come along; all reps work on every day."""
        given = floor_given()
        designer = RoleInput(name="Designer", works=frozenset({Work.SOLUTION_DESIGN}))
        always = tuple(replace(block, weekday=day) for day in range(7) for block in office_hours()[:1])
        people = [*given.reps, *(rep_given(key, "Designer") for key in DESIGNERS)]
        reps = tuple(replace(rep, working_hours=always) for rep in people)
        await put_roster(self.floor.env, replace(given, roles=(*given.roles, designer), reps=reps), actor=ADMIN)
        for rep in DESIGNERS:
            bound = [CalendarBindingInput(connection="cal", calendar=f"{rep}-cal", writes=True)]
            await bind_calendars(self.floor.env, rep, bound, actor=SETTER)

    def teardown(self) -> None:
        if not hasattr(self, "floor"):
            return
        try:
            self.run(self.close())
        finally:
            self.patch.undo()
            self.runner.close()
            self.database.__exit__(None, None, None)

    async def close(self) -> None:
        await self.stack.aclose()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)


def run_lives(
    machine: type[BookingMachine], empty_database: EmptyDatabase, *, lives: int, steps: int, **given: object
) -> None:
    """Draw the same `lives` of so many steps each time, with `given` as the machine's; EXPLORE_LIVES draws so many anew.

    Faults that are found so are made small.
    """
    explore = int(os.environ.get("EXPLORE_LIVES", "0"))
    run_state_machine_as_test(
        type("Drawn", (machine,), {"empty_database": staticmethod(empty_database), **given}),
        settings=settings(
            max_examples=explore or lives,
            stateful_step_count=steps,
            derandomize=not explore,
            database=None,
            phases=[Phase.generate, *([Phase.shrink] if explore else [])],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
