"""Facts that somebody makes up for a what-if, read as those of a real lead are."""

from collections.abc import Mapping

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.coercion import coerce
from pointsman.domain.leads.facts import NOW_FIELD, QUALIFICATION, Facts, FactValue
from pointsman.domain.messages.message import say
from pointsman.domain.policy.document import Policy
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.codes.registered_domains import domain_of_address, domain_of_website, matching_lists
from pointsman.services.leads.lead_input import key_of_address
from pointsman.services.leads.phone_numbers import country_of, read_phone

_NAMING = ("lead.phone", "lead.email", "company.domain")


def apply_hypothetical_facts(known: Facts, given: Mapping[str, FactValue], policy: Policy) -> Facts:
    """`known` with what is `given` in its place; an empty text makes a fact unknown, and so does a text that is no evidence
    where evidence stands. Invalid names every fault and its path.

    Unlike a sender, a question may suppose anything but the clock: also what the service says of a lead, and evidence.
    """
    types = {name: kind for name, kind in policy.field_types.items() if name != NOW_FIELD}
    facts, faults = dict(known), list[Fault]()
    for name, raw in given.items():
        path = f'body.facts["{name[:100]}"]'
        if name not in types:
            message = f"{name[:100]!r} is not a field of this policy; {did_you_mean(name, types)}".rstrip("; ")
            faults.append(Fault(path=path, code="unknown-field", message=message))
            continue
        try:
            value = coerce(name, raw, types[name], names=CODE_NAMES)
        except ValueError as error:
            faults.append(Fault(path=path, code="wrong-type", message=f"{name} {error}"))
            continue
        facts.pop(name, None)
        if name.startswith(QUALIFICATION) and not policy.evidence.affirms(str(value or "")):
            continue  # no evidence would give it
        if value is not None:
            facts[name] = value
    _read_as_a_leads(facts, given, policy)
    if faults:
        raise Invalid(
            "The facts cannot be supposed as written. Mend each fault and ask again.",
            faults=faults,
            told=say("refusal.facts-unfit"),
        )
    return facts


def _read_as_a_leads(facts: dict[str, FactValue], given: Mapping[str, FactValue], policy: Policy) -> None:
    """A number, an address and a domain that are supposed, as a lead's would be kept: what names none is unknown."""
    lists = matching_lists(policy.matching)
    phone, email, site = (facts.get(name) if name in given else None for name in _NAMING)
    if isinstance(phone, str) and (read := read_phone(phone, country_of(facts))) is not None:
        facts["lead.phone"] = read.key
    key = key_of_address(email) if isinstance(email, str) else None
    if isinstance(email, str) and key is None:
        del facts["lead.email"]
    domain = domain_of_website(site, lists) if isinstance(site, str) else None
    if isinstance(site, str):
        del facts["company.domain"]
    if domain is None and key is not None and "company.domain" not in facts:
        domain = domain_of_address(key.rpartition("@")[2], lists)
    if domain is not None:
        facts["company.domain"] = domain
