"""Which account and whose `company.*` facts a lead has, once two records of one person were made one (decision 23)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pointsman.domain.leads.employers import KnownEmployer, MergedEmployer, is_one_company, judge_merged
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import MergedValues, merge_records
from pointsman.services.codes.registered_domains import MatchingLists
from pointsman.services.leads.apply_news import BROUGHT_BY
from pointsman.services.leads.employer import (
    ASKS_FOR,
    BOUGHT,
    BOUGHT_AT,
    EVIDENCE_SINCE,
    MOVED_AT,
    employer_said_at,
    has_bought,
    known_employer,
    match_of_the_move,
)
from pointsman.services.ports.leads.leads import LeadRow

#: What a lead's `match` says of an account that came with a merged lead.
MERGED = "merged"
#: What takes the lead to the later record's account, and what stays instead until an admin says so.
_MOVES = {
    MergedEmployer.LATER: MergedEmployer.EARLIER,
    MergedEmployer.LATER_FOR_BOTH: MergedEmployer.EARLIER_FOR_BOTH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedCompany:
    """The account, and what of each record's facts counts beside it."""

    account_id: UUID | None
    match: Mapping[str, Any]
    moved_at: str
    keeps_into: bool  # the survivor's own `company.*` facts
    takes_other: bool
    domain: tuple[str, str] | None  # of the company and since when, where only the other record's address names it


def merged_company(into: LeadRow, other: LeadRow, lists: MatchingLists) -> MergedCompany:
    """The employer that was said last has both; the survivor's where both were said at one time.

    Who has bought stays with the account, as a customer's contact does against a partner's record: then `match` has what it
    asks an admin.
    """
    mine, theirs = (known_employer(row, row.address_key, lists) for row in (into, other))
    said, said_by_other = employer_said_at(into, mine), employer_said_at(other, theirs)
    is_later = said_by_other > said
    earlier, later = (into, other) if is_later else (other, into)
    known, news = (mine, theirs) if is_later else (theirs, mine)
    asks = False
    if into.account_id is not None and into.account_id == other.account_id and not _asks(into, other):
        verdict = MergedEmployer.LATER_FOR_BOTH  # under two domains, it may be
    elif into.account_id is None or other.account_id is None or into.account_id == other.account_id:
        verdict = MergedEmployer.LATER_FOR_BOTH if is_one_company(known, news) else MergedEmployer.LATER
    else:
        verdict = judge_merged(known, news)
        asks = verdict in _MOVES and _is_for_a_human(earlier, later)
    if asks:
        verdict = _MOVES[verdict]
    winner = later if verdict in _MOVES else earlier
    if winner.account_id is None:
        winner = earlier if winner is later else later
    for_both = verdict in (MergedEmployer.LATER_FOR_BOTH, MergedEmployer.EARLIER_FOR_BOTH)
    match = _match(into, other, winner, for_both=for_both)
    for row in (earlier, later):
        if ASKS_FOR in row.match and winner.account_id == row.account_id:
            match[ASKS_FOR] = row.match[ASKS_FOR]  # no time says that the question is older than the other's word
    if asks:
        match[ASKS_FOR] = news.website or news.address_domain or later.account_name
    facts_of = later if verdict is MergedEmployer.LATER else earlier
    return MergedCompany(
        account_id=winner.account_id,
        match=match,
        moved_at=max(
            into.known_at.get(MOVED_AT, "") if for_both or facts_of is into else "",
            other.known_at.get(MOVED_AT, "") if for_both or facts_of is other else "",
            max(said, said_by_other) if verdict is MergedEmployer.LATER else "",
        ),
        keeps_into=for_both or facts_of is into,
        takes_other=for_both or facts_of is other,
        domain=_unsaid_domain(into, other, theirs) if winner is other else None,
    )


def merge_facts(
    company: MergedCompany, into: Mapping[str, FactValue], other: Mapping[str, FactValue], rows: tuple[LeadRow, LeadRow]
) -> MergedValues:
    """Each field has the value that was true last, those of `company.*` only of the employer's; `rows` are (into, other)."""
    mine = into if company.keeps_into else _without_company(into)
    theirs = other if company.takes_other else _without_company(other)
    survivor, merged = rows
    united = merge_records(mine, _of_values(survivor, mine), theirs, _of_values(merged, theirs))
    stamps, values = dict(united.known_at), dict(united.values)
    for row, counts in ((survivor, company.keeps_into), (merged, company.takes_other)):
        for name, at in row.known_at.items():
            if counts and name.startswith("account."):
                stamps[name] = max(at, stamps.get(name, ""))
    if company.moved_at:
        stamps[MOVED_AT] = company.moved_at
    if not company.keeps_into:
        stamps[EVIDENCE_SINCE] = company.moved_at
    elif EVIDENCE_SINCE in survivor.known_at:
        stamps[EVIDENCE_SINCE] = survivor.known_at[EVIDENCE_SINCE]
    if company.domain is not None and "company.domain" not in values:
        values["company.domain"], stamps["company.domain"] = company.domain
    if survivor.address_key is None and merged.email_key is not None and "lead.email" in merged.known_at:
        stamps["lead.email"] = merged.known_at["lead.email"]  # the address came along
    changed = {name for name in values.keys() | into.keys() if values.get(name) != into.get(name)}
    return MergedValues(values=values, known_at=stamps, changed=united.changed | changed)


def _asks(*rows: LeadRow) -> bool:
    """Whether the account of one of them is not the company that it spoke of last."""
    return any(ASKS_FOR in row.match for row in rows)


def _is_for_a_human(earlier: LeadRow, later: LeadRow) -> bool:
    if has_bought(later):
        return False
    return has_bought(earlier) or (earlier.account_status == "customer" and BROUGHT_BY in later.match)


def _match(into: LeadRow, other: LeadRow, winner: LeadRow, *, for_both: bool) -> dict[str, Any]:
    match = {name: value for name, value in into.match.items() if name != "conflict"}
    if winner is other and into.account_id != other.account_id:
        if into.account_id is not None:
            match = match_of_the_move(into, match)
        match["account"] = MERGED
        match |= {name: other.match[name] for name in (ASKS_FOR, BOUGHT_AT) if name in other.match}
    bought = (into, other) if for_both else (winner,)
    if any(has_bought(row) for row in bought):
        match[BOUGHT] = True
    return match


def _unsaid_domain(into: LeadRow, other: LeadRow, theirs: KnownEmployer) -> tuple[str, str] | None:
    """The survivor goes by its own address: without the domain, it would not know of which company its facts are."""
    if into.address_key is None or theirs.website is not None or theirs.address_domain is None:
        return None
    return theirs.address_domain, other.known_at.get("lead.email", "")


def _without_company(facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    return {name: value for name, value in facts.items() if not name.startswith("company.")}


def _of_values(row: LeadRow, values: Mapping[str, FactValue]) -> dict[str, str]:
    """When the values were true, and the address, which is no value here."""
    return {name: at for name, at in row.known_at.items() if name in values or name == "lead.email"}
