"""Reading a lead's record in its CRM, and taking in what others changed there, as the connection's fields say.

What is read is what stands there, whatever event told of it: one that is late, doubled or out of order changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, PointsmanError
from pointsman.domain.field_mapping.choosing import Act, FieldChoice, choose, taken
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import sortable_timestamp
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.deliveries.fields.sides import fact_types, our_side, their_side, type_of
from pointsman.services.deliveries.records.lead_record import owe_lead_record, person_key
from pointsman.services.intake.submit_lead import submit_lead_in_tx
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor, Env, Tx, VendorError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.crm_records import CrmRecordRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.crm import CrmPerson, CrmRecord
from pointsman.services.transactions import run_in_transaction

_TRIES = 3
_AFTER_FAILURE = timedelta(minutes=5)
_PERSONAL = {"lead.first_name": "first_name", "lead.last_name": "last_name", "lead.phone": "phone"}


class _RefusedError(Exception):
    """The lead does not take these facts in: they stay there alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A record that is to be read, as it stood when the reading began."""

    connection: ConnectionRow
    row: CrmRecordRow
    lead_id: UUID
    at: datetime


async def take_in_record(env: Env, connection_id: UUID, record_id: str) -> None:
    """Read one record that is due, and take in what its mapped fields say. Twice, late or at the same time does no harm."""
    for _ in range(_TRIES):
        asked = await _asked(env, connection_id, record_id)
        if asked is None:
            return
        person = CrmPerson(key=person_key(asked.lead_id), id=record_id, email=None, name="")
        try:
            there = await env.crm.read_person(asked.connection.ref(), person)
        except (VendorError, TimeoutError):
            break
        if await _take_what_was_read(env, asked, there):
            return
    async with env.uow() as tx:  # others write it again and again, or the vendor is away
        await tx.crm_records.put_off(connection_id, record_id, until=env.clock() + _AFTER_FAILURE)


async def _asked(env: Env, connection_id: UUID, record_id: str) -> _Asked | None:
    async with env.uow() as tx:
        now = env.clock()
        row = await tx.crm_records.get(connection_id, record_id)
        connection = await tx.connections.get_by_id(connection_id)
        if row is None or connection is None or row.due_at is None or row.due_at > now:
            return None
        if not connection.active or connection.pending or connection.fault is not None:
            await tx.crm_records.put_off(connection_id, record_id, until=now + _AFTER_FAILURE)
            return None
        lead = await tx.leads.get(row.lead_id)
        assert lead is not None, "a lead is never deleted"
        return _Asked(connection=connection, row=row, lead_id=lead.merged_into or lead.id, at=now)


async def _take_what_was_read(env: Env, asked: _Asked, there: CrmRecord | None) -> bool:
    """Whether what was read was written down; not where others wrote something about the record meanwhile."""
    try:
        return await _write_record_down(env, asked, there, takes=True)
    except _RefusedError:  # all of it is undone: remember what was seen, and take nothing in
        return await _write_record_down(env, asked, there, takes=False)


async def _write_record_down(env: Env, asked: _Asked, there: CrmRecord | None, *, takes: bool) -> bool:
    async def attempt(calendars: Mapping[str, CalendarState]) -> bool:
        async def work(tx: Tx) -> bool:
            return await _take_record_in(env, tx, asked, there, calendars, takes=takes)

        return await run_in_transaction(env, work)

    try:
        return await with_closer_calendars(env, attempt)
    except Conflict:
        return False  # the lead has just been merged


async def _take_record_in(
    env: Env,
    tx: Tx,
    asked: _Asked,
    there: CrmRecord | None,
    calendars: Mapping[str, CalendarState],
    *,
    takes: bool,
) -> bool:
    lead = await tx.leads.get(asked.lead_id, lock=True)
    row = await tx.crm_records.get(asked.connection.id, asked.row.record_id, lock=True)
    if row is None or row.revision != asked.row.revision:
        return False
    assert lead is not None, "a lead is never deleted"
    is_told_again = row.due_at is not None and row.due_at > asked.at
    kept = replace(
        row,
        lead_id=lead.id,
        revision=row.revision + 1,
        told_at=row.told_at if is_told_again else None,
        due_at=row.due_at if is_told_again else None,
    )
    if there is not None:
        changed_at = row.told_at or asked.at
        choices, values = await _choices(env, tx, asked.connection, lead, kept, there, changed_at)
        news = {name: values[name] for name, one in choices.items() if one.act is Act.TAKE} if takes else {}
        if news:
            lead = await _taken_up(env, tx, asked, lead, news, changed_at, calendars)
        kept = replace(kept, seen={**kept.seen, **_seen(asked.connection, lead, choices, news)})
        if any(one.act is Act.WRITE for one in choices.values()):
            kept = replace(kept, told_at=row.told_at)  # which is compared once more when it is written
            await owe_lead_record(env, tx, lead.id)
    return await tx.crm_records.put(kept)


async def _choices(
    env: Env,
    tx: Tx,
    connection: ConnectionRow,
    lead: LeadRow,
    row: CrmRecordRow,
    there: CrmRecord,
    changed_at: datetime,
) -> tuple[dict[str, FieldChoice], dict[str, FactValue]]:
    """What becomes of each mapped field, and what the CRM says of the fact, where it can be read."""
    types = await fact_types(env, tx)
    choices, values = dict[str, FieldChoice](), dict[str, FactValue]()
    for one in connection.mapped:
        theirs, value = their_side(one, there.fields.get(one.field), type_of(one.fact, types), at=changed_at)
        chosen = choose(one, our_side(one, lead)[0], theirs, row.seen.get(one.field))
        choices[one.field] = taken(chosen, day=f"{env.clock():%Y-%m-%d}")
        if value is not None:
            values[one.field] = value
    return choices, values


def _seen(
    connection: ConnectionRow, lead: LeadRow, choices: Mapping[str, FieldChoice], news: Mapping[str, FactValue]
) -> dict[str, Any]:
    """What is remembered; of what is still to be written nothing new, and of what was taken in the fact as it came out."""
    found = {}
    for one in connection.mapped:
        choice = choices[one.field]
        if choice.act is Act.WRITE:
            continue
        seen = choice.seen
        found[one.field] = replace(seen, ours=our_side(one, lead)[0].mark) if one.field in news else seen
    return found


async def _taken_up(
    env: Env,
    tx: Tx,
    asked: _Asked,
    lead: LeadRow,
    news: Mapping[str, FactValue],
    changed_at: datetime,
    calendars: Mapping[str, CalendarState],
) -> LeadRow:
    """The lead once it has these facts. Raises _RefusedError where it cannot."""
    by_field = {one.field: one.fact for one in asked.connection.mapped}
    facts = {by_field[name]: value for name, value in news.items()}
    known = max((lead.known_at.get(fact, "") for fact in facts), default="")
    actor = Actor(name=f"connection:{asked.connection.key}", kind=CallerKind.WEBHOOK)
    given = replace(
        await _identity(tx, lead),
        **{_PERSONAL[fact]: value for fact, value in facts.items() if fact in _PERSONAL},  # type: ignore[arg-type]  # texts all
        facts={fact: value for fact, value in facts.items() if fact not in _PERSONAL},
        # What stands by the rules stands also against a fact that is known to be newer.
        occurred_at=changed_at if sortable_timestamp(changed_at) >= known else None,
    )
    try:
        submitted = await submit_lead_in_tx(env, tx, given, actor=actor, calendars=calendars)
    except PointsmanError as error:
        raise _RefusedError from error
    if submitted.lead.id != lead.id:
        raise _RefusedError
    return await tx.leads.get(lead.id) or submitted.lead


async def _identity(tx: Tx, lead: LeadRow) -> LeadInput:
    """What names the lead and no other; a number is no name here, since it may be what comes in."""
    if lead.email_key is not None:
        return LeadInput(email=lead.email)
    named = await tx.leads.identities(lead.id)
    if not named:
        raise _RefusedError
    one = named[0]
    return LeadInput(external_id=one.external_id, source_system=one.source_system, sender=one.sender)
