"""The service as a set-up sees it, in memory: a vendor with calendars, reps, and somebody who signs in after a while."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pointsman.cli.connections.given import GivenSetUp
from pointsman.connectors.live import LiveFinding, LiveResult
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.form import WayToSignIn, ways_of
from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import Fault, Invalid, NotFound, PointsmanError
from pointsman.domain.messages.message import Message, say
from pointsman.domain.roster.reps import Rep
from pointsman.services.connections.calendar_bindings import CalendarBindingInput
from pointsman.services.connections.health import ConnectionHealth
from pointsman.services.connections.sign_in import BegunUrl
from pointsman.services.connections.trial_message import SentTrial, TrialResult
from pointsman.services.connections.users.matching import match_users
from pointsman.services.connections.users.proposal import RepProposal, UserProposal
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.rep_users import RepUser, UserState
from pointsman.services.ports.vendors.calendars import CalendarOwner, VendorCalendar
from pointsman.services.ports.vendors.crm import CrmUser
from pointsman.services.ports.vendors.pace import OwedWork, PaceState
from pointsman_sdk import Capability

START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class HostInMemory:
    """`signs_in` True: a connection is saved pending, and signed in over after `signs_in_after` looks; None: never."""

    people: list[Rep] = field(default_factory=list)
    seen: list[VendorCalendar] = field(default_factory=list)
    signs_in: bool = False
    signs_in_after: int | None = 0
    refusals: list[PointsmanError] = field(default_factory=list)  # of the next saves
    unreadable: dict[str, Message] = field(default_factory=dict)
    findings: list[LiveFinding] = field(
        default_factory=lambda: [
            LiveFinding(check="appointments: put", result=LiveResult.KEPT),
            LiveFinding(check="people: put", result=LiveResult.LEFT_OUT, told="person"),
        ]
    )
    crm_users: list[CrmUser] = field(default_factory=list)
    confirmed: dict[str, str] = field(default_factory=dict)  # users of the CRM by rep
    missing: set[str] = field(default_factory=set)  # calendars that the vendor does not have
    lists: bool = True
    state: PaceState = PaceState.CLOSED
    saved: dict[str, ConnectionRow] = field(default_factory=dict)
    bindings: dict[str, list[CalendarBindingInput]] = field(default_factory=dict)
    have_read: set[str] = field(default_factory=set)  # reps whose calendars were read since the last save
    booked: list[tuple[str, str, str]] = field(default_factory=list)
    trials: list[tuple[str, str]] = field(default_factory=list)
    trial_ends: list[SentTrial | PointsmanError] = field(default_factory=list)  # of the next test messages, else taken
    begun: int = 0
    looks: int = 0
    clock: datetime = START
    registry: ConnectorRegistry = field(default_factory=ConnectorRegistry.discover)

    async def sleep(self, seconds: float) -> None:
        self.looks += 1
        self.clock += timedelta(seconds=seconds)
        if self.signs_in_after is not None and self.looks > self.signs_in_after:
            self.saved = {key: replace(row, pending=False, fault=None) for key, row in self.saved.items()}

    def now(self) -> datetime:
        return self.clock

    def redirect_uri(self) -> str:
        return "https://host.example/v1/oauth/callback"

    def ways(self, connector: str) -> Sequence[WayToSignIn]:
        return ways_of(self.registry.manifest(connector))

    def has_calendars(self, connector: str) -> bool:
        return Capability.BUSY in self.registry.manifest(connector).capabilities

    def sends_mail(self, connector: str) -> bool:
        return Capability.NOTICES in self.registry.manifest(connector).capabilities

    def faults(self, connector: str, config: Mapping[str, Any]) -> Sequence[Fault]:
        try:
            self.registry.parse_config(connector, config)
        except Invalid as error:
            return error.faults
        return ()

    async def find(self, key: str) -> ConnectionRow | None:
        return self.saved.get(key)

    async def save(self, key: str, connector: str, given: GivenSetUp) -> ConnectionRow:
        if self.refusals:
            raise self.refusals.pop(0)
        self.registry.parse_config(connector, given.config or {})
        row = ConnectionRow(
            id=uuid4(),
            key=key,
            connector=connector,
            config=given.config or {},
            sealed=b"",
            active=True,
            pending=self.signs_in,
            sync_owners=given.sync_owners,
            fault=None,
            created_at=START,
        )
        self.saved[key] = row
        self.have_read.clear()
        return row

    async def begin_sign_in(self, key: str) -> BegunUrl:
        self.begun += 1
        return BegunUrl(url=f"https://vendor.example/authorize?of={key}", expires_at=self.clock + timedelta(minutes=10))

    async def calendars(self, key: str) -> Sequence[VendorCalendar]:
        if not self.lists:
            raise Invalid(f"{key} does not list its calendars.", code="no-calendar-list")
        return self.seen

    def is_crm(self, connector: str) -> bool:
        return Capability.OWNERS in self.registry.manifest(connector).capabilities

    async def users(self, key: str) -> UserProposal:
        found = match_users(self.crm_users, self.people)
        proposed = [RepProposal(rep=one, found=found[one.key], kept=self._kept(one)) for one in self.people]
        return UserProposal(reps=proposed, users=self.crm_users, complete=True)

    def _kept(self, rep: Rep) -> RepUser | None:
        if rep.key not in self.confirmed:
            return None
        return RepUser(
            connection_id=rep.id,
            rep_id=rep.id,
            rep_key=rep.key,
            user_id=self.confirmed[rep.key],
            state=UserState.ACTIVE,
            confirmed_at=START,
            seen_at=START,
        )

    async def confirm_users(self, key: str, users: Mapping[str, str]) -> None:
        if unknown := [rep for rep, user in users.items() if user not in {one.id for one in self.crm_users}]:
            faults = [Fault(path=f"body.users.{rep}", code="unknown-user", message="no such user") for rep in unknown]
            raise Invalid("The users cannot be confirmed as given.", faults=faults)
        self.confirmed = dict(users)

    async def reps(self) -> Sequence[Rep]:
        return self.people

    async def bound(self, rep: str) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
        if rep not in {one.key for one in self.people}:
            raise NotFound(f"There is no rep '{rep}'.", told=say("fault.no-rep", key=rep))
        return [self._read(rep, one) for one in self.bindings.get(rep, [])]

    async def bind(self, rep: str, calendars: Sequence[CalendarBindingInput]) -> None:
        if self.missing & {one.calendar for one in calendars}:
            raise Invalid("A calendar is not there, so nothing was bound.")
        self.bindings[rep] = list(calendars)
        await self.read(rep)

    async def read(self, rep: str) -> None:
        self.have_read.add(rep)

    async def try_booking(self, key: str, calendar: str, zone: str) -> AsyncIterator[LiveFinding]:
        self.booked.append((key, calendar, zone))
        for found in self.findings:
            yield found

    async def send_trial(self, key: str, to: str) -> SentTrial:
        end = self.trial_ends.pop(0) if self.trial_ends else SentTrial(result=TrialResult.TAKEN)
        if isinstance(end, PointsmanError):
            raise end
        self.trials.append((key, to))
        return end

    async def health(self, key: str) -> ConnectionHealth:
        owed = OwedWork(waiting=0, oldest_at=None)
        return ConnectionHealth(connection=self.saved[key], state=self.state, pace=None, owed=owed)

    def _read(self, rep: str, one: CalendarBindingInput) -> tuple[CalendarBinding, CalendarReading | None]:
        person = next(each for each in self.people if each.key == rep)
        bound = CalendarBinding(
            id=uuid4(),
            rep_id=person.id,
            rep_key=rep,
            owner=CalendarOwner(zone=person.time_zone, email=person.email),
            connection=self.saved.get(one.connection) or other_connection(one.connection),
            calendar=one.calendar,
            writes=one.writes,
        )
        if rep not in self.have_read:
            return bound, None
        reading = CalendarReading(
            binding_id=bound.id,
            window=Interval(START, START + timedelta(days=30)),
            busy=(),
            read_at=START,
            error=self.unreadable.get(one.calendar),
        )
        return bound, reading


def other_connection(key: str) -> ConnectionRow:
    """One that was there before."""
    return ConnectionRow(
        id=uuid4(), key=key, connector="caldav", config={}, sealed=b"", active=True, fault=None, created_at=START
    )


def calendar(name: str, owner: str | None = None, *, title: str = "", writable: bool = True) -> VendorCalendar:
    return VendorCalendar(id=name, name=title or name, owner_email=owner, zone=None, writable=writable)


CLOSED_DOWN = say("vendor.not-signed-in", key="x")
