"""Which user of a CRM a rep is: proposed by address, confirmed, used in deliveries, and followed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.roster.reps import Caps
from pointsman.services.booking.book import book
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.health import connection_health
from pointsman.services.connections.users.confirm import confirm_users, list_rep_users
from pointsman.services.connections.users.following import LOOKS_EVERY, follow_users, look_for_users
from pointsman.services.connections.users.proposal import propose_users
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.rep_users import UserState
from pointsman.services.roster.change_roster import RepInput, RosterInput, put_roster
from pointsman_sdk import User
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.wording import english_of

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)
CARLA = "connection:crm/rep:clara"


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url, closers=("anna", "ben")) as crm:
        yield crm


async def confirm(crm: CrmFloor, **users: str) -> None:
    await confirm_users(crm.env, "crm", users, actor=SETTER)


async def states(crm: CrmFloor) -> dict[str, tuple[str | None, str]]:
    rows = await crm.floor.world.rows(
        "select r.key, u.user_id, u.state from rep_users u join reps r on r.id = u.rep_id order by r.key"
    )
    return {row.key: (row.user_id, row.state) for row in rows}


async def open_alerts(crm: CrmFloor) -> list[str]:
    found = await crm.floor.world.rows(
        "select subject from alerts where resolved_at is null and code = 'crm-user-missing' order by subject"
    )
    return [row.subject for row in found]


async def booked(crm: CrmFloor) -> AppointmentRow:
    lead_id, handed = await crm.floor.ready()
    row = await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    await crm.floor.work_out()
    return row


def change(crm: CrmFloor, user_id: str, **values: Any) -> None:
    crm.crm.crm.users = [replace(one, **values) if one.id == user_id else one for one in crm.crm.crm.users]


def add(crm: CrmFloor, user_id: str, email: str, *, active: bool = True) -> None:
    crm.crm.crm.users.append(User(id=user_id, email=email, name=user_id, active=active))


def owner(crm: CrmFloor) -> str:
    """The user who owns the one person in the CRM."""
    (person,) = crm.crm.crm.of("person")
    return str(person.values["owner"])


def looked_up(crm: CrmFloor, since: int) -> int:
    """How often the CRM was asked for its users."""
    return sum("users" in one.url.path for one in crm.wire.seen[since:])


async def test_each_rep_is_proposed_the_user_with_the_address(crm: CrmFloor) -> None:
    change(crm, "user-1", email="Anna@EXAMPLE.com")
    add(crm, "ben-again", "bruno@example.com")
    change(crm, "user-5", email="somebody@example.com")
    found = await propose_users(crm.env, "crm")
    said = {one.rep.key: (one.found.match.value, one.found.user and one.found.user.id) for one in found.reps}
    assert {key: said[key] for key in ("anna", "ben", "clara", "jonas", "eva")} == {
        "anna": ("matched", "user-1"),
        "ben": ("ambiguous", None),
        "clara": ("inactive", "user-3"),
        "jonas": ("none", None),
        "eva": ("matched", "eva"),
    }
    assert found.complete
    assert {one.id for one in found.users} == {one.id for one in crm.crm.crm.users}
    assert await states(crm) == {}  # nothing is kept by a guess


async def test_what_an_admin_confirms_is_kept_with_its_audit(crm: CrmFloor) -> None:
    await confirm(crm, anna="user-1", ben="user-4")
    (anna, ben) = await list_rep_users(crm.env, "crm")
    assert (anna.rep_key, anna.user_id, anna.email, anna.state) == (
        "anna",
        "user-1",
        "anna@example.com",
        UserState.ACTIVE,
    )
    assert (ben.user_id, ben.name) == ("user-4", "Dora")
    crm.floor.world.clock.advance(MINUTE)
    await confirm(crm, anna="user-1")
    (again,) = await list_rep_users(crm.env, "crm")
    assert again.confirmed_at == anna.confirmed_at  # nothing new was said of her
    lines = await crm.floor.world.rows(
        "select before, after from audit where action = 'connection.users-confirmed' order by at"
    )
    assert [(line.before["users"], line.after["users"]) for line in lines] == [
        ({}, {"anna": "user-1", "ben": "user-4"}),
        ({"anna": "user-1", "ben": "user-4"}, {"anna": "user-1"}),
    ]


async def test_two_reps_trade_their_users(crm: CrmFloor) -> None:
    await confirm(crm, anna="user-1", ben="user-2")
    await confirm(crm, anna="user-2", ben="user-1")
    assert await states(crm) == {"anna": ("user-2", "active"), "ben": ("user-1", "active")}


async def test_who_cannot_own_is_refused_with_the_path_and_nothing_is_kept(crm: CrmFloor) -> None:
    with pytest.raises(Invalid) as caught:
        await confirm(crm, anna="user-9", ben="user-3")
    assert [(one.path, one.code) for one in caught.value.faults] == [
        ("body.users.anna", "unknown-user"),
        ("body.users.ben", "inactive-user"),
    ]
    with pytest.raises(Invalid) as caught:
        await confirm(crm, anna="user-1", ben="user-1", nobody="user-2")
    assert [(one.path, one.code) for one in caught.value.faults] == [
        ("body.users.ben", "duplicate"),
        ("body.users.nobody", "unknown-rep"),
    ]
    assert await states(crm) == {}
    with pytest.raises(NotFound):
        await confirm_users(crm.env, "other", {}, actor=SETTER)


async def test_without_the_vendors_answer_nothing_is_confirmed(crm: CrmFloor) -> None:
    crm.wire.answer(503, times=10)
    with pytest.raises(Unavailable):
        await confirm(crm, anna="user-1")
    assert await states(crm) == {}


async def test_a_confirmed_user_owns_record_and_meeting_and_nobody_is_looked_up(crm: CrmFloor) -> None:
    await confirm(crm, anna="mia", ben="paul")
    await follow_users(crm.env)
    before = len(crm.wire.seen)
    row = await booked(crm)
    (meeting,) = crm.crm.activities.items.values()
    assert owner(crm) == meeting.values["owner"] == {"anna": "mia", "ben": "paul"}[row.rep_key]
    assert looked_up(crm, before) == 0


async def test_another_user_is_told_of_the_leads_that_the_rep_has_and_the_same_one_is_not(crm: CrmFloor) -> None:
    row = await booked(crm)
    by_address = owner(crm)
    await confirm(crm, **{row.rep_key: by_address})
    assert await crm.floor.world.value("select count(*) from deliveries where status = 'pending'") == 0
    await confirm(crm, **{row.rep_key: "mia"})
    await crm.floor.work_out()
    (meeting,) = crm.crm.activities.items.values()
    assert (owner(crm), meeting.values["owner"]) == ("mia", "mia")
    await confirm(crm)
    await crm.floor.work_out()
    (meeting,) = crm.crm.activities.items.values()
    assert owner(crm) == meeting.values["owner"] == by_address  # as before


async def test_a_user_who_left_is_looked_up_by_address_once_the_crm_refuses_the_id(crm: CrmFloor) -> None:
    await confirm(crm, anna="user-1", ben="user-2")
    await follow_users(crm.env)
    crm.crm.crm.users = [one for one in crm.crm.crm.users if one.id not in {"user-1", "user-2"}]
    add(crm, "new-anna", "anna@example.com")
    add(crm, "new-ben", "bruno@example.com")
    row = await booked(crm)
    assert owner(crm) == f"new-{row.rep_key}"


async def test_other_settings_forget_who_is_who(crm: CrmFloor) -> None:
    await confirm(crm, anna="mia")
    await crm.connect()
    assert await states(crm) == {"anna": ("mia", "active")}
    await save_connection(
        replace(crm.env, calendars=crm.gateway),
        "crm",
        connector="memory",
        config={"url": "https://other.example"},
        active=True,
        sync_owners=True,
        actor=SETTER,
    )
    assert await states(crm) == {}


async def test_after_a_save_an_id_counts_once_the_vendor_was_asked(crm: CrmFloor) -> None:
    """The same id may be somebody else's where the secrets are those of another account."""
    await confirm(crm, anna="user-1", ben="user-2")
    await follow_users(crm.env)
    await crm.connect()
    crm.crm.crm.users = [
        User(id="user-1", email="bruno@example.com", name="Bruno", active=True),
        User(id="user-2", email="anna@example.com", name="Anna", active=True),
    ]
    row = await booked(crm)
    assert owner(crm) == {"anna": "user-2", "ben": "user-1"}[row.rep_key]
    await follow_users(crm.env)
    known = await states(crm)
    assert (known["anna"], known["ben"]) == (("user-1", "gone"), ("user-2", "gone"))


async def test_a_rep_without_a_user_is_told_before_the_first_lead_and_no_more_once_confirmed(crm: CrmFloor) -> None:
    assert await follow_users(crm.env) == 1
    assert await open_alerts(crm) == [CARLA]
    (alert,) = await crm.floor.world.rows("select message from alerts where resolved_at is null")
    assert english_of(alert.message).startswith("the leads of Clara are not told to crm: the CRM has no active user")
    await alert_late_deliveries(crm.env)
    assert await open_alerts(crm) == [CARLA]
    assert [one.rep_key for one in (await connection_health(crm.env, "crm")).without_user] == ["clara"]
    assert await follow_users(crm.env) == 0  # it is looked once a day
    await confirm(crm, clara="mia")
    assert await open_alerts(crm) == []
    await alert_late_deliveries(crm.env)
    assert await open_alerts(crm) == []
    assert (await connection_health(crm.env, "crm")).without_user == []


async def test_a_connection_that_does_not_keep_owners_is_not_asked_for_users(crm: CrmFloor) -> None:
    await crm.connect(sync_owners=False)
    assert await follow_users(crm.env) == 0
    assert await look_for_users(crm.env, "crm") == ()
    assert await open_alerts(crm) == []


async def test_looking_says_who_has_no_user(crm: CrmFloor) -> None:
    found = await look_for_users(crm.env, "crm")
    assert [(one.rep_key, one.state) for one in found] == [("clara", UserState.MISSING)]
    assert await open_alerts(crm) == [CARLA]


async def test_users_who_change_or_leave_are_followed_day_by_day(crm: CrmFloor) -> None:
    await confirm(crm, anna="user-1", ben="user-2", clara="mia")
    await follow_users(crm.env)
    change(crm, "user-1", email="anna.weber@example.com", name="Anna Weber")
    change(crm, "user-2", active=False)
    crm.crm.crm.users = [one for one in crm.crm.crm.users if one.id != "mia"]
    assert await follow_users(crm.env) == 0
    crm.floor.world.clock.advance(LOOKS_EVERY)
    assert await follow_users(crm.env) == 1
    known = await states(crm)
    assert known["anna"] == ("user-1", "active")
    assert (known["ben"], known["clara"]) == (("user-2", "inactive"), ("mia", "gone"))
    anna = next(one for one in await list_rep_users(crm.env, "crm") if one.rep_key == "anna")
    assert (anna.name, anna.email) == ("Anna Weber", "anna.weber@example.com")
    subjects = [f"connection:crm/rep:{rep}" for rep in ("ben", "clara", "mia")]
    assert await open_alerts(crm) == subjects  # mia has no user of her own address any more, either
    change(crm, "user-2", active=True)
    add(crm, "mia", "mia@example.com")
    crm.floor.world.clock.advance(LOOKS_EVERY)
    await follow_users(crm.env)
    assert await open_alerts(crm) == []


async def test_who_left_may_stay_on_the_list_while_another_is_confirmed(crm: CrmFloor) -> None:
    await confirm(crm, anna="user-1", ben="user-2")
    change(crm, "user-2", active=False)
    await crm.connect()
    await follow_users(crm.env)
    await confirm(crm, anna="user-1", ben="user-2", clara="mia")
    assert (await states(crm))["ben"] == ("user-2", "inactive")
    change(crm, "user-2", active=True)
    await confirm(crm, anna="user-1", ben="user-2", clara="mia")
    assert (await states(crm))["ben"] == ("user-2", "active")


async def test_a_rep_who_comes_or_has_another_address_is_looked_for_at_once(crm: CrmFloor) -> None:
    await follow_users(crm.env)
    moved = RepInput(key="jonas", name="Jonas", email="jonas@new.example", role="SDR", skills={}, caps=Caps())
    await put_roster(crm.env, RosterInput(reps=(moved,)), actor=SETTER)
    assert await follow_users(crm.env) == 1
    assert await open_alerts(crm) == [CARLA, "connection:crm/rep:jonas"]
    add(crm, "jonas", "JONAS@new.example")
    crm.floor.world.clock.advance(LOOKS_EVERY)
    await follow_users(crm.env)
    assert await open_alerts(crm) == [CARLA]


async def test_a_vendor_that_does_not_answer_is_asked_again_and_nobody_is_said_to_be_gone(crm: CrmFloor) -> None:
    await confirm(crm, anna="user-1")
    await follow_users(crm.env)
    crm.floor.world.clock.advance(LOOKS_EVERY)
    crm.wire.answer(503, times=10)
    assert await follow_users(crm.env) == 0
    assert (await states(crm))["anna"] == ("user-1", "active")
    crm.wire.heal()
    assert await follow_users(crm.env) == 0
    crm.floor.world.clock.advance(timedelta(minutes=11))
    assert await follow_users(crm.env) == 1


async def test_the_alert_of_a_rep_who_is_not_on_the_team_any_more_ends(crm: CrmFloor) -> None:
    await follow_users(crm.env)
    await crm.floor.world.rows("update reps set active = false where key = 'clara'")
    await alert_late_deliveries(crm.env)
    assert await open_alerts(crm) == []
    crm.floor.world.clock.advance(LOOKS_EVERY)
    await follow_users(crm.env)
    assert await states(crm) == {}
