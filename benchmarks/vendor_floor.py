"""Appointments whose calendars lie at fake vendors: a floor of closers, and what is done with their leads."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import floors
import httpx
import psycopg
from booking_crowd import ACTOR, seen_for, wired
from memory_vendor import Vendor
from service import Api, Service

from pointsman.domain.booking.availability import Interval
from pointsman.domain.ids import uuid7
from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.domain.permissions.sides import ActorRole
from pointsman.main import utc_now
from pointsman.services.appointments.actions import cancel, mark_no_show
from pointsman.services.availability.booking_context import BookingContext
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import SlotRequest
from pointsman.services.booking.book import PreparedBooking, book_prepared
from pointsman.services.booking.reschedule import PreparedReschedule, reschedule_in_tx
from pointsman.services.calendars.readings import RepCalendarReading, read_calendars
from pointsman.services.handover.handover import hand_over
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.transactions import run_in_transaction

SLOT = timedelta(minutes=30)
DAYS = 12  # that are booked up, from the day after tomorrow
_LEADS = (
    "insert into leads (id, email, email_key, facts, stage, match, version, created_at, updated_at)"
    " select id, id || '@lead.example', id || '@lead.example', jsonb_build_object('lead.source', closer), 'new', '{}', 1,"
    " now(), now() from unnest(%s::uuid[], %s::text[]) as given (id, closer)"
)
#: Under it a lead's own id is what a caller of the API names it by.
SOURCE = "crm"
_IDS = (
    "insert into lead_identities (sender, source, external_id, lead_id)"
    f" select 'api', '{SOURCE}', id::text, id from unnest(%s::uuid[]) as given (id)"
)
_AT_ONCE = 6


def _nothing(_closer: str) -> Mapping[str, Any]:
    return {}


def vendor_floor(closers: Sequence[str], pool_rules: Callable[[str], Mapping[str, Any]] = _nothing) -> floors.Floor:
    """Closers who work around the clock, each in a pool of their own, which a lead's source names; and a setter.

    `pool_rules` are further parts of a closer's pool.
    """
    like = floors.of_sdrs(1)
    around = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)]
    booking = {**floors.BOOKING, "slots_shown": 1}
    pools = {name: {"work": "closing", "members": [name], "booking": booking, **pool_rules(name)} for name in closers}
    routes = [
        {
            "name": f"For {name}",
            "when": {"field": "lead.source", "in": [name]},
            "work": "closing",
            "pool": name,
            "else": "next",
        }
        for name in closers
    ]
    return floors.Floor(
        reps=[
            *(one for one in like.reps if one["role"] == "SDR"),
            *(floors.rep(name, "Closer", "UTC", around) for name in closers),
        ],
        policy={
            **like.policy,
            "rules": [*routes, like.policy["rules"][-1]],
            "pools": {"sdrs": like.policy["pools"]["sdrs"], **pools},
        },
        intakes=like.intakes,
        calendars=closers,
    )


def connect(api: Api, vendor: Vendor, *, signs_in: bool = False) -> None:
    """A connection of the vendor's name; `signs_in`: by OAuth 2, as an admin does in a browser."""
    config = vendor.config(signs_in=signs_in)
    api.call("PUT", f"/v1/connections/{vendor.name}", {"connector": vendor.connector, "config": config})
    if signs_in:
        sign_in(api, vendor.name)


def sign_in(api: Api, connection: str) -> None:
    begun = api.call("POST", f"/v1/connections/{connection}/sign-in", {})
    answer = httpx.get(begun["url"], follow_redirects=True, timeout=30, trust_env=False)
    if not answer.is_success:
        raise SystemExit(f"signing in to {connection} ended with {answer.status_code}:\n{answer.text[:500]}")


@dataclass(slots=True, kw_only=True)
class Floor:
    """Leads and appointments of closers at vendors; what is done goes through the use cases, in this process."""

    service: Service
    api: Api
    closers: Mapping[str, str]  # and the connection that each one's calendar is at
    wired: Any
    readings: dict[str, RepCalendarReading] = field(default_factory=dict)
    taken: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    with_time_of: Mapping[str, str] = field(default_factory=dict)  # whose time is taken together with another closer's

    @classmethod
    def make(
        cls,
        service: Service,
        vendors: Mapping[Vendor, bool],
        *,
        closers_each: int,
        pool_rules: Callable[[str], Mapping[str, Any]] = _nothing,
    ) -> Self:
        """Connect the vendors (True: by OAuth 2), and put so many closers at each."""
        closers = {f"{one.name}-{number}": one for number in range(1, closers_each + 1) for one in vendors}
        floor, api = vendor_floor(list(closers), pool_rules), Api(service.url, service.key)
        suppliers = [{"key": "in-house", "name": "Seller", "kind": "in-house"}]
        api.call("PUT", "/v1/roster", {"roles": floors.ROLES, "suppliers": suppliers, "reps": list(floor.reps)})
        draft = api.call("POST", "/v1/policies", floor.policy, note="benchmark")
        publish = {"note": "benchmark", "expected_current": None}
        api.call("POST", f"/v1/policies/{draft['version']}/publish", publish)
        for vendor, signs_in in vendors.items():
            connect(api, vendor, signs_in=signs_in)
        for closer, vendor in closers.items():
            bound = {"connection": vendor.name, "calendar": vendor.calendar(closer), "writes": True}
            api.call("PUT", f"/v1/reps/{closer}/calendars", {"calendars": [bound]})
        at = {closer: vendor.name for closer, vendor in closers.items()}
        return cls(service=service, api=api, closers=at, wired=wired(service.database_url, service.secret_keys, 8))

    def at(self, vendor: Vendor) -> list[str]:
        """The closers whose calendars are there."""
        return [closer for closer, connection in self.closers.items() if connection == vendor.name]

    async def hand_over(self, count: int, names: Sequence[str]) -> list[tuple[UUID, str]]:
        """So many new leads, each handed over to the closer whose turn it is."""
        leads = [(uuid7(utc_now(), os.urandom(10)), names[number % len(names)]) for number in range(count)]
        with psycopg.connect(self.service.libpq_url, autocommit=True) as connection:
            connection.execute(_LEADS, [[one for one, _ in leads], [closer for _, closer in leads]])
            connection.execute(_IDS, [[one for one, _ in leads]])
        kinds = [name.rsplit(".", 1)[-1] for name in floors.ONE_SLOT_EVIDENCE]
        left = iter(leads)

        async def one_by_one() -> None:
            for lead_id, closer in left:
                now = utc_now()
                evidence = [
                    Evidence(
                        kind=EVIDENCE_NAMES[name], name=name, value="yes", affirmed=True, source="x", observed_at=now
                    )
                    for name in kinds
                ]
                handed = await hand_over(self.wired.env, lead_id, evidence=evidence, setter="sdr-1", actor=ACTOR)
                assert handed.closer == closer, handed.what_happens

        await asyncio.gather(*(one_by_one() for _ in range(_AT_ONCE)))
        return leads

    async def book(self, leads: Sequence[tuple[UUID, str]]) -> list[AppointmentRow]:
        """Book each the next half hour of its closer."""
        made: list[AppointmentRow] = []
        left = iter(leads)

        async def one_by_one() -> None:
            for lead_id, closer in left:
                context = await seen_for(self.wired.env, lead_id)
                asking = await self._asking(context, closer)
                given = PreparedBooking(lead_id=lead_id, context=context, request=asking, actor=ACTOR)
                made.append(await book_prepared(self.wired.env, given))

        await asyncio.gather(*(one_by_one() for _ in range(_AT_ONCE)))
        return made

    async def move(self, row: AppointmentRow) -> AppointmentRow:
        """To the next half hour of its closer."""
        env = self.wired.env
        given = PreparedReschedule(
            appointment_id=row.id,
            rep_id=row.rep_id,
            time=self._next(row.rep_key),
            readings=self.readings,
            keep_rep=True,
            by=None,
            reason=None,
            actor=ACTOR,
        )
        return await run_in_transaction(env, lambda tx: reschedule_in_tx(env, tx, given))

    async def call_off(self, row: AppointmentRow) -> AppointmentRow:
        return await cancel(self.wired.env, row.id, by=ActorRole.OPERATOR, reason="another day", actor=ACTOR)

    async def give(self, row: AppointmentRow, to: str) -> AppointmentRow:
        """To another closer, with its lead; their calendars are read."""
        return await reassign_appointment(self.wired.env, row.id, to=to, reason="leave", actor=ACTOR)

    async def miss(self, row: AppointmentRow) -> AppointmentRow:
        """Its buyer did not come: seen from after its end."""
        later = replace(self.wired.env, clock=lambda: row.ends_at)
        return await mark_no_show(later, row.id, actor=ACTOR)

    async def as_it_is(self, appointment_id: UUID) -> AppointmentRow:
        async with self.wired.env.uow() as tx:
            found = await tx.appointments.get(appointment_id)
        assert found is not None, "none is ever deleted"
        return found

    async def read_all(self) -> None:
        """Read every closer's calendar, which acts rest on from now on."""
        now = utc_now()
        self.readings |= await read_calendars(
            self.wired.env,
            list(self.closers),
            now,
            now + timedelta(days=DAYS + 3),
            max_age=timedelta(hours=1),
            deadline=timedelta(seconds=20),
        )

    async def aclose(self) -> None:
        self.api.close()
        await self.wired.aclose()

    async def _asking(self, context: BookingContext, closer: str) -> SlotRequest:
        if closer not in self.readings:
            self.readings |= await read_participant_calendars(
                self.wired.env, context, max_age=timedelta(hours=1), deadline=timedelta(seconds=20)
            )
        return SlotRequest(time=self._next(closer), readings=self.readings)

    def _next(self, closer: str) -> Interval:
        whose = self.with_time_of.get(closer, closer)
        step, self.taken[whose] = self.taken[whose], self.taken[whose] + 1
        if step >= DAYS * 48:
            raise SystemExit(f"{closer} has no time left: take more closers")
        midnight = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
        begin = midnight + timedelta(days=2) + SLOT * step
        return Interval(begin, begin + SLOT)
