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


class CompanyOfNews(StrEnum):
    """Of which company news speak, beside the one that a lead's `company.*` facts are about."""

    SAME = "same"
    ANOTHER = "another"  # what was known is of a company that the person has left
    FORMER = "former"  # the news are older than the word that took the person elsewhere: nothing of it counts


class MergedEmployer(StrEnum):
    """The record that gives account and `company.*` facts, of two of one person; LATER is the one that was said last."""

    LATER = "later"
    EARLIER = "earlier"
    LATER_FOR_BOTH = "later-for-both"  # they speak of one company, and the later record's account has it
    EARLIER_FOR_BOTH = "earlier-for-both"


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
    address_domain: str | None
    name_key: str | None
    address_is_new: bool = True  # one that the lead had before says something only beside another company's name
    may_teach: bool = True  # whether the domain was registered by its owner: a tenant's name is everybody's to take


def judge_employer(known: KnownEmployer, said: SaidEmployer) -> EmployerChange:
    """What the news make of the lead's account: the website counts before the address, and both before the name.

    Only what is said anew counts: an address or a name that a sender repeats moves no lead. A website does, where it is not the
    account's: it was said later than what took the lead there.
    """
    names_another = said.name_key not in (None, known.name_key) and not is_akin(said.name_key, known.account_key)
    domain = said.website or (said.address_domain if said.address_is_new or names_another else None)
    if domain is None:
        moves = known.account_domain is None and names_another
        return EmployerChange.MOVES if moves else EmployerChange.STAYS
    if domain == known.account_domain:
        return EmployerChange.STAYS
    if known.account_domain is None:
        # All people of a domain follow the account that has it: a name that anybody can say beside it is not enough.
        learns = said.may_teach and is_named_like(domain, known.account_key)
        return EmployerChange.LEARNS if learns else EmployerChange.MOVES
    if _same_under_another_domain(domain, known, said):
        return EmployerChange.STAYS
    wrote_from_elsewhere = known.address_domain not in (None, known.account_domain)
    if said.website is None and known.website == known.account_domain and wrote_from_elsewhere:
        # The person wrote from elsewhere before: only another company's name makes this address an employer's.
        return EmployerChange.MOVES if names_another else EmployerChange.STAYS
    return EmployerChange.MOVES


def is_other_company(known: KnownEmployer, said: SaidEmployer) -> bool:
    """Whether the news are of another company than the one that the lead's `company.*` facts are about.

    By the lead's own sayings alone, whatever accounts there are: who reads the facts must not learn of accounts.
    """
    own = replace(known, account_domain=known.website or known.address_domain, account_key=known.name_key)
    if own.account_domain is None and (own.account_key is None or is_akin(said.name_key, own.account_key)):
        return False
    return judge_employer(own, replace(said, may_teach=True)) is EmployerChange.MOVES


def judge_company(known: KnownEmployer, said: SaidEmployer, *, is_late: bool, is_before_move: bool) -> CompanyOfNews:
    """Of which company the news are. `is_late`: older than the last word about the employer; `is_before_move`: than the move."""
    if not is_late:
        return CompanyOfNews.ANOTHER if is_other_company(known, said) else CompanyOfNews.SAME
    if said.website is said.address_domain is said.name_key is None:
        return CompanyOfNews.FORMER if is_before_move else CompanyOfNews.SAME
    earlier = KnownEmployer(
        account_domain=None,
        account_key=None,
        website=said.website,
        address_domain=said.address_domain,
        name_key=said.name_key,
    )
    is_former = is_other_company(known, said) or is_other_company(earlier, _as_said(known))
    return CompanyOfNews.FORMER if is_former else CompanyOfNews.SAME


def judge_merged(earlier: KnownEmployer, later: KnownEmployer) -> MergedEmployer:
    """What two records of one person, each with another account, come to: what one record would that heard both in turn.

    Where the later one stays with the earlier one's account, its facts count only if they may be of the same company.
    """
    said = _as_said(later)
    if judge_employer(earlier, said) is not EmployerChange.STAYS:
        return MergedEmployer.LATER if is_other_company(earlier, said) else MergedEmployer.LATER_FOR_BOTH
    domain = later.website or later.address_domain
    may_be_one = is_akin(later.name_key, earlier.account_key) or (
        domain is not None and (domain == earlier.account_domain or is_named_like(domain, earlier.account_key))
    )
    return MergedEmployer.EARLIER_FOR_BOTH if may_be_one else MergedEmployer.EARLIER


def is_one_company(earlier: KnownEmployer, later: KnownEmployer) -> bool:
    """Whether the `company.*` facts of two records of one person, of which one was said last, may be of one company."""
    return not is_other_company(earlier, _as_said(later))


def _as_said(known: KnownEmployer) -> SaidEmployer:
    return SaidEmployer(website=known.website, address_domain=known.address_domain, name_key=known.name_key)


def _same_under_another_domain(domain: str, known: KnownEmployer, said: SaidEmployer) -> bool:
    """ "acme.com" of "Acme GmbH", or of a company without a name, known by "acme.de"; more than a name led the lead there."""
    led_by_domain = known.account_domain in (known.website, known.address_domain) or known.website == domain
    says_no_other = said.name_key is None or is_akin(said.name_key, known.account_key)
    if known.account_key is None and known.account_domain is not None:
        says_no_other = said.name_key is None or is_named_like(known.account_domain, said.name_key)
        return led_by_domain and says_no_other and _label(domain) == _label(known.account_domain)
    return led_by_domain and says_no_other and is_named_like(domain, known.account_key)


def _label(domain: str) -> str:
    return domain.partition(".")[0]


def is_akin(one: str | None, other: str | None) -> bool:
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
