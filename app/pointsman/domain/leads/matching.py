"""Which of two things known about a lead counts, and which lead an event belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.messages.message import Message, as_written, say


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedValues:
    """A lead's values after an event; `changed` names the fields that are different now."""

    values: Mapping[str, FactValue]
    known_at: Mapping[str, str]
    changed: frozenset[str]


def merge_newer(
    values: Mapping[str, FactValue], known_at: Mapping[str, str], news: Mapping[str, FactValue], stamp: str
) -> MergedValues:
    """Each field keeps the value that was true last; news as old as what is known is taken.

    `known_at` and `stamp` are instants as `sortable_timestamp` writes them.
    """
    kept = dict(values)
    stamps = dict(known_at)
    changed = set()
    for field, value in news.items():
        if stamps.get(field, "") > stamp:
            continue
        if kept.get(field) != value or type(kept.get(field)) is not type(value):
            changed.add(field)
        kept[field] = value
        stamps[field] = stamp
    return MergedValues(values=kept, known_at=stamps, changed=frozenset(changed))


def merge_records(
    values: Mapping[str, FactValue],
    known_at: Mapping[str, str],
    others: Mapping[str, FactValue],
    others_at: Mapping[str, str],
) -> MergedValues:
    """What is known of two records of one person: each field has the value that was true last, the former's when level."""
    kept, stamps, changed = dict(values), dict(known_at), set()
    for field, value in others.items():
        stamp = others_at.get(field, "")
        if field in kept and stamp <= stamps.get(field, ""):
            continue
        if field not in kept or kept[field] != value or type(kept[field]) is not type(value):
            changed.add(field)
        kept[field] = value
        if stamp:
            stamps[field] = stamp
    return MergedValues(values=kept, known_at=stamps, changed=frozenset(changed))


def sortable_timestamp(at: datetime) -> str:
    """An instant in UTC, as text of one width, so that texts sort as instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMatch:
    """The lead that an event belongs to. `conflict` is another lead that its email names, else its phone number."""

    lead_id: UUID
    by: str  # "external_id" | "email" | "phone"
    conflict: UUID | None = None
    conflict_by: str | None = None  # "email" | "phone"


def choose_lead(by_external_id: UUID | None, by_email: UUID | None, by_phone: UUID | None = None) -> LeadMatch | None:
    """The external id wins: the system that gave it knows its own records, while an email may be shared or mistyped.

    A phone number is shared more often, and comes last.
    """
    named = (("external_id", by_external_id), ("email", by_email), ("phone", by_phone))
    leads = [(by, lead) for by, lead in named if lead is not None]
    if not leads:
        return None
    by, chosen = leads[0]
    conflict_by, conflict = next(((other, lead) for other, lead in leads if lead != chosen), (None, None))
    return LeadMatch(lead_id=chosen, by=by, conflict=conflict, conflict_by=conflict_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCandidate:
    """An account as a name finds it; `countries` is where its leads are."""

    account_id: UUID
    name: str
    key: str
    domain: str | None
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMatch:
    """An account whose name is like a lead's: how sure that it is the same company, 0 to 100, and from what."""

    account: AccountCandidate
    confidence: int
    why: Message

    def as_json(self) -> dict[str, Any]:
        """As a lead's `match` keeps it."""
        return {
            "account_id": str(self.account.account_id),
            "name": self.account.name,
            "domain": self.account.domain,
            "confidence": self.confidence,
            "why": self.why.as_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMatches:
    """What an alike name leads to: one account to link the lead to, or some to suggest to a human, or nothing."""

    link: AccountMatch | None = None
    suggestions: tuple[AccountMatch, ...] = ()


#: Two accounts this near each other are a tie, which no machine settles.
TIE_MARGIN = 2
MAX_SUGGESTIONS = 5

_AGREES, _UNKNOWN, _DIFFERS = 2, -3, -10


def match_accounts(
    name: str,
    country: str | None,
    scored: Sequence[tuple[AccountCandidate, int]],
    *,
    link_at: int,
    suggest_at: int,
    may_link: bool,
) -> AccountMatches:
    """What to make of accounts whose names score 0 to 100 beside `name`.

    A country that agrees adds a little, one that differs takes more and never links; where it is unknown, a name has to
    be nearly equal. `may_link` False only suggests.
    """
    found = sorted(
        (_alike(name, country, account, score, link_at) for account, score in scored),
        key=lambda one: (-one.confidence, str(one.account.account_id)),
    )
    worth = [one for one in found if one.confidence >= suggest_at or one.confidence >= link_at]
    if not worth:
        return AccountMatches()
    first = worth[0]
    tie = len(found) > 1 and first.confidence - found[1].confidence <= TIE_MARGIN
    if may_link and first.confidence >= link_at and not tie:
        return AccountMatches(link=first)
    return AccountMatches(suggestions=tuple(worth[:MAX_SUGGESTIONS]))


def _alike(name: str, country: str | None, account: AccountCandidate, score: int, link_at: int) -> AccountMatch:
    confidence, told = score + _UNKNOWN, say("alike.no-country")
    if country is not None and account.countries:
        if country in account.countries:
            confidence, told = min(100, score + _AGREES), say("alike.same-country", country=country)
        else:
            confidence = min(score + _DIFFERS, link_at - 1)
            told = say("alike.other-country", country=country, others=tuple(sorted(account.countries)))
    why = say("alike.name", score=score, name=as_written(name), account=as_written(account.name), compared=told)
    return AccountMatch(account=account, confidence=max(0, confidence), why=why)
