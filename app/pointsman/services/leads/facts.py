"""A stored lead as the dotted facts that rules ask about."""

from pointsman.domain.leads.facts import STANDARD_FIELDS, Facts, FactValue, LeadStage
from pointsman.domain.leads.placeholders import company_named
from pointsman.services.codes.registered_domains import MatchingLists, domain_of_address
from pointsman.services.leads.employer import has_bought
from pointsman.services.leads.lead_input import key_of_address
from pointsman.services.ports.leads.leads import LeadRow

#: What the house says of a lead's account.
HOUSE_FIELDS = frozenset(name for name in STANDARD_FIELDS if name.startswith("account."))


def stored_facts(row: LeadRow) -> Facts:
    """Everything known about a lead and its account; the unknown is absent. `qualification.*` comes from evidence."""
    facts: dict[str, FactValue] = dict(row.facts)
    known: dict[str, FactValue | None] = {
        "lead.email": row.email,
        "lead.first_name": row.first_name,
        "lead.last_name": row.last_name,
        "lead.phone": row.phone_key or row.phone,
        "lead.created_at": row.created_at,
        "account.status": row.account_status,
        "account.owner": row.account_owner,
        "account.parent_domain": row.parent_domain,
        "account.parent_owner": row.parent_owner,
    }
    if row.stage == LeadStage.WON and has_bought(row):  # also without a company that could say so
        known["account.status"] = "customer"
    facts.update({name: value for name, value in known.items() if value is not None})
    if row.account_domain is not None:
        facts.setdefault("company.domain", row.account_domain)
    if row.account_name is not None:
        facts.setdefault("company.name", row.account_name)
    return facts


def own_facts(row: LeadRow, lists: MatchingLists, *, with_account: bool) -> Facts:
    """What follows from the lead's own sayings: nothing of its company is the account's, which its sender may not know.

    The company's domain is the website's, else the address's, be there such an account or not. `with_account` leaves what the
    house says of the account (`account.*`); without it, that is unknown.
    """
    facts = dict(stored_facts(row))
    key = key_of_address(row.email) if row.email else None
    of_address = domain_of_address(key.rpartition("@")[2], lists) if key else None
    said = {
        "company.name": row.facts.get("company.name"),
        "company.domain": row.facts.get("company.domain") or of_address,
    }
    facts |= {name: value for name, value in said.items() if value is not None}
    hidden = {name for name, value in said.items() if value is None}
    hidden |= set() if with_account else HOUSE_FIELDS
    return {name: value for name, value in facts.items() if name not in hidden}


def shown_company(row: LeadRow, placeholders: frozenset[str]) -> str | None:
    """The company's name to show to people, as the lead itself gives it; None for "privat" and the like.

    Never its account's: partners and buyers read it, and an address of a company's domain would be enough to learn its name.
    `placeholders` are the policy's, folded (`MatchingLists.placeholder_keys`).
    """
    name = row.facts.get("company.name")
    return str(name) if company_named(name, placeholders) else None
