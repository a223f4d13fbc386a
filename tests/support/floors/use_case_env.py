"""A world for use cases: an Env over a real database, with calendars and secrets that live in memory.

`world` is the fixture: a clock that can be set, a roster, a published policy. The floor is small on purpose.
"""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman.connectors.mail.invitations import IcalendarInvitations
from pointsman.connectors.signatures import SdkSignatureSchemes
from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.db.engine.engine import make_engine
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Invalid
from pointsman.domain.ids import uuid7
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.domain.roster.reps import Caps, TimeOff, WeeklyBlock
from pointsman.domain.roster.roles import Work
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.policies.lifecycle import add_draft, publish_policy
from pointsman.services.ports import Actor, CalendarEvent, Clock, ConnectionRef, Env, Tx, VendorError, VendorEvent
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.roster import SupplierRow
from pointsman.services.ports.vendors.calendars import (
    BusyCalendar,
    BusyLimits,
    BusyTime,
    CalendarAsked,
    CalendarNews,
    PushReply,
    VendorCalendarPage,
    VendorWatch,
)
from pointsman.services.ports.vendors.crm import CrmMeeting, CrmPerson, CrmReceipt, CrmUserPage
from pointsman.services.roster.change_roster import RepInput, RoleInput, RosterInput, TimeOffInput, put_roster
from pointsman.services.roster.snapshot import hours_from_json
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest, RoutingResult
from pointsman.services.transactions import run_in_transaction
from support.databases.fixtures import make_floor
from support.databases.kept_engines import STATEMENT_TIMEOUT_MS, lend_engine
from support.databases.roles import as_owner
from support.waiting import PATIENCE_S

ADMIN = Actor(name="key:admin", kind=CallerKind.ADMIN)
SENDER = Actor(name="intake:website-form", kind=CallerKind.WEBHOOK)

FLOOR_ROLES = {
    "SDR": {Work.PROSPECTING, Work.QUALIFICATION},
    "Closer": {Work.CLOSING},
    "Customer manager": {Work.CUSTOMER_SERVICE},
}

POLICY: dict[str, Any] = {
    "gates": {
        "closing": {
            "require": ["qualified", "motivated", "educated"],
            "when": {"field": "qualification.need", "present": True},
        }
    },
    "rules": [
        {
            "name": "Customers to customer care",
            "when": {"field": "account.status", "equals": "customer"},
            "work": "customer_service",
            "pool": "customer-care",
        },
        {
            "name": "Mid-market closing",
            "when": {"field": "company.employees", "gte": 50},
            "work": "closing",
            "pool": "closers-mid-market",
            "else": "next",
        },
        {
            "name": "Cold lists to the partner",
            "when": {"field": "lead.source", "equals": "cold_list"},
            "work": "prospecting",
            "pool": "partner-outbound",
        },
        {
            "name": "Newsletter to nurture",
            "when": {"field": "lead.source", "equals": "newsletter"},
            "work": "nurture",
        },
        {
            "name": "DACH inbound",
            "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]},
            "work": "qualification",
            "pool": "sdr-dach",
        },
    ],
    "pools": {
        "sdr-dach": {"work": "qualification", "members": ["lena", "jonas", "sofia"], "time_zone": "Europe/Berlin"},
        "partner-outbound": {"work": "prospecting", "members": ["mia", "paul"]},
        "closers-mid-market": {"work": "closing", "members": ["anna", "ben", "clara"], "time_zone": "Europe/Berlin"},
        "customer-care": {"work": "customer_service", "members": ["eva"]},
    },
    "nurture": {"cool_off": "30d"},
}


class Ticking:
    """The machine's clock plus an offset: the database judges expiry by its own clock, so tests stay near the present."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._frozen: datetime | None = None

    def __call__(self) -> datetime:
        return (self._frozen or datetime.now(UTC)) + self.offset

    def freeze(self) -> datetime:
        """Stand still from now on, so that what is reckoned from it can be said exactly; `advance` moves it all the same."""
        self._frozen = datetime.now(UTC)
        return self()

    def advance(self, by: timedelta) -> None:
        self.offset += by


class FakeCalendars:
    """Calendars in memory; `busy_times` and `faults` are by calendar name."""

    def __init__(self) -> None:
        self.busy: dict[str, list[tuple[datetime, datetime]]] = {}
        self.faults: dict[str, Exception] = {}
        self.events: dict[tuple[str, str], CalendarEvent] = {}

    def seal(self, connector: str, config: Mapping[str, object]) -> tuple[dict[str, object], bytes]:
        if "invalid" in config:
            raise Invalid("the configuration is wrong")
        return dict(config), b"sealed"

    async def check(self, connection: ConnectionRef) -> None:
        self._fail("check")

    async def calendar_page(
        self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta
    ) -> VendorCalendarPage:
        self._fail("list")
        return VendorCalendarPage(calendars=(), cursor=None)

    def tells_news(self, connector: str) -> bool:
        return False

    def makes_meetings(self, connector: str) -> bool:
        return False

    def invites_guests(self, connector: str) -> bool:
        return False

    async def calendar_news(
        self, connection: ConnectionRef, calendar: str, cursor: str | None, *, deadline: timedelta
    ) -> CalendarNews:
        raise AssertionError("it tells none")

    async def watch_calendar(
        self, connection: ConnectionRef, calendar: str, *, callback: str, secret: str, deadline: timedelta
    ) -> VendorWatch | None:
        return None

    async def answer_push(self, connection: ConnectionRef, request: SignedRequest, *, secret: str) -> PushReply:
        raise AssertionError("nothing is watched")

    async def unwatch_calendar(self, connection: ConnectionRef, calendar: str, state: str) -> None:
        raise AssertionError("nothing is watched")

    def busy_limits(self, connector: str) -> BusyLimits:
        return BusyLimits(batch=1, at_once=4)

    async def busy_times(
        self,
        connection: ConnectionRef,
        asked: Sequence[CalendarAsked],
        start: datetime,
        end: datetime,
        *,
        deadline: timedelta,
    ) -> dict[str, BusyCalendar | VendorError]:
        found: dict[str, BusyCalendar | VendorError] = {}
        for calendar in (one.calendar for one in asked):
            try:
                self._fail(calendar)
                times = [BusyTime(start=a, end=b) for a, b in self.busy.get(calendar, []) if a < end and b > start]
                found[calendar] = BusyCalendar(times=times, keyed=True)
            except VendorError as fault:
                found[calendar] = fault
        return found

    async def get_event(self, connection: ConnectionRef, calendar: str, key: str) -> VendorEvent | None:
        self._fail(calendar)
        event = self.events.get((calendar, key))
        return _receipt(event) if event else None

    async def put_event(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        self._fail(event.calendar)
        self.events[event.calendar, event.key] = event
        return _receipt(event)

    async def drop_event(self, connection: ConnectionRef, calendar: str, key: str) -> None:
        self._fail(calendar)
        self.events.pop((calendar, key), None)

    async def our_events(
        self, connection: ConnectionRef, calendar: str, start: datetime, end: datetime, *, deadline: timedelta
    ) -> list[VendorEvent]:
        self._fail(calendar)
        ours = [event for (where, _), event in self.events.items() if where == calendar]
        return [_receipt(event) for event in ours if event.start < end and event.end > start]

    def _fail(self, calendar: str) -> None:
        if fault := self.faults.get(calendar):
            raise fault


class FakeCrm:
    """A CRM in memory: owners by the person's address, meetings by key."""

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.meetings: dict[str, CrmMeeting] = {}

    def is_crm(self, connector: str) -> bool:
        return connector == "memory"

    async def user_page(self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta) -> CrmUserPage:
        return CrmUserPage(users=[], cursor=None)

    def abilities(self, _connector: str) -> frozenset[CrmAbility]:
        return frozenset()

    async def put_person(self, connection: ConnectionRef, person: CrmPerson) -> CrmReceipt:
        if person.owner is not None:
            self.owners[person.email] = person.owner.email
        return CrmReceipt(vendor_id=person.key, version="1")

    async def put_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> CrmReceipt:
        self.meetings[meeting.key] = meeting
        return CrmReceipt(vendor_id=meeting.key, version="1")


class NoIntake:
    """No connector has webhooks."""

    def takes_in(self, _connector: str) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"no connector takes in: {name}")


class NoMail:
    """No connector sends messages."""

    def sends_mail(self, _connector: str) -> bool:
        return False

    def sends_from(self, _connection: object) -> str | None:
        return None

    async def send(self, _connection: object, _notice: object) -> Any:
        raise AssertionError("no connector sends mail")


class NoSignIns:
    """Vendors to whom nobody signs in."""

    def needed(self, _connector: str, _config: object) -> bool:
        return False

    def per_subject(self, _connector: str) -> bool:
        return False

    def state_hash(self, state: str) -> bytes:
        return state.encode()

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody signs in: {name}")


class ToySecrets:
    """Reversible on sight: for tests alone. Opening under another context fails, as it must."""

    def seal(self, plain: bytes, *, context: str) -> bytes:
        return context.encode() + b"|" + plain[::-1]

    def open(self, sealed: bytes, *, context: str) -> bytes:
        prefix = context.encode() + b"|"
        if not sealed.startswith(prefix):
            raise ValueError("sealed for something else")
        return sealed[len(prefix) :][::-1]

    key_ids = ("toy",)

    def key_of(self, _sealed: bytes) -> str | None:
        return "toy"

    def reseal(self, sealed: bytes) -> bytes:
        return sealed


def make_env(database_url: str, *, clock: Clock | None = None, pool_size: int = 5) -> tuple[Env, AsyncEngine]:
    """An Env over `database_url`; dispose of the engine when done."""
    engine = make_engine(
        database_url,
        pool_size=pool_size,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
        connect_timeout_s=PATIENCE_S,
    )
    return env_over(engine, clock=clock), engine


def env_over(engine: AsyncEngine, *, clock: Clock | None = None) -> Env:
    ticking = clock or Ticking()
    return Env(
        uow=SqlUnitOfWork(engine),
        clock=ticking,
        new_id=lambda: uuid7(ticking(), os.urandom(10)),
        calendars=FakeCalendars(),
        crm=FakeCrm(),
        intake=NoIntake(),
        notices=NoMail(),
        invitations=IcalendarInvitations(),
        readers=ChildTextReaders(),
        secrets=ToySecrets(),
        signatures=SdkSignatureSchemes(),
        sign_ins=NoSignIns(),
        public_url="http://127.0.0.1:8000",
    )


def rep_given(key: str, role: str = "SDR", **over: Any) -> RepInput:
    """A rep of the floor: in Berlin, Monday to Friday nine to five."""
    given = RepInput(
        key=key,
        name=key.capitalize(),
        email=f"{key}@example.com",
        role=role,
        time_zone="Europe/Berlin",
        working_hours=office_hours(),
        skills={},
        caps=Caps(),
        supplier="callwerk" if key in {"mia", "paul"} else "in-house",
    )
    return replace(given, **over)


def office_hours() -> tuple[WeeklyBlock, ...]:
    return hours_from_json([{"weekday": day, "start": "09:00", "end": "17:00"} for day in range(5)])


def floor_given(**over: Any) -> RosterInput:
    """The small floor; `over` replaces whole parts."""
    sdrs = [rep_given(key) for key in ("lena", "jonas", "sofia", "mia", "paul")]
    closers = [rep_given(key, "Closer") for key in ("anna", "ben", "clara")]
    given = RosterInput(
        roles=tuple(RoleInput(name=name, works=frozenset(works)) for name, works in FLOOR_ROLES.items()),
        suppliers=(
            SupplierRow(key="in-house", name="In-house", kind="in-house", barred_domains=()),
            SupplierRow(key="callwerk", name="Callwerk", kind="partner", barred_domains=("rival.example",)),
        ),
        reps=(*sdrs, *closers, rep_given("eva", "Customer manager")),
    )
    return replace(given, **over)


def absence(start: datetime, end: datetime, reason: str = "leave") -> TimeOffInput:
    return TimeOffInput(span=TimeOff(start=start, end=end), reason=reason)


@dataclass(slots=True, kw_only=True)
class World:
    """An Env with a floor and a live policy, and a way to look behind it."""

    env: Env
    engine: AsyncEngine
    clock: Ticking
    calendars: FakeCalendars
    leads: dict[str, UUID] = field(default_factory=dict)

    async def publish(self, document: Mapping[str, Any]) -> int:
        """Make `document` live, whatever was live before."""
        draft = await add_draft(self.env, document, note="test", actor=ADMIN)
        if draft.is_live:
            return draft.policy.version
        row = await publish_policy(self.env, draft.policy.version, note="test", actor=ADMIN, check_expected=False)
        return row.version

    async def rows(self, statement: str, **given: Any) -> list[Any]:
        """What raw SQL answers, committed."""
        async with self.engine.connect() as connection, connection.begin():
            result = await connection.execute(text(statement), given)
            return list(result.all()) if result.returns_rows else []

    async def owner_rows(self, statement: str, *, past_guards: bool = False, **given: Any) -> list[Any]:
        """The same as the database's owner: for what the service may not do. Guards hold for it, too, unless they are
        passed by.
        """
        engine = make_engine(as_owner(self.engine.url.render_as_string(hide_password=False)), pool_size=1)
        try:
            async with engine.connect() as connection, connection.begin():
                if past_guards:
                    await connection.execute(text("set local session_replication_role = replica"))
                result = await connection.execute(text(statement), given)
                return list(result.all()) if result.returns_rows else []
        finally:
            await engine.dispose()

    async def value(self, statement: str, **given: Any) -> Any:
        rows = await self.rows(statement, **given)
        return rows[0][0] if rows else None

    async def lead(self, **facts: Any) -> UUID:
        """A new lead with these facts ("company.employees" is written company__employees), not yet routed."""
        lead_id = self.env.new_id()
        known = {name.replace("__", "."): value for name, value in facts.items()}
        await self.rows(
            "insert into leads (id, email, email_key, facts, stage, match, version, created_at, updated_at)"
            " values (:id, :email, :email, cast(:facts as jsonb), 'new', '{}', 1, :at, :at)",
            id=lead_id,
            email=f"{lead_id}@lead.example",
            facts=json.dumps(known),
            at=self.clock(),
        )
        return lead_id

    async def route(self, lead_id: UUID, **over: Any) -> RoutingResult:
        """`route_lead` in a transaction of its own; intake unless `over` says otherwise. Without `calendars` they are read."""
        given = {"purpose": None, "trigger": "intake", "actor": SENDER, **over}

        async def attempt(calendars: Mapping[str, CalendarState]) -> RoutingResult:
            async def work(tx: Tx) -> RoutingResult:
                lead = await tx.leads.get(lead_id, lock=True)
                assert lead is not None
                return await route_lead(self.env, tx, RoutingRequest(lead=lead, **{"calendars": calendars, **given}))

            return await run_in_transaction(self.env, work)

        return await attempt({}) if "calendars" in over else await with_closer_calendars(self.env, attempt)

    async def pass_gate(self, lead_id: UUID, *, valid: timedelta = timedelta(days=20)) -> UUID:
        """Evidence of all three kinds and a passing check of the closing gate, as the hand-over writes them."""
        now = self.clock()
        for kind, name in (("qualified", "need"), ("motivated", "urgency"), ("educated", "offer_known")):
            await self.rows(
                "insert into evidence (id, lead_id, kind, name, value, affirmed, source, origin, observed_at, created_at)"
                " values (:id, :lead, :kind, :name, 'yes', true, 'sdr:lena', '{reps}', :at, :at)",
                id=self.env.new_id(), lead=lead_id, kind=kind, name=name, at=now,
            )  # fmt: skip
        check_id = self.env.new_id()
        await self.rows(
            "insert into gate_checks (id, lead_id, work, passed, policy_version, result, checked_at, expires_at)"
            " select :id, :lead, 'closing', true, version, '{}', :at, :expires from policies where state = 'published'",
            id=check_id, lead=lead_id, at=now, expires=now + valid,
        )  # fmt: skip
        return check_id


#: Whatever a test did, no decision may have been taken unread.
CLOSED_UNREAD = "select count(*) from decisions where cast(record as text) like '%was not read for this decision%'"


@asynccontextmanager
async def open_world(
    database_url: str,
    *,
    roster: RosterInput | None = None,
    policy: Mapping[str, Any] | None = None,
    pool_size: int = 5,
    furnish: Callable[[World], Awaitable[object]] | None = None,
    furniture: str = "",
) -> AsyncIterator[World]:
    """A world with the small floor and POLICY live, unless others are given; `furnish` adds what `furniture` names."""
    clock, calendars = Ticking(), FakeCalendars()
    roster, policy = roster or floor_given(), policy or POLICY
    async with lend_engine(database_url, pool_size=pool_size) as engine:
        env = replace(env_over(engine, clock=clock), calendars=calendars)
        world = World(env=env, engine=engine, clock=clock, calendars=calendars)

        async def make() -> None:
            await put_roster(world.env, roster, actor=ADMIN)
            await world.publish(policy)
            if furnish:
                await furnish(world)

        await make_floor(database_url, f"{roster!r} {policy!r} {furniture}", make)
        yield world
        assert not await world.value(CLOSED_UNREAD), "a decision calls a calendar unreadable that was not read for it"


def _receipt(event: CalendarEvent) -> VendorEvent:
    return VendorEvent(key=event.key, vendor_id=event.key, version="1", start=event.start, end=event.end)
