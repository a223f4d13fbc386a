"""Whether news about a person say that they work for another company, or where their company is found (decision 23)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pointsman.domain.leads.normalise import COMMON_WORDS, company_name_words, is_named_like


class EmployerChange(StrEnum):
    """What becomes of the account of a lead that has one."""

    STAYS = "stays"
    MOVES = "moves"  # the lead goes to the account that the news name
    ASKS = "asks"  # it would move, but is a customer's contact: it stays until an admin says so
    LEARNS = "learns"  # the account, known by its name alone, gets the domain of the news


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEmployer:
    """A lead's account, and what the lead itself is known to have said; domains are registrable ones of companies."""

    account_domain: str | None
    account_key: str | None  # of the account's name, as `company_key` folds it
    website: str | None
    address_domain: str | None
    name_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidEmployer:
    """What the news say; nothing of it is older than what is known."""

    website: str | None
    address_domain: str | None  # of an address that the lead did not have
    name_key: str | None
    may_teach: bool = True  # whether the domain was registered by its owner: a tenant's name is everybody's to take


def judge_employer(known: KnownEmployer, said: SaidEmployer) -> EmployerChange:
    """What the news make of the lead's account: the website counts before the address, and both before the name.

    Only what is said anew counts: what a sender repeats moves no lead.
    """
    domain = said.website or said.address_domain
    if domain is None:
        named_anew = said.name_key not in (None, known.name_key)
        moves = known.account_domain is None and named_anew and not _akin(said.name_key, known.account_key)
        return EmployerChange.MOVES if moves else EmployerChange.STAYS
    if domain == known.account_domain or (said.website is not None and said.website == known.website):
        return EmployerChange.STAYS
    if known.account_domain is None:
        # All people of a domain follow the account that has it: a name that anybody can say beside it is not enough.
        learns = said.may_teach and is_named_like(domain, known.account_key)
        return EmployerChange.LEARNS if learns else EmployerChange.MOVES
    if _same_under_another_domain(domain, known, said):
        return EmployerChange.STAYS
    if said.website is None and known.website == known.account_domain != known.address_domain:
        # The person wrote from elsewhere before: only another company's name makes this address an employer's.
        says_another = said.name_key not in (None, known.name_key) and not _akin(said.name_key, known.account_key)
        return EmployerChange.MOVES if says_another else EmployerChange.STAYS
    return EmployerChange.MOVES


def is_other_company(known: KnownEmployer, said: SaidEmployer) -> bool:
    """Whether the news are of another company than the one that the lead's `company.*` facts are about.

    By the lead's own sayings alone, whatever accounts there are: who reads the facts must not learn of accounts.
    """
    own = replace(known, account_domain=known.website or known.address_domain, account_key=known.name_key)
    if own.account_domain is None and (own.account_key is None or _akin(said.name_key, own.account_key)):
        return False
    return judge_employer(own, replace(said, may_teach=True)) is EmployerChange.MOVES


def _same_under_another_domain(domain: str, known: KnownEmployer, said: SaidEmployer) -> bool:
    """ "acme.com" of "Acme GmbH", which is known by "acme.de"; the lead was led there by more than a name."""
    led_by_domain = known.account_domain in (known.website, known.address_domain)
    says_no_other = said.name_key is None or _akin(said.name_key, known.account_key)
    return led_by_domain and says_no_other and is_named_like(domain, known.account_key)


def _akin(one: str | None, other: str | None) -> bool:
    """Whether two names may be one company's: one has all words of the other, or they differ in spaces and umlauts alone.

    Words such as "Gruppe" or "Deutschland" count only where a name has no others.
    """
    if one is None or other is None:
        return False
    mine, theirs = company_name_words(one), company_name_words(other)
    if _distinctive(mine) == _distinctive(theirs):
        return True
    return bool(mine and theirs) and (set(mine) <= set(theirs) or set(theirs) <= set(mine))


def _distinctive(words: tuple[str, ...]) -> str:
    return "".join(word for word in words if word not in COMMON_WORDS) or "".join(words)
