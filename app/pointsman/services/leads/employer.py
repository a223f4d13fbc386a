"""What news about a known lead make of its account; the rules are `pointsman.domain.leads.employers`."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.leads.employers import EmployerChange, KnownEmployer, SaidEmployer, judge_employer
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import MergedValues
from pointsman.domain.leads.normalise import company_key
from pointsman.services.leads.registered_domains import MatchingLists, domain_of_address
from pointsman.services.ports import Tx
from pointsman.services.ports.leads.leads import LeadRow, LeadWrite

#: In a lead's `known_at`: since when it is with its account, where it came from another one.
MOVED_AT = "company"
#: In a lead's `match`: the account that it came from.
MOVED_FROM = "moved_from"
#: What `match` says of an account and how it was found.
_OF_THE_ACCOUNT = frozenset(
    {"account", "account_ties", "account_id", "name", "domain", "confidence", "why", "suggestions"}
)


async def employer_change(
    tx: Tx, row: LeadRow, write: LeadWrite, lists: MatchingLists, *, has_new_address: bool
) -> EmployerChange:
    """What becomes of the account that the lead has; the row is locked. `has_new_address`: the news' email becomes the lead's.

    Costs a statement only where something may change.
    """
    person = write.person
    stamp = max(write.known_at.values(), default="")
    if any(row.known_at.get(name, "") > stamp for name in ("lead.email", "company.domain", "company.name", MOVED_AT)):
        return EmployerChange.STAYS
    website = row.facts.get("company.domain")
    name = row.facts.get("company.name")
    known = KnownEmployer(
        account_domain=row.account_domain,
        account_key=company_key(row.account_name) if row.account_name else None,
        website=website if isinstance(website, str) else None,
        address_domain=domain_of_address(row.email_key.rpartition("@")[2], lists) if row.email_key else None,
        name_key=company_key(name) if isinstance(name, str) else None,
    )
    by_website = person.domain_from == "company.domain"
    said = SaidEmployer(
        website=person.domain if by_website else None,
        address_domain=person.domain if has_new_address and not by_website else None,
        name_key=person.company_key,
    )
    change = judge_employer(known, said)
    if change is EmployerChange.STAYS or person.domain is None:
        return change
    found = await tx.accounts.page(domain=person.domain, after=None, limit=1)
    if found and found[0].id == row.account_id:
        return EmployerChange.STAYS  # the domain leads here since two accounts were merged
    if change is EmployerChange.LEARNS and not write.may_change_account:
        return EmployerChange.STAYS
    return EmployerChange.MOVES if found else change


def without_old_company(merged: MergedValues, write: LeadWrite) -> MergedValues:
    """The values of a lead that has moved: of the company it left, only what the news say again is known.

    `known_at` keeps the time, so that late news of the former company are not taken for the present one's.
    """
    left = {name for name in merged.values if name.startswith("company.") and name not in write.facts}
    stamp = max(write.known_at.values())
    values = {name: value for name, value in merged.values.items() if name not in left}
    stamps = {name: at for name, at in merged.known_at.items() if name not in left}
    return MergedValues(values=values, known_at=stamps | {MOVED_AT: stamp}, changed=merged.changed | left)


def news_of_this_company(news: Mapping[str, FactValue], row: LeadRow, stamp: str) -> dict[str, FactValue]:
    """The news without what was true of the company before the lead came to its present one."""
    is_late = row.known_at.get(MOVED_AT, "") > stamp
    return {name: value for name, value in news.items() if not (is_late and name.startswith("company."))}


def match_of_the_move(row: LeadRow, match: Mapping[str, Any]) -> dict[str, Any]:
    """`match` without what it said of the account that the lead leaves, whose id it has."""
    kept = {name: value for name, value in match.items() if name not in _OF_THE_ACCOUNT}
    return kept | {MOVED_FROM: str(row.account_id)}
