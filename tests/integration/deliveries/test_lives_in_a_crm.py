"""Random lives of leads beside a CRM that fails: at the end it has the owner of each lead, and each meeting as it stands."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import AppointmentStatus, MeetingOutcome, RejectCode
from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel, mark_attended, mark_no_show, reject, set_outcome
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING
from pointsman.services.connections.users.confirm import confirm_users
from pointsman.services.connections.users.following import LOOKS_EVERY, follow_users
from pointsman.services.deliveries.enqueue import meeting_key
from pointsman.services.deliveries.records.told import record_id
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman_sdk import User
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import IN_THE_CRM, USERS, CrmFloor, living_through, open_crm_floor
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio

SDRS = ("lena", "jonas", "sofia")
ACTS = 60
SPARE = tuple(f"spare-{number}" for number in range(6))  # users whose addresses are no rep's
STATUS = {
    AppointmentStatus.CONFIRMED: "planned",
    AppointmentStatus.ATTENDED: "attended",
    AppointmentStatus.NO_SHOW: "no_show",
    AppointmentStatus.CANCELLED: "cancelled",
    AppointmentStatus.REJECTED: "cancelled",
}
SEEDS = pytest.mark.parametrize(
    "seed", [pytest.param(7, id="one"), *(pytest.param(one, marks=pytest.mark.deep) for one in range(1, 6))]
)


@dataclass(slots=True, kw_only=True)
class Town:
    """Leads and their appointments, and what may happen to them."""

    crm: CrmFloor
    dice: Random
    leads: list[UUID] = field(default_factory=list)
    meetings: list[UUID] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    async def act(self) -> None:
        """Something happens to some lead; what is refused did not happen."""
        name, what = self.dice.choice(list(self.acts().items()))
        try:
            await what()
        except PointsmanError:
            return
        self.done.append(name)

    def acts(self) -> dict[str, Callable[[], Awaitable[object]]]:
        every: dict[str, Callable[[], Awaitable[object]]] = {"arrive": self.arrive}
        if self.leads:
            every |= {
                "assign": self.assign,
                "reassign": lambda: reassign(self.crm.env, self.lead(), reason="x", actor=ADMIN),
                "hand over": lambda: self.crm.floor.hand_over(self.lead()),
                "refuse": self.refuse,
                "merge": lambda: merge_leads(self.crm.env, self.lead(), into=self.lead(), reason="x", actor=ADMIN),
                "book": self.book,
            }
        if self.meetings:
            every |= {"move": self.move, "call off": self.call_off, "give": self.give, "meet": self.meet}
            every |= {"reject": self.reject}
        return every

    def lead(self) -> UUID:
        return self.dice.choice(self.leads)

    def meeting(self) -> UUID:
        return self.dice.choice(self.meetings)

    async def row(self, meeting: UUID) -> AppointmentRow:
        async with self.crm.env.uow() as tx:
            row = await tx.appointments.get(meeting)
        assert row is not None
        return row

    async def arrive(self) -> None:
        facts = self.dice.choice(({"lead__country": "DE"}, {"lead__source": "newsletter"}, {"lead__country": "DE"}))
        lead_id = await self.crm.floor.world.lead(company__employees=self.dice.choice((20, 120)), **facts)
        self.leads.append(lead_id)
        await self.crm.floor.world.route(lead_id)

    async def assign(self) -> None:
        given: dict[str, Any] = {"work": Work.QUALIFICATION, "override_id": None, "reason": "x", "actor": ADMIN}
        await assign_manually(self.crm.env, self.lead(), rep=self.dice.choice(SDRS), **given)

    async def refuse(self) -> None:
        evidence = self.crm.floor.evidence("need", affirmed=False)
        await self.crm.floor.hand_over(self.lead(), evidence=evidence)

    async def book(self) -> None:
        lead_id = self.lead()
        handed = await self.crm.floor.hand_over(lead_id)
        if handed.slots:
            row = await book(self.crm.env, lead_id, self.dice.choice(handed.slots).start, actor=SETTER)
            self.meetings.append(row.id)

    async def move(self) -> None:
        row = await self.row(self.meeting())
        await reschedule(self.crm.env, row.id, row.starts_at + timedelta(hours=2), reason="x", actor=SETTER)

    async def call_off(self) -> None:
        by = self.dice.choice((ActorRole.PROSPECT, ActorRole.CLOSER))
        await cancel(self.crm.env, self.meeting(), by=by, reason="x", actor=SETTER)

    async def give(self) -> None:
        await reassign_appointment(self.crm.env, self.meeting(), reason="x", actor=SETTER)

    async def reject(self) -> None:
        code = self.dice.choice(list(RejectCode))
        await reject(self.crm.env, self.meeting(), code=code, reason="x", actor=SETTER)

    async def meet(self) -> None:
        row = await self.row(self.meeting())
        later = replace(self.crm.env, clock=lambda: row.ends_at + timedelta(minutes=1))
        if self.dice.random() < 0.4:
            await mark_no_show(later, row.id, actor=SETTER)
            return
        await mark_attended(later, row.id, actor=SETTER)
        if self.dice.random() < 0.7:
            outcome = self.dice.choice((MeetingOutcome.WON, MeetingOutcome.LOST))
            await set_outcome(later, row.id, outcome=outcome, actor=SETTER)

    async def tell(self) -> None:
        """Some of what is owed is carried out, while the CRM fails in some way or the worker dies."""
        wire, dice = self.crm.wire, self.dice
        match dice.choice(("well", "lost", "503", "refused", "truncated", "crash")):
            case "lost":
                wire.lose_answer(times=dice.randint(1, 3))
            case "503":
                wire.answer(503, writes_only=True, times=dice.randint(1, 3))
            case "refused":
                wire.refuse(times=dice.randint(1, 3))
            case "truncated":
                wire.truncate(writes_only=True, times=dice.randint(1, 2))
            case "crash":
                self.crm.crashing.crashes = 1
            case _:
                pass
        await living_through(self.crm.floor.work_out(rounds=1))
        wire.heal()
        self.crm.crashing.crashes = 0

    async def holder(self, lead_id: UUID) -> str | None:
        async with self.crm.env.uow() as tx:
            booked = await tx.appointments.active_for_lead(lead_id)
            current = await tx.decisions.current_assignment(lead_id)
        return booked.rep_key if booked else current.rep if current else None


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
        yield crm


@SEEDS
async def test_whatever_happened_the_crm_has_the_owner_of_each_lead_and_one_meeting_for_each_appointment(
    crm: CrmFloor, seed: int
) -> None:
    town = Town(crm=crm, dice=Random(seed))
    for _ in range(ACTS):
        await town.act()
        if town.dice.random() < 0.5:
            await town.tell()
            crm.floor.world.clock.advance(MAX_AGE_FOR_BOOKING)
    await crm.floor.work_out(rounds=200)
    states = await crm.floor.world.rows("select distinct status from deliveries")
    assert {row.status for row in states} <= {"done", "superseded"}
    assert {"arrive", "assign", "book"} <= set(town.done)
    await check_owners(town)
    await check_meetings(town)


async def check_owners(town: Town) -> None:
    there, records = town.crm.crm.crm, {}
    for lead_id in town.leads:
        owed = await town.crm.records(lead_id)
        row = there.row(record_id(owed))
        records[lead_id] = row.id if row else None
    for lead_id in town.leads:
        async with town.crm.env.uow() as tx:
            lead = await tx.leads.get(lead_id)
        assert lead is not None
        known, wanted = records[lead_id], await town.holder(lead.merged_into or lead_id)
        if lead.merged_into is not None and known != records[lead.merged_into]:
            wanted = None  # the record of a lead that is another one now
        assert known is not None or wanted is None
        if known is not None:
            assert USERS.get(there.rows[known].values.get("owner", "")) == wanted, lead_id
    # No meeting made a record beside that of its lead.
    assert {one.id for one in there.of("person")} == {one for one in records.values() if one is not None}


async def check_meetings(town: Town) -> None:
    told = town.crm.crm.activities.items
    assert set(told) <= {meeting_key(one) for one in town.meetings}
    for meeting in town.meetings:
        row, item = await town.row(meeting), told.get(meeting_key(meeting))
        if item is None:  # it was called off before the CRM heard of it
            assert STATUS[AppointmentStatus(row.status)] == "cancelled"
            continue
        owner = USERS[item.values["owner"]]
        assert (item.values["status"], owner) == (STATUS[AppointmentStatus(row.status)], row.rep_key)


@SEEDS
async def test_while_reps_are_confirmed_as_other_users_the_crm_has_the_user_of_each_holder(
    crm: CrmFloor, seed: int
) -> None:
    for key in SPARE:
        crm.crm.crm.users.append(User(id=key, email=f"{key}@example.com", name=key, active=True))
    town = Town(crm=crm, dice=Random(seed))
    said: dict[str, str] = {}
    for _ in range(ACTS):
        await town.act()
        match town.dice.choice(("told", "told", "confirmed", "saved", "looked")):
            case "told":
                await town.tell()
                crm.floor.world.clock.advance(MAX_AGE_FOR_BOOKING)
            case "confirmed":
                named = town.dice.sample(sorted(IN_THE_CRM), town.dice.randint(0, 4))
                said = dict(zip(named, town.dice.sample(SPARE, len(named)), strict=True))
                await confirm_users(crm.env, "crm", said, actor=ADMIN)
            case "saved":
                await crm.connect()  # the ids are in doubt
            case _:
                crm.floor.world.clock.advance(LOOKS_EVERY)
                await follow_users(crm.env)
    await crm.floor.work_out(rounds=200)
    user_of = {rep: user for user, rep in USERS.items()} | said
    for lead_id in town.leads:
        row = crm.crm.crm.row(record_id(await crm.records(lead_id)))
        async with crm.env.uow() as tx:
            lead = await tx.leads.get(lead_id)
        holder = await town.holder(lead_id)
        if lead is not None and lead.merged_into is None and holder is not None:
            assert row is not None
            assert row.values["owner"] == user_of[holder]
    for meeting in town.meetings:
        row_of, item = await town.row(meeting), crm.crm.activities.items.get(meeting_key(meeting))
        if row_of.status == AppointmentStatus.CONFIRMED and item is not None:
            assert item.values["owner"] == user_of[row_of.rep_key]
