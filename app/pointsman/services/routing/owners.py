"""Owners of a lead: the policy's order of ownership, turned into the reps that a decision asks first."""

from collections.abc import Sequence

from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import Message, rep_name, say
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
    owner = facts.get({"contact": "lead.owner", "account": "account.owner", "parent": "account.parent_owner"}[by])
    if not isinstance(owner, str) or not owner:
        return ()
    key = resolve_owner(owner, roster)
    return [Owner(rep=key, by=by, reason=_how(by, key, facts, lead))]


def _how(by: str, key: str, facts: Facts, lead: LeadRow | None) -> Message:
    rep = rep_name(key)
    if by == "contact":
        return say("routing.owns-contact", rep=rep)
    if by == "parent":
        parent = lead.parent_name if lead else None
        return (
            say("routing.owns-parent-named", rep=rep, account=parent) if parent else say("routing.owns-parent", rep=rep)
        )
    account = str(facts.get("company.domain") or facts.get("company.name") or "")
    if account:
        return say("routing.owns-account-named", rep=rep, account=account)
    return say("routing.owns-account", rep=rep)


def _colleagues(policy: Policy, roster: Roster, colleagues: Sequence[Colleague]) -> Sequence[Owner]:
    total = sum(one.lead_count for one in colleagues)
    ranked = rank_colleagues(colleagues, policy.ownership.tie, roster)[:MAX_COLLEAGUES]
    return [Owner(rep=one.rep, by="colleague", reason=one.reason(total)) for one in ranked]
