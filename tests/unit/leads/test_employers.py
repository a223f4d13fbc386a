"""Whether news about a person name another employer: what was said before, what is said now, what becomes of the account."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.employers import (
    EmployerChange,
    KnownEmployer,
    MergedEmployer,
    SaidEmployer,
    is_other_company,
    judge_employer,
    judge_merged,
)

STAYS, MOVES, LEARNS = EmployerChange.STAYS, EmployerChange.MOVES, EmployerChange.LEARNS

#: An account that the address led to, one that the website did, one by name, one of a name and its domain.
ADDRESS = KnownEmployer(
    account_domain="nord.de", account_key="nordlicht", website=None, address_domain="nord.de", name_key="nordlicht"
)
WEBSITE = replace(ADDRESS, website="nord.de", address_domain="agentur.de")
NAME = KnownEmployer(
    account_domain=None, account_key="nordlicht", website=None, address_domain=None, name_key="nordlicht"
)
BY_NAME = replace(NAME, account_domain="nord.de")


def said(website: str | None = None, address: str | None = None, name: str | None = None) -> SaidEmployer:
    return SaidEmployer(website=website, address_domain=address, name_key=name)


def again(address: str, name: str | None = None) -> SaidEmployer:
    return replace(said(address=address, name=name), address_is_new=False)


@pytest.mark.parametrize(
    ("known", "news", "change"),
    [
        (ADDRESS, said(address="vogel.de"), MOVES),
        (ADDRESS, said(address="vogel.de", name="vogel"), MOVES),
        (ADDRESS, said(address="vogel.de", name="nordlicht"), MOVES),  # a CRM may learn the new name later
        (ADDRESS, said(website="vogel.de"), MOVES),
        (ADDRESS, said(website="vogel.de", address="licht.de"), MOVES),
        (ADDRESS, said(website="nord.de", address="vogel.de"), STAYS),  # the website counts before the address
        (ADDRESS, said(address="nord.de", name="nordlicht energie"), STAYS),  # another spelling at the same domain
        (ADDRESS, said(address="nord.de", name="vogel"), STAYS),
        (ADDRESS, said(name="vogel"), STAYS),  # a name alone, and free mail
        (ADDRESS, said(), STAYS),
        (ADDRESS, said(address="nordlicht.com", name="nordlicht"), STAYS),  # its name under another domain
        (ADDRESS, said(website="nordlicht.com", name="nordlicht"), STAYS),
        (ADDRESS, said(address="nordlicht.com"), STAYS),  # a CRM sent the address alone
        (ADDRESS, said(address="nordlicht.com", name="nordlicht deutschland"), STAYS),
        (ADDRESS, said(address="nordlicht.com", name="vogel"), MOVES),
        (BY_NAME, said(address="nordlicht.com"), MOVES),
        (BY_NAME, said(address="nordlicht.com", name="nordlicht"), MOVES),  # only a name had led there
        (BY_NAME, said(address="vogel.de"), MOVES),
        (WEBSITE, said(address="agentur2.de"), STAYS),  # an agency's address never was the company's
        (WEBSITE, said(address="vogel.de", name="vogel"), MOVES),
        (WEBSITE, said(address="vogel.de", name="nordlicht energie"), STAYS),
        (WEBSITE, said(website="nord.de", name="vogel"), STAYS),
        (WEBSITE, said(website="vogel.de"), MOVES),
        (
            replace(WEBSITE, account_domain="vogel.de"),
            said(website="nord.de"),
            MOVES,
        ),  # said before, but not of this account
        (replace(WEBSITE, account_domain="vogel.de"), said(name="nordlicht"), STAYS),
        (replace(ADDRESS, website="nordlicht.com", address_domain=None), said(website="nordlicht.com"), STAYS),
        (WEBSITE, again(address="agentur.de", name="nordlicht"), STAYS),
        (WEBSITE, again(address="agentur.de", name="vogel"), MOVES),  # an old address, said with its company's name
        (ADDRESS, again(address="nord.de", name="vogel"), STAYS),
        (replace(ADDRESS, account_key=None, name_key=None), said(address="nord.com"), STAYS),  # its label, and no name
        (replace(ADDRESS, account_key=None, name_key=None), said(website="nord.com"), STAYS),
        (replace(ADDRESS, account_key=None, name_key=None), said(website="nord.com", name="nord"), STAYS),
        (replace(ADDRESS, account_key=None, name_key=None), said(website="nord.com", name="vogel"), MOVES),
        (replace(ADDRESS, account_key=None, name_key=None), said(website="vogel.com"), MOVES),
        (
            replace(
                ADDRESS, account_domain="nord.onmicrosoft.com", address_domain="nord.onmicrosoft.com", account_key=None
            ),
            said(address="nord.de"),
            STAYS,
        ),
        (ADDRESS, said(address="nordlicht-gruppe.de"), STAYS),
        (replace(WEBSITE, address_domain=None), said(address="vogel.de"), MOVES),  # free mail was no agency's
        (NAME, said(address="nord.de", name="nordlicht"), MOVES),  # anybody can write a known name beside a domain
        (NAME, said(website="nord.de", name="nordlicht energie"), MOVES),
        (NAME, said(website="nordlicht.de", name="nord licht"), LEARNS),
        (NAME, replace(said(website="nordlicht.github.io", name="nordlicht"), may_teach=False), MOVES),
        (replace(NAME, account_key="nordlicht energie"), said(website="nordlicht.de", name="nordlicht"), MOVES),
        (replace(NAME, account_key="nord gruppe"), said(name="nord holding"), STAYS),
        (NAME, said(address="nordlicht.de"), LEARNS),  # the domain is the name
        (
            NAME,
            said(address="vogel.de"),
            MOVES,
        ),  # it may be another employer's: an account that learns it has all of them
        (NAME, said(address="vogel.de", name="vogel"), MOVES),
        (NAME, said(name="vogel"), MOVES),
        (NAME, said(name="nordlicht energie"), STAYS),
        (NAME, said(name="nordlicht"), STAYS),
        (replace(NAME, account_key="holding"), said(name="nordlicht"), STAYS),  # said before
        (NAME, said(), STAYS),
    ],
)
def test_news_move_a_person_to_the_company_that_they_name(
    known: KnownEmployer, news: SaidEmployer, change: EmployerChange
) -> None:
    assert judge_employer(known, news) is change


#: A lead's own sayings: an address, a website beside an address elsewhere, a name alone, nothing.
_OWN = replace(ADDRESS, account_domain=None, account_key=None)
_OWN_NAME = replace(NAME, account_key=None)
_NOTHING = replace(_OWN_NAME, name_key=None)


@pytest.mark.parametrize(
    ("own", "news", "is_other"),
    [
        (_OWN, said(address="vogel.de"), True),
        (_OWN, said(website="vogel.de"), True),
        (_OWN, said(address="nordlicht.com"), False),
        (_OWN, said(name="vogel"), False),
        (_OWN, said(), False),
        (_OWN_NAME, said(address="vogel.de"), True),
        (_OWN_NAME, said(address="vogel.de", name="nordlicht"), False),  # now the domain is known, too
        (_OWN_NAME, said(website="nordlicht.de"), False),
        (_OWN_NAME, said(name="vogel"), True),
        (_NOTHING, said(website="vogel.de", name="vogel"), False),
        (replace(_OWN, website="nord.de", address_domain="agentur.de"), said(address="agentur2.de"), False),
    ],
)
@pytest.mark.parametrize(
    ("domain", "key"), [(None, None), (None, "nordlicht"), ("vogel.de", "vogel"), ("nord.de", None)]
)
def test_of_which_company_the_facts_are_follows_from_the_leads_own_sayings_whatever_accounts_there_are(
    own: KnownEmployer, news: SaidEmployer, is_other: bool, domain: str | None, key: str | None
) -> None:
    assert is_other_company(replace(own, account_domain=domain, account_key=key), news) is is_other


_VOGEL = KnownEmployer(
    account_domain="vogel.de", account_key="vogel", website="vogel.de", address_domain=None, name_key="vogel"
)


@pytest.mark.parametrize(
    ("earlier", "later", "whose"),
    [
        (ADDRESS, _VOGEL, MergedEmployer.LATER),
        (_VOGEL, ADDRESS, MergedEmployer.LATER),
        (NAME, _VOGEL, MergedEmployer.LATER),
        (_VOGEL, NAME, MergedEmployer.EARLIER),  # a name alone takes no lead from a domain
        (ADDRESS, NAME, MergedEmployer.EARLIER_FOR_BOTH),
        (NAME, ADDRESS, MergedEmployer.LATER_FOR_BOTH),  # now the domain is known, too
        (
            ADDRESS,
            replace(ADDRESS, account_domain="nordlicht.com", address_domain="nordlicht.com"),
            MergedEmployer.EARLIER_FOR_BOTH,
        ),
    ],
)
def test_two_records_have_the_employer_that_was_said_last_by_the_weight_of_the_words(
    earlier: KnownEmployer, later: KnownEmployer, whose: MergedEmployer
) -> None:
    assert judge_merged(earlier, later) is whose


_DOMAINS = st.sampled_from([None, "nord.de", "nordlicht.de", "vogel.de"])
_NAMES = st.sampled_from([None, "nordlicht", "nordlicht energie", "vogel"])


@given(
    st.builds(
        KnownEmployer,
        account_domain=_DOMAINS,
        account_key=_NAMES,
        website=_DOMAINS,
        address_domain=_DOMAINS,
        name_key=_NAMES,
    ),
    st.builds(SaidEmployer, website=_DOMAINS, address_domain=_DOMAINS, name_key=_NAMES),
)
def test_no_news_of_the_accounts_own_domain_or_of_nothing_new_move_anybody(
    known: KnownEmployer, news: SaidEmployer
) -> None:
    change = judge_employer(known, news)
    if known.account_domain is not None and known.account_domain == (news.website or news.address_domain):
        assert change is STAYS
    if change is LEARNS:
        assert known.account_domain is None
        assert news.website or news.address_domain
    if known.account_domain is not None:
        address = None if known.website else known.address_domain
        repeated = SaidEmployer(website=None, address_domain=address, name_key=known.name_key, address_is_new=False)
        assert judge_employer(known, repeated) is STAYS
