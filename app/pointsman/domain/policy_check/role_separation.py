"""Roles kept apart: closers stay off cold work, and a rep who sells does not choose the leads."""

from collections.abc import Iterator, Mapping

from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.reps import Rep, Roster
from pointsman.domain.roster.roles import Role, Work

_SALES = frozenset({Work.PROSPECTING, Work.QUALIFICATION, Work.CLOSING})


def check_role_separation(policy: Policy, roster: Roster) -> Iterator[Finding]:
    """ "closer-prospects" and "owner-is-salesperson"."""
    yield from _closers(policy, roster)
    yield from _owners(policy, roster)


def _closers(policy: Policy, roster: Roster) -> Iterator[Finding]:
    """Where all reps have one role, or there is only one rep, a rep has to do all works."""
    active = [rep for rep in roster.reps.values() if rep.active]
    if len({rep.role.name for rep in active}) < 2:
        return
    only_prospect = sorted(
        {r.role.name for r in active if r.role.allows(Work.PROSPECTING) and not r.role.allows(Work.CLOSING)}
    )
    instead = (
        say("finding.leave-to", roles=tuple(only_prospect)) if only_prospect else say("finding.role-for-prospecting")
    )
    told: set[str] = set()
    for name, pool in policy.pools.items():
        for i, member in enumerate(pool.members):
            rep = roster.reps.get(member.rep)
            if rep is None or not rep.active or not _mixed(rep.role):
                continue
            path = f"pools.{name}.members[{i}]"
            if pool.work is Work.PROSPECTING:
                role = rep.role.name
                message = say("finding.closer-prospects", rep=rep_name(rep.key), role=role, instead=instead)
                yield error(path, "closer-prospects", message)
            elif rep.role.name not in told:
                told.add(rep.role.name)
                message = say("finding.closer-may-prospect", rep=rep_name(rep.key), role=rep.role.name)
                yield warning(path, "closer-prospects", message)


def _mixed(role: Role) -> bool:
    return role.allows(Work.CLOSING) and role.allows(Work.PROSPECTING)


def _owners(policy: Policy, roster: Roster) -> Iterator[Finding]:
    sellers: dict[str, Rep] = {}
    for rep in roster.reps.values():
        if rep.role.works & _SALES:
            sellers |= {_folded(known_as): rep for known_as in (rep.key, rep.name, rep.email)}
    parts: Mapping[str, Mapping[str, str]] = {
        "segments": {name: part.owner for name, part in policy.segments.items()},
        "icps": {name: part.owner for name, part in policy.icps.items()},
        "personas": {name: part.owner for name, part in policy.personas.items()},
        "scores": {name: part.owner for name, part in policy.scores.items()},
    }
    for kind, owners in parts.items():
        for name, owner in owners.items():
            seller = sellers.get(_folded(owner))
            if seller is not None:
                message = say("finding.owner-is-salesperson", rep=rep_name(seller.key), role=seller.role.name)
                yield error(f"{kind}.{name}.owner", "owner-is-salesperson", message)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
