"""What news about a known lead make of its account; the rules are `pointsman.domain.leads.employers`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pointsman.domain.leads.employers import (
    CompanyOfNews,
    EmployerChange,
    KnownEmployer,
    SaidEmployer,
    is_akin,
    judge_company,
    judge_employer,
)
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.matching import MergedValues
from pointsman.domain.leads.normalise import company_key, email_key
from pointsman.domain.leads.placeholders import company_named
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.codes.registered_domains import (
    MatchingLists,
    domain_of_address,
    host_to_ascii,
    is_registered_name,
)
from pointsman.services.ports import Actor, Tx
from pointsman.services.ports.leads.accounts import AccountFilter
from pointsman.services.ports.leads.leads import LeadRow, LeadWrite, Person

#: In a lead's `known_at`: since when it is with its account, where it came from another one.
MOVED_AT = "company"
#: In a lead's `known_at`: since when evidence about the person at a company counts (db: evidence_ends).
EVIDENCE_SINCE = "qualification"
#: In a lead's `match`: the account that it came from.
MOVED_FROM = "moved_from"
#: In a lead's `match`: it has bought. The stage says so until the lead is worked on again.
BOUGHT = "bought"
#: In a lead's `match`: the account for which it bought, where an admin took it to another one since.
BOUGHT_AT = "bought_at"
#: In a lead's `match`: the domain of a company for which it may work now, until an admin says so.
ASKS_FOR = "asks_for"
#: What `match` says of an account and how it was found.
_OF_THE_ACCOUNT = frozenset(
    {"account", "account_ties", "account_id", "name", "domain", "confidence", "why", "suggestions", ASKS_FOR, BOUGHT}
)


async def employer_change(
    tx: Tx,
    row: LeadRow,
    write: LeadWrite,
    lists: MatchingLists,
    company: CompanyOfNews,
    *,
    has_new_address: bool,
    speaker: Actor,
) -> EmployerChange:
    """What becomes of the account that the lead has; the row is locked. `has_new_address`: the news' email becomes the lead's.

    Costs a statement only where something may change.
    """
    person = write.person
    if company is CompanyOfNews.FORMER:
        return EmployerChange.STAYS
    if row.account_id is None:  # who has bought would make a customer of any company that a form names
        names_one = person.domain is not None or person.company_key is not None
        asks = names_one and has_bought(row) and speaker.kind is not CallerKind.ADMIN
        return EmployerChange.ASKS if asks else EmployerChange.STAYS
    known = known_employer(row, row.address_key, lists)
    if ASKS_FOR in row.match and speaker.kind is CallerKind.ADMIN:
        known = replace(known, website=None)  # what waits for an admin's word is news when it comes
    change = judge_employer(known, _said(person, has_new_address=has_new_address))
    if change is not EmployerChange.STAYS and person.domain is not None:
        found = await tx.accounts.page(AccountFilter(domain=person.domain), after=None, limit=1)
        if found and found[0].id == row.account_id:
            return EmployerChange.STAYS  # the domain leads here since two accounts were merged
        if change is EmployerChange.LEARNS and not write.may_change_account:
            return EmployerChange.STAYS
        change = EmployerChange.MOVES if found else change
    if change is EmployerChange.MOVES and _is_for_a_human(row, speaker):
        return EmployerChange.ASKS
    return change


def is_answered(row: LeadRow, person: Person, change: EmployerChange, speaker: Actor) -> bool:
    """Whether an admin says where a lead works for which this is asked: at its account, too, which is a no."""
    if ASKS_FOR not in row.match or speaker.kind is not CallerKind.ADMIN or change is not EmployerChange.STAYS:
        return False
    if person.domain_from == "company.domain" or row.account_id is None:
        return person.domain is not None or person.company_key is not None
    return row.account_name is not None and is_akin(person.company_key, company_key(row.account_name))


def company_of_news(
    row: LeadRow, write: LeadWrite, lists: MatchingLists, *, takes_address: bool, address_is_own: bool
) -> CompanyOfNews:
    """Of which company the news are, beside the facts that the lead has; `takes_address`: the email is written down.

    It follows from the lead's own sayings alone: a partner reads the facts of its lead, but no account and nobody else's email.
    """
    written = email_key(row.email, host_to_ascii) if row.email else None
    person = write.person
    if person.domain_from == "email" and not address_is_own:
        person = replace(person, domain=None)
    known = known_employer(row, written, lists)
    stamp = max(write.known_at.values(), default="")
    return judge_company(
        known,
        _said(person, has_new_address=takes_address and person.email_key not in (None, written)),
        is_late=stamp < employer_said_at(row, known),
        is_before_move=stamp < row.known_at.get(MOVED_AT, ""),
    )


def _is_for_a_human(row: LeadRow, speaker: Actor) -> bool:
    """A purchase and a customer are not undone by a form; whose customer a company is, a partner does not say."""
    if speaker.kind is CallerKind.ADMIN:
        return False
    return has_bought(row) or (speaker.sees.is_limited and row.account_status == "customer")


def has_bought(row: LeadRow) -> bool:
    """Whether the lead has bought for the company that it is with."""
    return row.match.get(BOUGHT) is True or (row.stage == LeadStage.WON and BOUGHT_AT not in row.match)


def employer_said_at(row: LeadRow, known: KnownEmployer) -> str:
    """When the lead's present employer was last said; "" where it never was."""
    stamps = [row.known_at.get(MOVED_AT, "")]
    if known.website is not None:
        stamps.append(row.known_at.get("company.domain", ""))
    if known.name_key is not None:
        stamps.append(row.known_at.get("company.name", ""))
    if known.address_domain is not None and known.website in (None, known.address_domain):
        stamps.append(row.known_at.get("lead.email", ""))  # else the website took the lead elsewhere
    return max(stamps)


def known_employer(row: LeadRow, address: str | None, lists: MatchingLists) -> KnownEmployer:
    """What is known of the lead's employer; `address` is the folded email that counts."""
    website = row.facts.get("company.domain")
    return KnownEmployer(
        account_domain=row.account_domain,
        account_key=company_key(row.account_name) if row.account_name else None,
        website=website if isinstance(website, str) else None,
        address_domain=domain_of_address(address.rpartition("@")[2], lists) if address else None,
        name_key=company_named(row.facts.get("company.name"), lists.placeholder_keys),
    )


def _said(person: Person, *, has_new_address: bool) -> SaidEmployer:
    by_website = person.domain_from == "company.domain"
    return SaidEmployer(
        website=person.domain if by_website else None,
        address_domain=None if by_website else person.domain,
        address_is_new=has_new_address,
        name_key=person.company_key,
        may_teach=person.domain is not None and is_registered_name(person.domain),
    )


def news_of_the_company(write: LeadWrite, company: CompanyOfNews, *, alias: bool) -> LeadWrite:
    """The news without what they say of a company that the person has left; with the domain of one that only an alias named."""
    if company is CompanyOfNews.ANOTHER and alias and write.person.domain is not None:
        # The lead goes by another address: without it, it would not know of which company its facts are.
        return replace(write, facts={**write.facts, "company.domain": write.person.domain})
    return without_company(write) if company is CompanyOfNews.FORMER else write


def news_that_wait(write: LeadWrite, *, keeps_facts: bool) -> LeadWrite:
    """The news without what they say of a company about which an admin is asked: until the answer, nothing changes by it.

    `keeps_facts`: a partner reads its lead's facts, and would learn from what is left out that the company is a customer.
    """
    known = without_company(write)
    return replace(known, facts=write.facts) if keeps_facts else known


def without_company(write: LeadWrite) -> LeadWrite:
    """The news without what they say of the company and its account."""
    person = replace(
        write.person,
        domain=None,
        domain_from=None,
        company_name=None,
        company_key=None,
        account_status=None,
        account_owner=None,
        parent_domain=None,
        name_blocks=(),
    )
    facts = {name: value for name, value in write.facts.items() if not name.startswith("company.")}
    return replace(write, person=person, facts=facts, account=None, learns_domain=False)


def without_old_company(merged: MergedValues, write: LeadWrite) -> MergedValues:
    """The values of a lead that has another company: of the one it left, only what the news say again is known.

    `known_at` keeps the time, so that neither late news nor evidence of the former company are taken for the present one's.
    """
    said = set(write.facts) - (set() if write.person.company_name else {"company.name"})  # "n/a" is no name
    left = {name for name in merged.values if name.startswith("company.") and name not in said}
    stamp = max(write.known_at.values())
    values = {name: value for name, value in merged.values.items() if name not in left}
    of_account = {name for name, at in merged.known_at.items() if name.startswith("account.") and at != stamp}
    stamps = {name: at for name, at in merged.known_at.items() if name not in left | of_account}
    return MergedValues(
        values=values, known_at=stamps | {MOVED_AT: stamp, EVIDENCE_SINCE: stamp}, changed=merged.changed | left
    )


def match_of_the_move(row: LeadRow, match: Mapping[str, Any]) -> dict[str, Any]:
    """`match` without what it said of the account that the lead leaves, whose id it has."""
    kept = {name: value for name, value in match.items() if name not in _OF_THE_ACCOUNT}
    left = {MOVED_FROM: str(row.account_id)}
    return kept | left | ({BOUGHT_AT: str(row.account_id)} if has_bought(row) else {})
