"""Owners of a lead: the policy's order of ownership, turned into the reps that a decision asks first."""

from collections.abc import Sequence

from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.document import Policy
from pointsman.domain.roster.ownership import Colleague, rank_colleagues, resolve_owner
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.decide import Owner
from pointsman.services.ports import Tx
from pointsman.services.ports.leads.leads import LeadRow

#: So many colleagues are asked, the first of them first.
MAX_COLLEAGUES = 5


async def find_owners(tx: Tx, policy: Policy, roster: Roster, facts: Facts, lead: LeadRow | None) -> tuple[Owner, ...]:
    """The owners in the order of `policy.ownership`. Whether they are eligible is decided later.

    `facts` name the owners of contact, account and parent; `lead` names its account. Costs one statement where the policy
    asks for colleagues and there is an account, else none. A rep who owns a lead in several ways is named by the first.
    """
    colleagues: Sequence[Colleague] = ()
    if "colleague" in policy.ownership.order and lead is not None and lead.account_id is not None:
        colleagues = await tx.accounts.colleagues(lead.account_id, but=lead.id)
    found: dict[str, Owner] = {}
    for by in policy.ownership.order:
        own = _colleagues(policy, roster, colleagues) if by == "colleague" else _named(by, roster, facts, lead)
        for owner in own:
            found.setdefault(owner.rep, owner)
    return tuple(found.values())


def _named(by: str, roster: Roster, facts: Facts, lead: LeadRow | None) -> Sequence[Owner]:
    fact, what = {
        "contact": ("lead.owner", "the contact"),
        "account": ("account.owner", f"the account {_account(facts)}".rstrip()),
        "parent": ("account.parent_owner", f"the parent account {lead.parent_name if lead else ''}".rstrip()),
    }[by]
    owner = facts.get(fact)
    if not isinstance(owner, str) or not owner:
        return ()
    return [Owner(rep=resolve_owner(owner, roster), by=by, reason=f"owns {what}")]


def _account(facts: Facts) -> str:
    return str(facts.get("company.domain") or facts.get("company.name") or "")


def _colleagues(policy: Policy, roster: Roster, colleagues: Sequence[Colleague]) -> Sequence[Owner]:
    total = sum(one.lead_count for one in colleagues)
    ranked = rank_colleagues(colleagues, policy.ownership.tie, roster)[:MAX_COLLEAGUES]
    return [Owner(rep=one.rep, by="colleague", reason=one.reason(total)) for one in ranked]
