"""Host names and company domains, by the public suffix list that is bundled with the service (no network)."""

from functools import lru_cache
from ipaddress import ip_address

import idna
import tldextract

from pointsman.domain.leads.free_mail import FREE_MAIL_DOMAINS
from pointsman.domain.leads.normalise import extract_host


def host_to_ascii(host: str) -> str:
    """The IDNA form of a host name, lower case; ValueError when it is no host name."""
    try:
        return host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=1)
def _suffixes() -> tldextract.TLDExtract:
    # Private suffixes count: two customers of one site builder are not one company.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=10_000)
def registrable_domain(host: str) -> str | None:
    """ "acme.co.uk" for "www.acme.co.uk"; None for addresses and bare suffixes."""
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return None
    parts = _suffixes().extract_str(host)
    if parts.suffix:
        return f"{parts.domain}.{parts.suffix}" if parts.domain else None
    labels = host.split(".")  # a top level that the list does not know counts as a suffix
    return ".".join(labels[-2:]) if len(labels) > 1 and all(labels[-2:]) else None


def company_domain(text: str, *, free_mail: frozenset[str]) -> str | None:
    """The company's domain in a host name, URL or email domain; None when it says nothing about a company."""
    host = extract_host(text, host_to_ascii)
    domain = registrable_domain(host) if host else None
    if (
        domain is None
        or domain in FREE_MAIL_DOMAINS
        or domain in free_mail
        or host in FREE_MAIL_DOMAINS
        or host in free_mail
    ):
        return None
    return domain
