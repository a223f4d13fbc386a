"""Checks on what rules have CRMs do: whether there is a CRM that can."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.crm.actions import CrmAbility, CrmActions
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.roles import Work

_NEEDED: Mapping[CrmAbility, Message] = {
    CrmAbility.RECORDS: say("finding.crm-keeps-records"),
    CrmAbility.TASKS: say("finding.crm-keeps-tasks"),
    CrmAbility.LISTS: say("finding.crm-keeps-lists"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmConnection:
    """A connection and what it can do; `hears_of_leads`: it is a CRM that is told who has each lead."""

    key: str
    hears_of_leads: bool
    abilities: frozenset[CrmAbility] = frozenset()


def check_crm_actions(policy: Policy, connections: Sequence[CrmConnection] | None) -> Iterator[Finding]:
    """`connections` are all there are, the one that was connected first in front; None: not known, and not looked at."""
    for i, rule in enumerate(policy.rules):
        if rule.crm is None:
            continue
        path = f"rules[{i}].crm"
        if rule.work is Work.NURTURE:
            yield warning(path, "crm-without-effect", say("finding.crm-without-effect"))
        if connections is not None:
            yield from _of_rule(path, rule.crm, connections)


def _of_rule(path: str, given: CrmActions, connections: Sequence[CrmConnection]) -> Iterator[Finding]:
    crms = [one for one in connections if one.hears_of_leads]
    if given.connection is None:
        for ability, part in given.needs:
            able = [one.key for one in crms if ability in one.abilities]
            if not able:
                message = say("finding.no-crm-there", needed=_NEEDED[ability])
                yield warning(f"{path}.{part}", "no-crm-there", message)
            elif len(able) > 1:
                message = say("finding.several-crms", count=len(able), first=connection_name(able[0]))
                yield warning(f"{path}.{part}", "several-crms", message)
        return
    named = next((one for one in connections if one.key == given.connection), None)
    if named is None:
        known = suggestion(given.connection, [one.key for one in crms])
        hint = known or say("finding.add-connection", name=given.connection)
        message = say("finding.unknown-connection", name=given.connection, hint=hint)
        yield error(f"{path}.connection", "unknown-connection", message)
    elif not named.hears_of_leads:
        message = say("finding.connection-hears-of-no-leads", name=given.connection)
        yield error(f"{path}.connection", "connection-hears-of-no-leads", message)
    else:
        for ability, part in given.needs:
            if ability not in named.abilities:
                message = say("finding.connection-cannot", name=given.connection, needed=_NEEDED[ability])
                yield error(f"{path}.{part}", "connection-cannot", message)
