"""What a sender says of a lead, and the person and company that it names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.normalise import clean_text, email_key, name_blocks
from pointsman.domain.leads.phones import Phone
from pointsman.domain.leads.placeholders import company_named
from pointsman.domain.leads.senders import API
from pointsman.domain.leads.values.identifiers import is_no_id
from pointsman.domain.leads.values.no_addresses import is_no_address
from pointsman.domain.messages.message import say
from pointsman.services.codes.registered_domains import (
    NO_LISTS,
    MatchingLists,
    domain_named,
    domain_of_address,
    domain_of_website,
    host_to_ascii,
)
from pointsman.services.leads.phone_numbers import country_of, read_phone
from pointsman.services.ports.leads.leads import ExternalId, Person

MAX_EXTERNAL_ID = 255
PHONE_UNREAD = "phone-unread"
NAMES_NO_COMPANY = "names-no-company"
NAMES_NO_PERSON = "names-no-person"
_WEBSITES = ("company.domain", "account.parent_domain")
#: What a lead must have one of.
IDENTITIES = "give an email, a phone number, or external_id and source_system"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadInput:
    """What a sender says about a lead.

    `occurred_at` is when it was true; None means now. `sender` is under whose name `external_id` is kept (see
    `pointsman.domain.leads.senders`).
    """

    email: str | None = None
    external_id: str | None = None
    source_system: str | None = None
    sender: str = API
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    occurred_at: datetime | None = None
    do_not_contact: bool = False  # False says nothing: it may have been said before


def identify_person(given: LeadInput, lists: MatchingLists = NO_LISTS) -> Person:
    """The person and the company that the input names.

    Raises Invalid ("no-identity") without an email, a phone number that can be called, or an external id.
    """
    key = key_of_address(given.email) if given.email else None
    phone = phone_of(given)
    external_id = _external_id(given)
    if key is None and phone is None and external_id is None:
        fault = Fault(path="email", code="no-identity", message=IDENTITIES)
        raise Invalid(
            "No person to make a lead of: neither a usable email, nor a usable phone number, nor an external id.",
            code="no-identity",
            faults=[fault],
            told=say("refusal.no-identity"),
        )
    site, name = given.facts.get("company.domain"), given.facts.get("company.name")
    domain = domain_of_website(site, lists) if isinstance(site, str) else None
    domain_from = "company.domain" if domain else None
    if domain is None and key is not None:
        domain = domain_of_address(key.rpartition("@")[2], lists)
        domain_from = "email" if domain else None
    if domain is None and isinstance(name, str) and (domain := domain_named(name, lists)) is not None:
        domain_from, name = "company.domain", None  # what was written as its name is its website
    status, owner = given.facts.get("account.status"), given.facts.get("account.owner")
    parent = given.facts.get("account.parent_domain")
    key_of_name = company_named(name, lists.placeholder_keys)
    return Person(
        email=given.email if key else None,
        email_key=key,
        external_id=external_id,
        domain=domain,
        domain_from=domain_from,
        company_name=name if key_of_name and isinstance(name, str) else None,
        company_key=key_of_name,
        name_blocks=name_blocks(key_of_name),
        account_status=status if status in ("prospect", "customer") else None,  # type: ignore[arg-type]  # str by now
        account_owner=owner if isinstance(owner, str) else None,
        parent_domain=domain_of_website(parent, lists) if isinstance(parent, str) else None,
        phone=phone,
    )


def key_of_address(text: str) -> str | None:
    """The name of a mailbox (`normalise.email_key`), as which its owner is known; None for no address and for a made-up one."""
    key = email_key(text, host_to_ascii)
    return None if key is None or is_no_address(key) else key


def unread_address(text: str, path: str) -> Fault | None:
    """Why an address names no person; None where it names one. Code "not-an-email", or "names-no-person" for a made-up one."""
    if key_of_address(text) is not None:
        return None
    if email_key(text, host_to_ascii) is None:
        return Fault(path=path, code="not-an-email", message="write one address: name@host.tld")
    message = "stands for no address, strangers would share it: left out; leave the field empty where there is none"
    return Fault(path=path, code=NAMES_NO_PERSON, message=message)


#: "1.711234567E9", "4,91711E+11".
_SHORTENED = re.compile(r"\+?\d+(?:[.,]\d+)?E\+?\d{1,2}", re.IGNORECASE)


def phone_of(given: LeadInput) -> Phone | None:
    """The number that the input gives, read by the country that it gives; None where none can be called."""
    return read_phone(given.phone, country_of(given.facts)) if given.phone else None


def unread_phone(given: LeadInput, path: str) -> Fault | None:
    """Why the phone number, which is kept as it was written, does not count; None where it does."""
    if not given.phone or phone_of(given) is not None:
        return None
    if _SHORTENED.fullmatch(given.phone.strip()):
        message = "a spreadsheet shortened it, its digits are lost: format the column as text, and send it again"
        return Fault(path=path, code=PHONE_UNREAD, message=message)
    message = (
        "no number that can be called is read in it: it is kept as written and finds no lead; "
        "write +49 171 1234567, or give lead.country"
    )
    return Fault(path=path, code=PHONE_UNREAD, message=message)


def read_websites(
    facts: Mapping[str, FactValue], lists: MatchingLists, path_of: Callable[[str], str]
) -> tuple[dict[str, FactValue], list[Fault]]:
    """The facts with the domain of the company in place of its website, and a warning for each website that is left out.

    `path_of` gives the path of a field in what the sender or the admin wrote.
    """
    read, warnings = dict(facts), []
    for name in _WEBSITES:
        if not isinstance(site := read.pop(name, None), str):
            continue
        if (domain := domain_of_website(site, lists)) is not None:
            read[name] = domain
            continue
        message = "no company has this site for itself: left out; write its own domain, such as acme.de"
        warnings.append(Fault(path=path_of(name), code=NAMES_NO_COMPANY, message=message))
    return read, warnings


def _external_id(given: LeadInput) -> ExternalId | None:
    external_id, system = clean_text(given.external_id or ""), clean_text(given.source_system or "")
    if not external_id or is_no_id(external_id):
        return None
    return ExternalId(sender=given.sender, source_system=system or "api", external_id=external_id)
