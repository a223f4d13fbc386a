"""Companies of nearly the same name: found by a few letters in the database, compared here, judged by the domain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import AccountCandidate, AccountMatches, match_accounts
from pointsman.domain.leads.normalise import COMMON_WORDS, company_name_words
from pointsman.domain.policy.document import FuzzyNameMatching
from pointsman.services.ports import Tx
from pointsman.services.ports.leads.leads import Person

#: So many accounts are compared; a name shares its letters with few.
MAX_COMPARED = 200
#: So many names are kept taken apart, about 15 MB: taking them apart was most of what comparing cost.
NAME_CACHE_SIZE = 20_000
#: Of so many of them the country is looked up.
_MAX_COUNTRY_LOOKUPS = 20
#: Letters that a name must have before a near miss means anything: "3M" and "3i" are two companies.
_MIN_NAME_LENGTH = 6
#: What a word costs that only says which part of a company it is, and that only one of the names has.
_COMMON_WORD_COST = 4
#: Names that differ in anything, if only in their order, spaces or umlauts, score no more than this: "Baur" is not "Bauer".
_MAX_SCORE_UNEQUAL = 97
#: Each of the names says which part it is, and they differ: never more than this.
_MAX_SCORE_OTHER_PART = 79


async def match_account_by_name(
    tx: Tx, person: Person, country: FactValue | None, names: FuzzyNameMatching
) -> AccountMatches:
    """What the company's name leads to when neither its domain nor its name is known exactly.

    A lead with a domain of its own is only suggested to another account: the domain says that it is another company, or
    at least another address of one. One statement where the account is known, two or three else.
    """
    key, name = person.company_key, person.company_name
    if key is None or name is None or not person.name_blocks:
        return AccountMatches()
    if await tx.accounts.exists(domain=person.domain, name_key=key):
        return AccountMatches()
    found = await tx.accounts.find_similar(person.name_blocks, limit=MAX_COMPARED)
    floor = min(names.suggest_at, names.link_at) - 2  # what an agreeing country adds
    scored = [
        (account, score) for account in found if (score := name_similarity(key, account.key, floor=floor)) >= floor
    ]
    scored = sorted(scored, key=lambda pair: (-pair[1], str(pair[0].account_id)))[:_MAX_COUNTRY_LOOKUPS]
    if not scored:
        return AccountMatches()
    countries = await tx.accounts.lead_countries([account.account_id for account, _ in scored])
    return match_accounts(
        name,
        country if isinstance(country, str) else None,
        [(_placed(account, countries.get(account.account_id, frozenset())), score) for account, score in scored],
        link_at=names.link_at,
        suggest_at=names.suggest_at,
        may_link=person.domain is None,
    )


def name_similarity(one: str, other: str, *, floor: int = 0) -> int:
    """How alike two company keys are, 0 to 100: the mean of the whole names and of the words that fit each other least.

    So one strange word cannot hide among many equal ones. The order of words does not count. What cannot reach `floor`
    may be told as 0.
    """
    if one == other:
        return 100
    mine, theirs = _words(one), _words(other)
    if min(len(mine.joined), len(theirs.joined)) < _MIN_NAME_LENGTH:
        return 0
    whole = max(
        fuzz.ratio(mine.in_order, theirs.in_order),
        fuzz.ratio(mine.joined, theirs.joined),  # "sun power" is "sunpower"
    )
    if mine.joined != theirs.joined:
        if (whole + 100) / 2 < floor:
            return 0
        whole = (whole + _worst_pair(mine.distinctive, theirs.distinctive)) / 2
    common = [(mine.common - theirs.common).total(), (theirs.common - mine.common).total()]
    score = min(round(whole), _MAX_SCORE_UNEQUAL) - _COMMON_WORD_COST * sum(common)
    return max(0, min(score, _MAX_SCORE_OTHER_PART) if all(common) else score)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """A company key, taken apart once."""

    distinctive: Sequence[str]  # all of them, where none tells more than which part it is
    common: Counter[str]
    joined: str
    in_order: str


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _words(key: str) -> _Words:
    words = company_name_words(key)
    common = [word for word in words if word in COMMON_WORDS]
    distinctive = [word for word in words if word not in COMMON_WORDS] or list(words)
    return _Words(
        distinctive=distinctive,
        common=Counter(common),
        joined="".join(distinctive),
        in_order=" ".join(sorted(distinctive)),
    )


def _worst_pair(first: Sequence[str], second: Sequence[str]) -> float:
    """How well the word fits that fits least, each side's words taken against the other's; 0 for a word too many."""
    if len(first) != len(second):
        return 0.0
    mine = [max(fuzz.ratio(word, other) for other in second) for word in first]
    theirs = [max(fuzz.ratio(word, other) for other in first) for word in second]
    return min(mine + theirs)


def _placed(account: AccountCandidate, countries: frozenset[str]) -> AccountCandidate:
    return AccountCandidate(
        account_id=account.account_id, name=account.name, key=account.key, domain=account.domain, countries=countries
    )
