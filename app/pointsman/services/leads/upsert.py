"""Find a lead by external id, address or phone number, or create it, and store what is newly known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.leads.employers import EmployerChange
from pointsman.domain.leads.matching import LeadMatch, choose_lead
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.sayings import Saying, Topic, saying
from pointsman.domain.roster.ownership import resolve_owner
from pointsman.services.audit import audit
from pointsman.services.contact_record import write_contact
from pointsman.services.deliveries.mail.new_address import follow_address
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.leads.account_matching import match_account_by_name
from pointsman.services.leads.accounts import set_parent_by_domain
from pointsman.services.leads.apply_news import (
    is_new_conflict,
    lead_write,
    update_lead,
    with_account_match,
    with_taught_account,
    without_stale_values,
)
from pointsman.services.leads.employer import ASKS_FOR, EVIDENCE_SINCE, company_of_news, news_of_the_company
from pointsman.services.leads.employer_alert import ask_for_employer
from pointsman.services.leads.fields import KnownFields, known_fields
from pointsman.services.leads.lead_input import LeadInput, identify_person
from pointsman.services.leads.phone_owner import is_known_by_phone, known_by_phone, owner_of_phone, still_answers
from pointsman.services.leads.stand_ins import KnownElsewhere, as_if_unknown, find_stand_ins, lock_chosen
from pointsman.services.policies.cache import load_roster
from pointsman.services.ports import Actor, Env, LostRace, Tx
from pointsman.services.ports.leads.leads import FoundLead, LeadRow, LeadWrite, Person
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.routing.policies import LiveVersions


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertResult:
    """The lead, locked; `conflict` is another lead that the given email or phone number belongs to.

    `versions` is what was in force when the lead was made, None for a known one.
    """

    lead: LeadRow
    created: bool
    versions: LiveVersions | None = None
    conflict: UUID | None = None
    left_employer: bool = False  # what was known of the lead's company ended with these news


async def upsert_lead(
    env: Env, tx: Tx, given: LeadInput, *, actor: Actor, speaker: Actor | None = None
) -> UpsertResult:
    """Make or find the lead and keep what was true last; its row is locked until the transaction ends.

    Raises Invalid ("no-identity") without a usable email, phone number or external id, and LostRace when two make the
    same person at the same moment: then the transaction is run again. Of a partner or rep KnownElsewhere: the caller keeps
    what it said. `speaker` is who said it, where `actor` takes another's word in: its word counts as much as ever.
    """
    speaker = speaker or actor
    found = await _upserted(env, tx, given, actor=actor, speaker=speaker)
    if not given.do_not_contact:
        return found
    return replace(found, lead=await write_contact(env, tx, found.lead, ended=True, actor=actor))


async def _upserted(env: Env, tx: Tx, given: LeadInput, *, actor: Actor, speaker: Actor) -> UpsertResult:
    known = await known_fields(env, tx)
    write = await _read(env, tx, given, known, actor=actor, speaker=speaker)
    person = write.person
    stand_ins = await find_stand_ins(tx, person, actor)
    made = None if stand_ins else await tx.leads.create(write, sees=speaker.sees)
    if made is not None:
        return await _created(env, tx, made, person, actor)
    named, gone = await _named(tx, write, speaker)
    candidates, elsewhere = await as_if_unknown(tx, named, stand_ins, person, actor)
    found = await _chosen(tx, candidates, write, actor, elsewhere)
    is_phone_free = not stand_ins.shares_number and not any(one.by_phone for one in candidates)
    if found is None:
        made = await _create_after_all(tx, write, speaker, gone, is_phone_free=is_phone_free)
        return await _created(env, tx, made, person, actor)
    knows_id = any(one.by_external_id and one.row.id == found.lead_id for one in named)
    if knows_id and is_known_by_phone(person):
        found = replace(found, by="phone")
    if found.conflict is not None:
        found = replace(found, conflict=stand_ins.lead_of(found.conflict))
    row = await lock_chosen(tx, named, found.lead_id, actor)
    person = without_stale_values(person, row, write)
    write = replace(write, person=person)
    # An email by which a merged lead is found again leads here, but is not the one that this lead goes by.
    alias = any(one.by_email and one.row.address_key != person.email_key for one in named)
    keep_word = actor.sees.is_limited
    address_is_own = keep_word or found.conflict_by != "email"
    company = company_of_news(
        row,
        write,
        known.lists,
        takes_address=keep_word or (address_is_own and not alias),
        address_is_own=address_is_own,
    )
    write = news_of_the_company(write, company, alias=alias and not keep_word)
    lead, change = await update_lead(
        tx,
        row,
        write,
        found,
        known.lists,
        company,
        knows_id=knows_id,
        alias=alias,
        keep_word=keep_word,
        is_phone_free=is_phone_free,
        speaker=speaker,
    )
    await follow_address(env, tx, row, lead)
    if lead != row:
        await owe_lead_record(env, tx, lead.id)
    if change is not EmployerChange.ASKS:
        lead = await _with_account_parent(env, tx, lead, write.person, actor)
    if is_new_conflict(row, found):
        await _report_conflict(env, tx, found, actor)
    if change in (EmployerChange.ASKS, EmployerChange.MOVES) or (ASKS_FOR in row.match) > (ASKS_FOR in lead.match):
        await ask_for_employer(env, tx, lead)
    left = lead.known_at.get(EVIDENCE_SINCE) != row.known_at.get(EVIDENCE_SINCE)
    return UpsertResult(lead=lead, created=False, conflict=found.conflict, left_employer=left)


async def _read(env: Env, tx: Tx, given: LeadInput, known: KnownFields, *, actor: Actor, speaker: Actor) -> LeadWrite:
    person = known_by_phone(identify_person(given, known.lists), given, speaker)
    if saying(Topic.ACCOUNT, speaker.kind) is Saying.TAKEN:
        person = await _with_account_owner(env, tx, person)
    else:
        person = replace(person, account_status=None, account_owner=None, parent_domain=None)
    if person.domain is not None and person.parent_domain is not None:
        # Two who say opposite things of two companies would each make one, and wait for the other's.
        await tx.accounts.lock_domains([person.domain, person.parent_domain])
    write = lead_write(env, given, person, speaker, actor=actor)
    if known.fuzzy_names is None or person.company_key is None:
        return write
    country = given.facts.get("company.country") or given.facts.get("lead.country")
    return with_account_match(write, await match_account_by_name(tx, person, country, known.fuzzy_names))


async def _named(tx: Tx, write: LeadWrite, speaker: Actor) -> tuple[Sequence[FoundLead], FoundLead | None]:
    """The leads that the event names, locked; and one that its number named, which goes by more than the number now."""
    named = await tx.leads.find_and_lock(write.person, sees=speaker.sees)
    if not is_known_by_phone(write.person):
        return named, None
    gone = next((one for one in named if one.by_external_id and not still_answers(one, write)), None)
    if gone is None:
        return named, None
    rest = [one for one in named if one is not gone]
    return ([*rest, replace(gone, by_external_id=False)] if gone.by_phone else rest), gone


async def _chosen(
    tx: Tx, named: Sequence[FoundLead], write: LeadWrite, actor: Actor, elsewhere: UUID | None
) -> LeadMatch | None:
    """Which of the candidates is meant. `elsewhere` is the lead of the email where it is none of them (`as_if_unknown`).

    Raises KnownElsewhere where what is meant is with others than the caller's reps, or nothing but `elsewhere` is.
    """
    by_phone = owner_of_phone(named, write)
    found = await _own_by_phone(tx, named, by_phone, actor)
    if found is None:
        await _refuse_elsewhere(tx, named, actor)
        found = choose_lead(
            next((one.row.id for one in named if one.by_external_id), None),
            next((one.row.id for one in named if one.by_email), None),
            by_phone,
        )
    if found is None and elsewhere is not None:
        raise KnownElsewhere(elsewhere)
    if found is None or not actor.sees.is_limited:
        return found
    is_number = found.by == "phone" or is_known_by_phone(write.person)
    if is_number and not await tx.leads.is_with(found.lead_id, actor.sees):
        raise KnownElsewhere
    return replace(found, conflict=elsewhere, conflict_by="email") if elsewhere is not None else found


async def _own_by_phone(tx: Tx, named: Sequence[FoundLead], by_phone: UUID | None, actor: Actor) -> LeadMatch | None:
    """A partner's own lead by its number, where the email beside it is of a lead that is with others.

    The lead shows that email then, as it would any other: a refusal would tell that the person is known.
    """
    if by_phone is None or not actor.sees.is_limited or any(one.by_external_id for one in named):
        return None
    theirs = next((one.row.id for one in named if one.by_email), None)
    if theirs in (None, by_phone) or await tx.leads.is_with(theirs, actor.sees):
        return None
    if not await tx.leads.is_with(by_phone, actor.sees):
        return None
    return LeadMatch(lead_id=by_phone, by="phone", conflict=theirs, conflict_by="email")


async def _refuse_elsewhere(tx: Tx, named: Sequence[FoundLead], actor: Actor) -> None:
    if not actor.sees.is_limited:
        return
    known_by_name = [one for one in named if one.by_external_id or one.by_email]
    for one in known_by_name:
        # What the partner itself calls this person counts before an email, which may be another's.
        if (one.by_external_id or len(known_by_name) == 1) and not await tx.leads.is_with(one.row.id, actor.sees):
            raise KnownElsewhere


async def _create_after_all(
    tx: Tx, write: LeadWrite, speaker: Actor, gone: FoundLead | None, *, is_phone_free: bool
) -> tuple[LeadRow, LiveVersions]:
    """A lead that nothing names but a number that is another person's, or whose account had to learn its domain first.

    A number that named no lead (`is_phone_free`) is asked for again: what it names by now may be the same person.
    """
    person = write.person
    taught = await with_taught_account(tx, write, name_key=person.company_key if write.learns_domain else None)
    if gone is not None:
        taught = replace(taught, person=replace(person, external_id=None))
    if (made := await tx.leads.create(taught, sees=speaker.sees, by_phone=is_phone_free)) is None:
        raise LostRace("the lead came or went between two statements")
    if gone is not None and person.external_id is not None:
        await tx.leads.give_identity(person.external_id, gone.row.id, to=made[0].id)
    return made


async def _created(env: Env, tx: Tx, made: tuple[LeadRow, LiveVersions], person: Person, actor: Actor) -> UpsertResult:
    lead, versions = made
    return UpsertResult(lead=await _with_account_parent(env, tx, lead, person, actor), created=True, versions=versions)


async def _with_account_owner(env: Env, tx: Tx, person: Person) -> Person:
    """Put the owner's key for the sender's name of the account's owner. An owner that the roster does not know is left out."""
    if person.account_owner is None:
        return person
    version = (await tx.policies.live_versions()).roster
    roster = await load_roster(env, tx, version) if version is not None else None
    owner = resolve_owner(person.account_owner, roster) if roster else None
    return replace(person, account_owner=owner if roster and owner in roster.reps else None)


async def _with_account_parent(env: Env, tx: Tx, lead: LeadRow, person: Person, actor: Actor) -> LeadRow:
    """The lead, once its account hangs where the sender says; costs nothing where it does already."""
    domain = person.parent_domain
    if domain is None or lead.account_id is None or domain in (lead.parent_domain, lead.account_domain):
        return lead
    await set_parent_by_domain(env, tx, lead.account_id, domain, actor=actor)
    return await tx.leads.get(lead.id) or lead


async def _report_conflict(env: Env, tx: Tx, found: LeadMatch, actor: Actor) -> None:
    now = env.clock()
    subject = f"lead:{found.lead_id}"
    message = _conflict_message(found)
    await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.IDENTITY_CONFLICT, subject=subject, message=message)
    await audit(
        env, tx, actor, "lead.identity-conflict", subject, after={f"{found.conflict_by}_names": str(found.conflict)}
    )


_IDENTITIES: Mapping[str, Message] = {
    "external_id": say("alerts.by-external-id"),
    "email": say("alerts.by-email"),
    "phone": say("alerts.by-phone"),
}


def _conflict_message(found: LeadMatch) -> Message:
    return say(
        "alerts.identity-conflict-email" if found.conflict_by == "email" else "alerts.identity-conflict",
        by=_IDENTITIES[found.by],
        other_by=_IDENTITIES[found.conflict_by or "email"],
        lead=str(found.lead_id),
        other=str(found.conflict),
    )
