"""What news changes in a lead that is known: the latest word on each field counts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pointsman.domain.leads.employers import CompanyOfNews, EmployerChange
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import (
    AccountMatches,
    LeadMatch,
    MergedValues,
    merge_newer,
    sortable_timestamp,
)
from pointsman.domain.leads.normalise import company_key, email_key, is_named_like
from pointsman.domain.leads.phones import is_name
from pointsman.domain.leads.senders import bringer_of
from pointsman.domain.permissions.sayings import Saying, Topic, saying
from pointsman.services.codes.registered_domains import MatchingLists, host_to_ascii, is_registered_name
from pointsman.services.leads.employer import (
    ASKS_FOR,
    employer_change,
    is_answered,
    match_of_the_move,
    news_that_wait,
    without_old_company,
)
from pointsman.services.leads.fields import PERSONAL_FIELDS
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.leads.phone_numbers import country_of, read_phone
from pointsman.services.leads.phone_owner import may_get_id
from pointsman.services.ports import Actor, Env, LostRace, Tx
from pointsman.services.ports.leads.leads import LeadChange, LeadRow, LeadWrite, Person

#: What an event says of the company and not of the person; it is kept with the account.
_ACCOUNT_FIELDS = {
    "account_status": "account.status",
    "account_owner": "account.owner",
    "parent_domain": "account.parent_domain",
}
_NAMES = ("lead.first_name", "lead.last_name")

#: In a lead's `match`: the partner or rep whose key brought the lead in.
BROUGHT_BY = "brought_by"


def lead_write(env: Env, given: LeadInput, person: Person, speaker: Actor, *, actor: Actor) -> LeadWrite:
    """What would be stored of the input, were everything in it news. `actor` takes it in, `speaker` has said it."""
    now = env.clock()
    stamp = sortable_timestamp(min(given.occurred_at or now, now))  # a sender's fast clock must not freeze what we know
    facts = {name: value for name, value in given.facts.items() if not name.startswith(("account.", "qualification."))}
    if person.domain_from == "company.domain" and person.domain is not None:
        facts["company.domain"] = person.domain
    else:  # a page on a shared host: it would stand where the company's own domain may be known
        facts.pop("company.domain", None)
    personal = {
        "lead.email": person.email,
        "lead.first_name": given.first_name,
        "lead.last_name": given.last_name,
        "lead.phone": given.phone,
    }
    company = {name: getattr(person, attribute) for attribute, name in _ACCOUNT_FIELDS.items()}
    may_change_account = saying(Topic.ACCOUNT, speaker.kind) is Saying.TAKEN
    told = [*facts, *(name for name, value in (personal | company).items() if value is not None)]
    return LeadWrite(
        id=env.new_id(),
        account_id=env.new_id(),
        audit_id=env.new_id(),
        account_audit_id=env.new_id(),
        learn_audit_id=env.new_id(),
        may_change_account=may_change_account,
        actor=actor.name,
        at=now,
        person=person,
        first_name=given.first_name,
        last_name=given.last_name,
        phone=given.phone,
        phone_key=person.phone.key if person.phone else None,
        facts=facts,
        known_at=dict.fromkeys(told, stamp),
        learns_domain=may_change_account
        and person.domain is not None
        and is_named_like(person.domain, person.company_key)
        and is_registered_name(person.domain),
        match={BROUGHT_BY: bringer} if (bringer := bringer_of(speaker.supplier, speaker.rep)) else {},
    )


def with_account_match(write: LeadWrite, found: AccountMatches) -> LeadWrite:
    """What an alike name says of the account, as the lead will tell it."""
    if found.link is not None:
        match = {"account": "alike-name", **found.link.as_json()}
        return replace(write, account=found.link.account.account_id, match={**write.match, **match})
    suggestions = [one.as_json() for one in found.suggestions]
    return replace(write, match={**write.match, **({"suggestions": suggestions} if suggestions else {})})


async def with_taught_account(tx: Tx, write: LeadWrite, *, name_key: str | None) -> LeadWrite:
    """The write for the account of this name, once that has the domain that it lacked; unchanged where there is none."""
    domain = write.person.domain
    if domain is None or name_key is None or write.learn_audit_id is None:
        return write
    account = await tx.accounts.learn_domain(
        domain, name_key=name_key, audit_id=write.learn_audit_id, actor=write.actor, at=write.at
    )
    return replace(write, account=account or write.account, learns_domain=False)


async def update_lead(
    tx: Tx,
    row: LeadRow,
    write: LeadWrite,
    found: LeadMatch,
    lists: MatchingLists,
    company: CompanyOfNews,
    *,
    knows_id: bool,
    alias: bool,
    keep_word: bool,
    is_phone_free: bool,
    speaker: Actor,
) -> tuple[LeadRow, EmployerChange]:
    """Merge the news into a locked lead, and say what became of its account; nothing is written when there is no news.

    An email that is another lead's is left out, with the company that it would name; with `keep_word` the lead shows it in place
    of its own, and it finds the other lead as before: so a partner does not learn that there is one. `is_phone_free`: the number
    named no lead; one that it names by now is a LostRace.
    """
    is_free = found.conflict_by != "email" and not alias
    if found.conflict_by == "email" and write.person.domain_from == "email":
        write = replace(write, person=replace(write.person, domain=None, domain_from=None), learns_domain=False)
    person = write.person
    if row.phone_key is not None and write.phone_key is None:
        write = replace(write, phone=None)  # a number that cannot be called does not take the place of one that can
    add_identity = person.external_id is not None and not knows_id and may_get_id(row, write, found)
    has_new_address = is_free and person.email_key not in (None, row.email_key)
    change = await employer_change(tx, row, write, lists, company, has_new_address=has_new_address, speaker=speaker)
    asks_for, answered = person.domain or person.company_name, is_answered(row, person, change, speaker)
    if change is EmployerChange.ASKS:
        write = news_that_wait(write, keeps_facts=keep_word)
    company = _company_once_asked(row, company, change, keep_word=keep_word)
    merged = _merged(row, write, email_is_free=is_free or keep_word)
    person = write.person
    moves, learns = change is EmployerChange.MOVES, change is EmployerChange.LEARNS
    if learns:
        taught = await with_taught_account(tx, write, name_key=company_key(row.account_name or ""))
        if taught.account != row.account_id:
            raise LostRace("the account got another domain at the same moment")
    elif moves or row.account_id is None:
        write = await with_taught_account(tx, write, name_key=person.company_key if write.learns_domain else None)
    if company is CompanyOfNews.ANOTHER:
        merged = without_old_company(merged, write)
    tunes = (person.account_status or row.account_status) != row.account_status or (
        person.account_owner is not None and person.account_owner != row.account_owner
    )
    news = (
        merged.known_at != row.known_at
        or add_identity
        or change in (EmployerChange.MOVES, EmployerChange.ASKS)
        or answered
        or write.learns_domain
        or tunes
        or is_new_conflict(row, found)
    )
    if not news and row.account_id is not None:
        return row, change
    values = merged.values
    email = _text(values, "lead.email")
    key, shown_key = _address_keys(row, email, is_free=is_free)
    match = _match(row, write, found, change, answered=answered)
    if change is EmployerChange.ASKS:
        match[ASKS_FOR] = asks_for
    phone_key = _phone_key(row, write, values)
    gets_phone = is_phone_free and phone_key != row.phone_key and phone_key == write.phone_key
    lead = await tx.leads.change(
        LeadChange(
            lead_id=row.id,
            write=replace(
                write,
                first_name=_text(values, "lead.first_name"),
                last_name=_text(values, "lead.last_name"),
                phone=_text(values, "lead.phone"),
                phone_key=phone_key,
                facts={name: value for name, value in values.items() if name not in PERSONAL_FIELDS},
                known_at=merged.known_at,
            ),
            email=email,
            email_key=key,
            shown_email_key=shown_key,
            keep_account=None if moves else row.account_id,
            match=match,
            add_identity=add_identity,
            audit_after={"changed": sorted(merged.changed), "match": match},
            new_phone_of=speaker.sees if gets_phone else None,
        )
    )
    return lead, change


def _company_once_asked(
    row: LeadRow, company: CompanyOfNews, change: EmployerChange, *, keep_word: bool
) -> CompanyOfNews:
    """Of which company the news are where an admin is asked, or has answered: until then the facts stay as they are.

    Those of a lead that a partner brought followed its words at once.
    """
    if change is EmployerChange.ASKS and not keep_word:
        return CompanyOfNews.SAME
    if change is EmployerChange.MOVES and ASKS_FOR in row.match and BROUGHT_BY not in row.match:
        return CompanyOfNews.ANOTHER  # the new address alone may be known already
    return company


def _match(
    row: LeadRow, write: LeadWrite, found: LeadMatch, change: EmployerChange, *, answered: bool
) -> dict[str, Any]:
    """How person and account were found, as the lead tells it from now on."""
    person, moves = write.person, change is EmployerChange.MOVES
    match = dict(row.match) | {"person": found.by}
    if moves:
        match = match_of_the_move(row, match)
    if answered:
        del match[ASKS_FOR]
    if (moves or row.account_id is None) and (person.domain or person.company_key):
        of_the_account = {name: value for name, value in write.match.items() if name != BROUGHT_BY}
        match |= {"account": person.domain_from or "name"} | of_the_account
    if found.conflict is not None:
        match["conflict"] = str(found.conflict)
    return match


def without_stale_values(person: Person, row: LeadRow, write: LeadWrite) -> Person:
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
    if write.person.company_name is None and "company.name" in old:
        news.pop("company.name", None)  # "n/a" is no news of a company that has a name
    for name in _NAMES:
        if name in old and not is_name(_text(news, name)):
            news.pop(name, None)  # neither is "-" of a person who has one
    stamp = max(write.known_at.values(), default=sortable_timestamp(write.at))
    of_the_account = {
        name: stamp for attribute, name in _ACCOUNT_FIELDS.items() if getattr(write.person, attribute) is not None
    }
    return merge_newer(old, {**row.known_at, **of_the_account}, news, stamp)


def _phone_key(row: LeadRow, write: LeadWrite, values: Mapping[str, FactValue]) -> str | None:
    """The number stays what it was read as; one that could not be read may be by a country that came before or later."""
    phone = _text(values, "lead.phone")
    if phone is not None and phone == write.phone and phone != row.phone and write.phone_key is not None:
        return write.phone_key  # as it was looked for
    if phone is None or (phone == row.phone and row.phone_key is not None):
        return row.phone_key
    found = read_phone(phone, country_of(values))
    return found.key if found else None


def _address_keys(row: LeadRow, email: str | None, *, is_free: bool) -> tuple[str | None, str | None]:
    """(the email by which the lead is found, the one that it shows alone): an email takes the place of the one before."""
    if email is None or email == row.email:
        return row.email_key, row.shown_email_key
    key = email_key(email, host_to_ascii)
    is_its_own = key == row.email_key or (is_free and key != row.shown_email_key)
    return (key, None) if is_its_own else (None, key)


def _text(values: Mapping[str, FactValue], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def is_new_conflict(row: LeadRow, found: LeadMatch) -> bool:
    """Whether the lead has just turned out to share its email or phone number with another one."""
    return found.conflict is not None and row.match.get("conflict") != str(found.conflict)
