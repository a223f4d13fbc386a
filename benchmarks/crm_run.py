"""Leads come from HubSpot's webhooks and go back as owners and meetings: is HubSpot right at the end, and is nothing a loop?

    python benchmarks/crm_run.py [--leads 200] [--minutes 120] [--kill-every 10] [--longest-wait 20] [--seed 1]

First a few leads alone: each comes in by a signed webhook, is routed to an SDR, handed over, booked into the fake Google
calendar, and attended, moved and attended, missed or called off. Of the first one every record at HubSpot is printed before and
after each act. Then many at once, while of the answers of both vendors 20 % are lost after the act, 10 % are 5xx, 10 % are 429
with a Retry-After in either form and 5 % break off, tokens live for 60 s, webhooks (those of our own writes, too) come doubled
and out of order, and a worker is killed every 10 s. Google fails once the appointments are booked: a closer whose calendar is
not read cannot be booked. What must hold is read from HubSpot's own books. A loop is a decision that a webhook caused after the
lead's first, or a delivery to HubSpot more than a lead alone with the same life had. Exit status 1: a line was missed.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg
from booking_crowd import ACTOR
from calendar_fakes import Google
from crm_vendor import HubSpot, Row
from floors import ONE_SLOT_EVIDENCE
from memory_vendor import LOST, Temper, faults_of, moment
from psycopg.rows import dict_row
from rich.console import Console
from service import Service
from under_faults import Lines, Run, events_wrong, exit_status_of, parser_of, quick_service, say_dead
from vendor_floor import Floor, sign_in

from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.main import utc_now
from pointsman.services.appointments.actions import mark_attended
from pointsman.services.handover.handover import hand_over
from pointsman.services.ports.booking.appointments import AppointmentRow

TOKEN_S, PATIENCE_S, QUIET_S, AT_ONCE = 60.0, 600.0, 8, 6
SDR, STAGE = "sdr-1", "lead"
LIVES = ("attended", "moved", "missed", "called off")
OUTCOMES = {"attended": "COMPLETED", "moved": "COMPLETED", "missed": "NO_SHOW", "called off": "CANCELED"}
MAPPING = {
    "external_id": "id",
    "source_system": "hubspot",
    "fields": {
        "lead.email": "email",
        "lead.first_name": "firstname",
        "lead.last_name": "lastname",
        "lead.source": "city",
    },
}
SAMPLE = {"id": "1", "object": "contact", "email": "ada@lead.example", "firstname": "Ada", "lastname": "Weber"}
SHOWN = {
    "contacts": ("email", "lifecyclestage", "hubspot_owner_id", "pointsman_key", "pointsman_sequence"),
    "meetings": (
        "hs_meeting_start_time",
        "hs_meeting_outcome",
        "hubspot_owner_id",
        "pointsman_key",
        "pointsman_sequence",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A contact at HubSpot that becomes a lead: whose it will be, and what will become of the appointment."""

    contact: str
    email: str
    closer: str
    life: str


@dataclass(slots=True, kw_only=True)
class Scene:
    """The service, its vendors, and what is done with a lead."""

    service: Service
    floor: Floor
    run: Run
    google: Google
    hubspot: HubSpot
    owners: Mapping[str, str]  # the id of each rep's user
    console: Console

    def arrive(self, name: str, lives: Sequence[str]) -> list[Coming]:
        """A contact for each life is made at HubSpot; closers take turns."""
        closers, found = [*self.floor.closers], list[Coming]()
        for number, life in enumerate(lives):
            email, closer = f"ada@{name}-{number}.example", closers[number % len(closers)]
            contact = self.hubspot.add_contact(
                email=email, firstname="Ada", lastname=f"{name} {number}", city=closer, lifecyclestage=STAGE
            )
            found.append(Coming(contact=contact, email=email, closer=closer, life=life))
        return found

    def rows(self, query: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.service.libpq_url, row_factory=dict_row) as database:
            return database.execute(query).fetchall()

    async def held_for(self, one: Coming, work: str) -> UUID:
        """The lead, once somebody has it for this work."""
        query = (
            "select l.id from leads l join assignments a on a.lead_id = l.id"
            " where l.email = %s and a.work = %s and a.ended_at is null"
        )
        until = time.monotonic() + PATIENCE_S
        async with await psycopg.AsyncConnection.connect(self.service.libpq_url, autocommit=True) as database:
            while time.monotonic() < until:
                found = await (await database.execute(query, [one.email, work])).fetchone()
                if found is not None:
                    return UUID(str(found[0]))
                await asyncio.sleep(0.5)
        raise SystemExit(f"nobody has {one.email} for {work} after {PATIENCE_S:.0f} s")

    async def qualify(self, one: Coming) -> UUID:
        """An SDR hands the lead over, once they have it."""
        lead, now = await self.held_for(one, "qualification"), utc_now()
        names = [name.rsplit(".", 1)[-1] for name in ONE_SLOT_EVIDENCE]
        evidence = [
            Evidence(kind=EVIDENCE_NAMES[name], name=name, value="yes", affirmed=True, source="x", observed_at=now)
            for name in names
        ]
        await hand_over(self.floor.wired.env, lead, evidence=evidence, setter=SDR, actor=ACTOR)
        return await self.held_for(one, "closing")

    async def book(self, one: Coming, lead: UUID) -> AppointmentRow:
        (row,) = await self.floor.book([(lead, one.closer)])
        return row

    async def end(self, one: Coming, row: AppointmentRow) -> None:
        """What its life says."""
        if one.life == "called off":
            await self.floor.call_off(row)
        elif one.life == "missed":
            await self.floor.miss(row)
        else:
            late = await self.floor.move(row) if one.life == "moved" else row
            after = replace(self.floor.wired.env, clock=lambda: late.ends_at)
            await mark_attended(after, row.id, actor=ACTOR)
        self._due_now()

    def _due_now(self) -> None:
        """What came after the meeting was seen from after its end; its deliveries are due from now on."""
        with psycopg.connect(self.service.libpq_url, autocommit=True) as database:
            database.execute(
                "update deliveries set owed_at = now(), next_attempt_at = now() where owed_at > now() + interval '1 minute'"
            )

    async def settle(self, until: float) -> bool:
        """Whether nothing is owed and nothing waits in the inbox, for some seconds, before the moment (monotonic)."""
        quiet, query = 0, "select count(*) as open from inbox where status in ('unread', 'received')"
        while time.monotonic() < until:
            if not await self.run.until_settled([self.google.name, self.hubspot.name], until, self.console):
                return False
            quiet = 0 if self.rows(query)[0]["open"] else quiet + 1
            if quiet == QUIET_S:
                return True
        return False

    def show(self, when: str) -> None:
        """Every record at HubSpot."""
        items = self.hubspot.items()
        self.console.print(f"[bold]{when}[/bold]")
        for kind, names in SHOWN.items():
            for one in items[kind]:
                told = ", ".join(f"{name}={one[name]}" for name in names if one.get(name))
                self.console.print(f"  {kind} {one['id']}: {told}", highlight=False, soft_wrap=True)


def made(stack: ExitStack, given: argparse.Namespace, console: Console) -> Scene:
    """A service with its floor, HubSpot as its CRM, and the intake that HubSpot's webhooks come to."""
    service = quick_service(stack, given)
    temper = Temper(rates=LOST, seed=given.seed, token_s=TOKEN_S, waits=tuple(given.waits))
    google = stack.enter_context(Google("google", temper, directory=service.directory))
    hubspot = stack.enter_context(HubSpot("hubspot", replace(temper, seed=given.seed + 1), directory=service.directory))
    floor = Floor.make(service, {google: True}, closers_each=max(2, given.leads // 200))
    owners = {rep: hubspot.owner(f"{rep}@seller.example") for rep in (SDR, *floor.closers)}
    connection = {"connector": hubspot.connector, "sync_owners": True, "config": hubspot.config(signs_in=True)}
    floor.api.call("PUT", f"/v1/connections/{hubspot.name}", connection)
    sign_in(floor.api, hubspot.name)
    intake = {"key": "hubspot", "title": "HubSpot", "kind": "lead", "connection": hubspot.name}
    saved = floor.api.call("POST", "/v1/intakes", {**intake, "mapping": MAPPING, "sample": SAMPLE})
    hubspot.tell(saved["address"])
    run = Run(service=service, floor=floor)
    return Scene(service=service, floor=floor, run=run, google=google, hubspot=hubspot, owners=owners, console=console)


async def alone(scene: Scene) -> list[Coming]:
    """One lead of each life without faults; of the first, what HubSpot has before and after each act."""
    until, gone = time.monotonic() + PATIENCE_S, list[Coming]()
    scene.show("before")
    first = scene.arrive("alone", LIVES[:1])
    await scene.held_for(first[0], "qualification")
    await scene.settle(until)
    scene.show("a webhook told of the contact, and an SDR has it")
    lead = await scene.qualify(first[0])
    await scene.settle(until)
    scene.show("handed over through the gate to a closer")
    row = await scene.book(first[0], lead)
    await scene.settle(until)
    scene.show("booked")
    await scene.end(first[0], row)
    await scene.settle(until)
    scene.show("attended")
    gone += first
    for one in scene.arrive("calm", LIVES[1:]):
        lead = await scene.qualify(one)
        await scene.settle(until)
        row = await scene.book(one, lead)
        await scene.settle(until)
        await scene.end(one, row)
        await scene.settle(until)
        gone.append(one)
    return gone


async def together(scene: Scene, coming: Sequence[Coming]) -> None:
    """Each is handed over and booked as it comes; then Google fails, too, and each meets its end."""
    left, rows = iter(coming), list[tuple[Coming, AppointmentRow]]()

    async def one_by_one() -> None:
        for one in left:
            rows.append((one, await scene.book(one, await scene.qualify(one))))

    await asyncio.gather(*(one_by_one() for _ in range(AT_ONCE)))
    scene.google.set(on=True)
    for one, row in rows:
        await scene.end(one, row)


# ── what must hold ───────────────────────────────────────────────────────────────────────────────

_HOLDERS = """
    select l.email, r.key as rep, a.status, a.starts_at, c.key as closer, (
        select h.key from assignments g join reps h on h.id = g.rep_id where g.lead_id = l.id and g.ended_at is null
    ) as holder
    from leads l left join appointments a on a.lead_id = l.id left join reps c on c.id = a.rep_id
    left join reps r on r.id = a.rep_id and a.status in ('requested', 'confirmed')
"""
_DELIVERIES = """
    select l.email, count(*) as owed from deliveries d
    join leads l on l.id = d.lead_id join connections c on c.id = d.connection_id
    where c.connector = 'hubspot' group by 1
"""
_CAUSED = """
    select coalesce(sum(decisions - 1), 0) as more from (
        select lead_id, count(distinct result ->> 'decision_id') as decisions from inbox
        where result ->> 'decision_id' is not null group by 1
    ) as caused
"""
_INBOX = """
    select status, coalesce(result #>> '{note,key}', '') as note, count(*) as events from inbox group by 1, 2 order by 1, 2
"""


def books_wrong(scene: Scene, coming: Sequence[Coming]) -> dict[str, int]:
    """What HubSpot's contacts and meetings have that they should not."""
    items, found = scene.hubspot.items(), Counter[str]()
    contacts, meetings = defaultdict[str, list[Row]](list), scene.hubspot.meetings(items)
    for one in items["contacts"]:
        contacts[str(one.get("email", ""))].append(one)
    known = defaultdict[str, list[dict[str, Any]]](list)
    for row in scene.rows(_HOLDERS):
        known[str(row["email"])].append(row)
    linked = {str(one["id"]) for rows in meetings.values() for one in rows}
    found["meetings on no contact"] += sum(str(one["id"]) not in linked for one in items["meetings"])
    found["contacts of nobody who came"] += len(contacts.keys() - {one.email for one in coming})
    for one in coming:
        there, leads = contacts[one.email], known[one.email]
        found["contacts twice"] += len(there) > 1
        found["webhook leads that are not in, or twice"] += len(leads) != 1
        if len(leads) != 1 or len(there) != 1:
            continue
        (lead,), (contact,) = leads, there
        holder = lead["rep"] or lead["holder"]
        wanted = scene.owners[holder] if holder else ""
        found["wrong owners"] += str(contact.get("hubspot_owner_id") or "") != wanted
        stands = meetings.get(one.contact, [])
        found["leads without a meeting, or with several"] += len(stands) != 1
        for meeting in stands:
            found["meetings with a wrong outcome"] += meeting.get("hs_meeting_outcome") != OUTCOMES[one.life]
            found["meetings at a wrong time"] += moment(meeting["hs_meeting_start_time"]) != lead["starts_at"]
            found["meetings of a wrong owner"] += meeting.get("hubspot_owner_id") != scene.owners[lead["closer"]]
    return dict(found)


def loops(scene: Scene, calm: Sequence[Coming], coming: Sequence[Coming]) -> dict[str, int]:
    """Decisions and deliveries that a webhook of our own write caused."""
    owed = {str(row["email"]): int(row["owed"]) for row in scene.rows(_DELIVERIES)}
    most = {one.life: owed[one.email] for one in calm}
    scene.console.print(f"deliveries to HubSpot of a lead alone: {most}")
    return {
        "decisions by a webhook after the lead's first": int(scene.rows(_CAUSED)[0]["more"]),
        "deliveries more than a lead alone had": sum(max(0, owed.get(one.email, 0) - most[one.life]) for one in coming),
    }


async def measure(given: argparse.Namespace, console: Console, stack: ExitStack) -> bool:
    scene = made(stack, given, console)
    service, run = scene.service, scene.run
    await scene.floor.read_all()
    calm = await alone(scene)
    service.pause_workers()
    coming = scene.arrive("many", [LIVES[number % len(LIVES)] for number in range(given.leads)])
    scene.hubspot.set(on=True)
    began = time.monotonic()
    service.resume_workers()
    killing = asyncio.create_task(run.kill(given.kill_every))
    await together(scene, coming)
    console.print(f"all met their ends after {time.monotonic() - began:.0f} s")
    settled = await scene.settle(began + given.minutes * 60)
    took = time.monotonic() - began
    run.end()
    await killing
    lines = Lines(console)
    lines.say("all settled", f"{took:.0f} s, {len(run.kills)} kills", holds=settled)
    say_dead(service, lines)
    dead = sum(row["events"] for row in scene.rows(_INBOX) if row["status"] == "dead")
    lines.say("0 dead letters of the inbox", str(dead), holds=not dead)
    for what, count in {
        **events_wrong(service, [scene.google]),
        **books_wrong(scene, [*calm, *coming]),
        **loops(scene, calm, coming),
    }.items():
        lines.say(f"0 {what}", str(count), holds=not count)
    lines.note("inbox: " + ", ".join(f"{row['events']} {row['status']} {row['note']}" for row in scene.rows(_INBOX)))
    for vendor in (scene.google, scene.hubspot):
        calls = faults_of(vendor.ledger())
        lines.note(f"{vendor.name}: {sum(calls.values())} calls: {dict(sorted(calls.items()))}")
    lines.end()
    await scene.floor.aclose()
    if given.logs:
        service.keep_logs(given.logs)
    return lines.kept


def main() -> int:
    parser = parser_of(__doc__, appointments=None, minutes=120)
    parser.add_argument("--leads", type=int, default=200)
    return exit_status_of(measure, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
