"""Who a lead is: found again by email or external id, or made; and what is newly known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import (
    AccountMatches,
    LeadMatch,
    MergedValues,
    choose_lead,
    merge_newer,
    sortable_timestamp,
)
from pointsman.domain.leads.normalise import company_key, email_key, name_blocks
from pointsman.domain.roster.ownership import resolve_owner
from pointsman.services.audit import audit
from pointsman.services.leads.account_matching import match_account_by_name
from pointsman.services.leads.accounts import set_parent_by_domain
from pointsman.services.leads.fields import PERSONAL_FIELDS, known_fields
from pointsman.services.leads.registered_domains import company_domain, host_to_ascii
from pointsman.services.policies.cache import load_roster
from pointsman.services.ports import Actor, Env, LostRace, Tx
from pointsman.services.ports.leads.leads import LeadChange, LeadRow, LeadWrite, Person
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.routing.policies import LiveVersions

MAX_EXTERNAL_ID = 255

#: What an event says of the company and not of the person; it is kept with the account.
_ACCOUNT_FIELDS = {
    "account_status": "account.status",
    "account_owner": "account.owner",
    "parent_domain": "account.parent_domain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadInput:
    """What somebody says about a lead. `occurred_at` is when it was true; None means now."""

    email: str | None = None
    external_id: str | None = None
    source_system: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertResult:
    """The lead, locked; `conflict` is another lead that the given email belongs to.

    `versions` is what was in force when the lead was made, None for a known one.
    """

    lead: LeadRow
    created: bool
    versions: LiveVersions | None = None
    conflict: UUID | None = None


async def upsert_lead(env: Env, tx: Tx, given: LeadInput, *, actor: Actor) -> UpsertResult:
    """Make or find the lead and keep what was true last; its row is locked until the transaction ends.

    Raises Invalid ("no-identity") without a usable email or external id, and LostRace when two make the same person at
    the same moment: then the transaction is run again.
    """
    known = await known_fields(env, tx)
    person = await _with_account_owner(env, tx, _identify(given, known.free_mail_domains))
    write = _write(env, given, person, actor)
    if known.fuzzy_names is not None and person.company_key is not None:
        country = given.facts.get("company.country") or given.facts.get("lead.country")
        write = _placed(write, await match_account_by_name(tx, person, country, known.fuzzy_names))
    made = await tx.leads.create(write)
    if made is not None:
        lead, versions = made
        lead = await _with_account_parent(env, tx, lead, person, actor)
        return UpsertResult(lead=lead, created=True, versions=versions)
    rows = await tx.leads.find_and_lock(
        email_key=person.email_key, source_system=person.source_system, external_id=person.external_id
    )
    by_id = {row.id: row for row, _, _ in rows}
    found = choose_lead(
        next((row.id for row, by_external_id, _ in rows if by_external_id), None),
        next((row.id for row, _, by_email in rows if by_email), None),
    )
    if found is None:
        raise LostRace("the lead came or went between two statements")
    row = by_id[found.lead_id]
    person = _without_stale_values(person, row, write)
    write = replace(write, person=person)
    # An email by which a merged lead is found again leads here, but is not the one that this lead goes by.
    alias = any(by_email and row.email_key != person.email_key for row, _, by_email in rows)
    lead = await _update(tx, row, write, found, knows_id=found.by == "external_id", alias=alias)
    lead = await _with_account_parent(env, tx, lead, person, actor)
    if _new_conflict(row, found):
        await _report_conflict(env, tx, found, actor)
    return UpsertResult(lead=lead, created=False, conflict=found.conflict)


def _identify(given: LeadInput, free_mail: frozenset[str]) -> Person:
    key = email_key(given.email, host_to_ascii) if given.email else None
    if key is None and not given.external_id:
        fault = Fault(
            path="email", code="no-identity", message="give an email address, or external_id and source_system"
        )
        raise Invalid(
            "Nobody to make a lead of: neither a usable email nor an external id.", code="no-identity", faults=[fault]
        )
    site, name = given.facts.get("company.domain"), given.facts.get("company.name")
    domain = company_domain(site, free_mail=free_mail) if isinstance(site, str) else None
    domain_from = "company.domain" if domain else None
    if domain is None and key is not None:
        domain = company_domain(key.rpartition("@")[2], free_mail=free_mail)
        domain_from = "email" if domain else None
    status, owner = given.facts.get("account.status"), given.facts.get("account.owner")
    parent = given.facts.get("account.parent_domain")
    key_of_name = company_key(name) if isinstance(name, str) else None
    return Person(
        email=given.email if key else None,
        email_key=key,
        source_system=(given.source_system or "api") if given.external_id else None,
        external_id=given.external_id[:MAX_EXTERNAL_ID] if given.external_id else None,
        domain=domain,
        domain_from=domain_from,
        company_name=name if isinstance(name, str) else None,
        company_key=key_of_name,
        name_blocks=name_blocks(key_of_name),
        account_status=status if status in ("prospect", "customer") else None,  # type: ignore[arg-type]  # str by now
        account_owner=owner if isinstance(owner, str) else None,
        parent_domain=company_domain(parent, free_mail=free_mail) if isinstance(parent, str) else None,
    )


async def _with_account_owner(env: Env, tx: Tx, person: Person) -> Person:
    """With the owner's key for what the sender calls the account's owner; whom the roster does not know is left out."""
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


def _write(env: Env, given: LeadInput, person: Person, actor: Actor) -> LeadWrite:
    now = env.clock()
    stamp = sortable_timestamp(min(given.occurred_at or now, now))  # a sender's fast clock must not freeze what we know
    facts = {name: value for name, value in given.facts.items() if not name.startswith(("account.", "qualification."))}
    if person.domain_from == "company.domain" and person.domain is not None:
        facts["company.domain"] = person.domain
    personal = {
        "lead.email": person.email,
        "lead.first_name": given.first_name,
        "lead.last_name": given.last_name,
        "lead.phone": given.phone,
    }
    company = {name: getattr(person, attribute) for attribute, name in _ACCOUNT_FIELDS.items()}
    told = [*facts, *(name for name, value in (personal | company).items() if value is not None)]
    return LeadWrite(
        id=env.new_id(),
        account_id=env.new_id(),
        audit_id=env.new_id(),
        actor=actor.name,
        at=now,
        person=person,
        first_name=given.first_name,
        last_name=given.last_name,
        phone=given.phone,
        facts=facts,
        known_at=dict.fromkeys(told, stamp),
    )


def _placed(write: LeadWrite, found: AccountMatches) -> LeadWrite:
    """What an alike name says of the account, as the lead will tell it."""
    if found.link is not None:
        match = {"account": "alike-name", **found.link.as_json()}
        return replace(write, account=found.link.account.account_id, match=match)
    return replace(
        write, match={"suggestions": [one.as_json() for one in found.suggestions]} if found.suggestions else {}
    )


async def _update(tx: Tx, row: LeadRow, write: LeadWrite, found: LeadMatch, *, knows_id: bool, alias: bool) -> LeadRow:
    """Merge the news into a locked lead; nothing is written when there is no news."""
    person = write.person
    merged = _merged(row, write, email_is_free=found.conflict is None and not alias)
    add_identity = person.external_id is not None and not knows_id
    moves = person.domain_from == "company.domain" and person.domain != row.account_domain
    tunes = (person.account_status or row.account_status) != row.account_status or (
        person.account_owner is not None and person.account_owner != row.account_owner
    )
    news = merged.known_at != row.known_at or add_identity or moves or tunes or _new_conflict(row, found)
    if not news and row.account_id is not None:
        return row
    values = merged.values
    email = _text(values, "lead.email")
    match = dict(row.match) | {"person": found.by}
    if row.account_id is None and (person.domain or person.company_key):
        match |= {"account": person.domain_from or "name"} | dict(write.match)
    if found.conflict is not None:
        match["conflict"] = str(found.conflict)
    return await tx.leads.change(
        LeadChange(
            lead_id=row.id,
            write=replace(
                write,
                first_name=_text(values, "lead.first_name"),
                last_name=_text(values, "lead.last_name"),
                phone=_text(values, "lead.phone"),
                facts={name: value for name, value in values.items() if name not in PERSONAL_FIELDS},
                known_at=merged.known_at,
            ),
            email=email,
            email_key=email_key(email, host_to_ascii) if email else None,
            keep_account=None if moves else row.account_id,
            match=match,
            add_identity=add_identity,
            audit_after={"changed": sorted(merged.changed), "match": match},
        )
    )


def _without_stale_values(person: Person, row: LeadRow, write: LeadWrite) -> Person:
    """What an older event says of the account is left out, as it is with the person's own fields."""
    late: dict[str, None] = {
        attribute: None
        for attribute, name in _ACCOUNT_FIELDS.items()
        if row.known_at.get(name, "") > write.known_at.get(name, row.known_at.get(name, ""))
    }
    return replace(person, **late)  # type: ignore[arg-type]  # each of them may be None


def _merged(row: LeadRow, write: LeadWrite, *, email_is_free: bool) -> MergedValues:
    old: dict[str, FactValue] = dict(row.facts)
    personal = {
        "lead.email": row.email,
        "lead.first_name": row.first_name,
        "lead.last_name": row.last_name,
        "lead.phone": row.phone,
    }
    old |= {name: value for name, value in personal.items() if value is not None}
    news: dict[str, FactValue] = dict(write.facts)
    given = {
        "lead.email": write.person.email if email_is_free else None,
        "lead.first_name": write.first_name,
        "lead.last_name": write.last_name,
        "lead.phone": write.phone,
    }
    news |= {name: value for name, value in given.items() if value is not None}
    stamp = max(write.known_at.values(), default=sortable_timestamp(write.at))
    of_the_account = {
        name: stamp for attribute, name in _ACCOUNT_FIELDS.items() if getattr(write.person, attribute) is not None
    }
    return merge_newer(old, {**row.known_at, **of_the_account}, news, stamp)


def _text(values: Mapping[str, FactValue], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _new_conflict(row: LeadRow, found: LeadMatch) -> bool:
    return found.conflict is not None and row.match.get("conflict") != str(found.conflict)


async def _report_conflict(env: Env, tx: Tx, found: LeadMatch, actor: Actor) -> None:
    now = env.clock()
    subject = f"lead:{found.lead_id}"
    message = (
        f"An event names lead {found.lead_id} by its external id and lead {found.conflict} by its email. "
        "It was taken for the former, whose email was left as it is. Look whether they are one person."
    )
    await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.IDENTITY_CONFLICT, subject=subject, message=message)
    await audit(env, tx, actor, "lead.identity-conflict", subject, after={"email_names": str(found.conflict)})
