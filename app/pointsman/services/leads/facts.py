"""A stored lead as the dotted facts that rules ask about."""

from pointsman.domain.leads.facts import Facts, FactValue, LeadStage
from pointsman.domain.leads.placeholders import company_named
from pointsman.services.leads.employer import has_bought
from pointsman.services.ports.leads.leads import LeadRow


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


def shown_company(row: LeadRow, placeholders: frozenset[str]) -> str | None:
    """The company's name to show to people: the lead's own, else its account's; None for "privat" and the like.

    `placeholders` are the policy's, folded (`MatchingLists.placeholder_keys`).
    """
    names = (row.facts.get("company.name"), row.account_name)
    return next((str(name) for name in names if company_named(name, placeholders)), None)
