"""Does what a pool says of its distribution fit its method and its work, and can it do what it seems to?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from pointsman.domain.leads.facts import FieldType
from pointsman.domain.policy.conditions_model import Leaf, Operator, leaves
from pointsman.domain.policy.document import DistributionMethod, Policy, Pool
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_check.operands import Spellings
from pointsman.domain.roster.rep_facts import REP_PREFIX
from pointsman.domain.roster.reps import Caps, Rep, Roster
from pointsman.domain.roster.roles import Work
from pointsman.domain.text.formatting import join_with_and
from pointsman.domain.text.suggestions import did_you_mean

_NAMED = 3
_WHOLE_TEXTS = frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN})
#: Works whose leads get an appointment, and so a slot to be sooner or later.
BOOKED_WORKS = frozenset({Work.CLOSING, Work.SOLUTION_DESIGN, Work.CUSTOMER_SERVICE})


def check_distribution(
    policy: Policy, roster: Roster | None, fields: Mapping[str, FieldType], spellings: Spellings
) -> Iterator[Finding]:
    """Methods, rankings, ramp-ups and shared ledgers that do not do what they seem to."""
    yield from _shared_ledgers(policy)
    asked = _texts_asked(policy) if roster is not None and any(map(_compared, policy.pools.values())) else {}
    for name, pool in policy.pools.items():
        path = f"pools.{name}"
        yield from _method(path, pool, policy)
        yield from _ramp_up(path, pool, roster)
        for i, match in enumerate(pool.match):
            if match.lead not in fields:
                yield _unknown_field(f"{path}.match[{i}].lead", match.lead, fields)
        for i, prefer in enumerate(pool.ranking.prefer):
            where = f"{path}.ranking.prefer[{i}]"
            if prefer.lead not in fields:
                yield _unknown_field(f"{where}.lead", prefer.lead, fields)
        if pool.method is DistributionMethod.RANKED:
            yield from _ranking(path, pool, roster, _categories(policy, name))
        if roster is not None:
            yield from _spellings(path, pool, roster, spellings)
            yield from _letter_case(path, pool, roster, asked)
    names = policy.matching.names
    if names is not None and names.suggest_at > names.link_at:
        message = (
            f"names that are linked from {names.link_at} on are never suggested from {names.suggest_at} on: swap them"
        )
        yield error("matching.names.suggest_at", "thresholds-crossed", message)


def _spellings(path: str, pool: Pool, roster: Roster, spellings: Spellings) -> Iterator[Finding]:
    """Lists of members that hold a value in a spelling that the lead's field never has."""
    compared = sorted(_compared(pool))
    for i, member in enumerate(pool.members):
        skills = roster.reps[member.rep].skills if member.rep in roster.reps else {}
        for lead, listed in compared:
            found = (spellings.never_equal(lead, value) for value in sorted(skills.get(listed, ())))
            if wrong := next(filter(None, found), None):
                yield warning(
                    f"{path}.members[{i}]", "list-never-equal", f"of {member.rep}'s {listed}, {wrong} on the roster"
                )


def _letter_case(path: str, pool: Pool, roster: Roster, asked: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Values of members' lists that are a condition's or another member's but for capitals: no lead has both."""
    for lead, listed in sorted(_compared(pool)):
        lists = [
            roster.reps[member.rep].skills.get(listed, frozenset()) if member.rep in roster.reps else frozenset()
            for member in pool.members
        ]
        spellings = dict[str, set[str]]()
        for value in {*asked.get(lead, ()), *chain.from_iterable(lists)}:
            spellings.setdefault(value.casefold(), set()).add(value)
        for i, (member, values) in enumerate(zip(pool.members, lists, strict=True)):
            for value in sorted(values):
                if others := sorted(spellings[value.casefold()] - {value}):
                    message = (
                        f"of {member.rep}'s {listed}, '{value:.60}' is '{others[0]:.60}' of another list, or of a condition on "
                        f"{lead}, but for capital letters, and texts are compared as they are: write one of the two"
                    )
                    yield warning(f"{path}.members[{i}]", "list-letter-case", message)
                    break


def _texts_asked(policy: Policy) -> dict[str, set[str]]:
    """What the policy's conditions compare each field with, where it is a text."""
    found = dict[str, set[str]]()
    for _, condition in conditions_of(policy):
        for _, leaf in leaves(condition):
            if isinstance(leaf, Leaf) and leaf.operator in _WHOLE_TEXTS and not isinstance(leaf.operand, FieldRef):
                operands = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
                found.setdefault(leaf.field, set()).update(value for value in operands if isinstance(value, str))
    return found


def _compared(pool: Pool) -> set[tuple[str, str]]:
    """Fields of the lead that the pool looks for in a list of the rep, with the list."""
    named = {(one.lead, one.rep) for one in pool.match} | {(one.lead, one.rep) for one in pool.ranking.prefer}
    return named | set(_required(pool))


def _required(pool: Pool) -> Iterator[tuple[str, str]]:
    """Fields of the lead that `requires` looks for in a list of the rep, with the list."""
    for _, leaf in leaves(pool.requires) if pool.requires is not None else ():
        if isinstance(leaf, Leaf) and isinstance(leaf.operand, FieldRef) and leaf.operand.field.startswith(REP_PREFIX):
            yield leaf.field, leaf.operand.field.removeprefix(REP_PREFIX)


def _categories(policy: Policy, pool: str) -> frozenset[str | None]:
    """The categories of the rules that lead to a pool; None among them where a rule has none."""
    return frozenset(rule.category for rule in policy.rules if pool in (rule.pool, rule.fallback_pool))


def _shared_ledgers(policy: Policy) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, pool in policy.pools.items():
        ledger = pool.ledger_of(name)
        other = first.setdefault(ledger, name)
        if other == name:
            continue
        path = f"pools.{name if pool.ledger else other}.ledger"
        theirs = policy.pools[other]
        if theirs.work is not pool.work:
            message = (
                f"pools {other} ({theirs.work}) and {name} ({pool.work}) share a ledger, so a turn of one work would be "
                "paid with one of another: name another ledger"
            )
            yield error(path, "ledger-mixes-work", message)
        elif theirs.method is not pool.method:
            message = (
                f"pools {other} ({theirs.method}) and {name} ({pool.method}) share a ledger though they choose in "
                "different ways: give both the same method, or name another ledger"
            )
            yield warning(path, "ledger-mixes-methods", message)


def _method(path: str, pool: Pool, policy: Policy) -> Iterator[Finding]:
    if pool.method is DistributionMethod.SOONEST and pool.work not in BOOKED_WORKS:
        message = f"{pool.work} is not booked into calendars, so no rep has a soonest slot: choose fair or least_loaded"
        yield error(f"{path}.method", "method-misfit", message)
    if pool.method is DistributionMethod.OWNER and not policy.ownership.order:
        message = "only owners get leads here, but ownership.order is empty: name contact, account or parent there"
        yield error(f"{path}.method", "owner-without-order", message)
    if "ranking" in pool.model_fields_set and pool.method is not DistributionMethod.RANKED:
        message = f"{pool.method} does not look at a ranking: write 'method: ranked', or remove it"
        yield warning(f"{path}.ranking", "ranking-without-effect", message)


def _ranking(path: str, pool: Pool, roster: Roster | None, categories: frozenset[str | None]) -> Iterator[Finding]:
    """Ways in which a ranked pool shares as a fair one does, or nearly."""
    ranking = pool.ranking
    if not ranking.prefer:
        message = "no rep is preferred for anything, so the pool shares as fair does: name a preference, or write 'method: fair'"
        yield warning(f"{path}.ranking.prefer", "ranking-without-preference", message)
    for name in ("max_turns_ahead", "max_turns_behind"):
        if getattr(ranking, name) == 1:
            message = (
                "at 1, about one in five of the leads that a small tier is preferred for go to others: write 2 or more"
            )
            yield warning(f"{path}.ranking.{name}", "ranking-limit-tight", message)
    if pool.booking.offer is OfferMode.BALANCED:
        message = "a balanced offer books the rep with the fewest appointments, whatever the ranking: write flexible or strict"
        yield warning(f"{path}.booking.offer", "ranking-without-effect", message)
    if roster is None or not ranking.prefer:
        return
    reps = [(i, roster.reps[member.rep]) for i, member in enumerate(pool.members) if member.rep in roster.reps]
    able = [(i, rep) for i, rep in reps if _can_get_leads(rep, pool, pool.members[i].weight, categories)]
    for i, prefer in enumerate(ranking.prefer):
        if not any(rep.skills.get(prefer.rep) for _, rep in able):
            who = "member" if len(able) == len(pool.members) else "member who can get leads here"
            message = f"no {who} has {prefer.rep}, so this preference changes nothing: add them, or remove it"
            yield warning(f"{path}.ranking.prefer[{i}].rep", "preference-without-effect", message)
    lists = {rep.key: _preferred_values(rep, pool) for _, rep in able}
    if len(able) > 1 and len({(rep.tier, lists[rep.key]) for _, rep in able}) == 1 and all(lists.values()):
        message = (
            "all members have one tier and the same lists, so none ranks above another and the pool shares as fair"
        )
        yield warning(f"{path}.ranking", "ranking-of-equals", f"{message}: set tiers or lists, or write 'method: fair'")
    elif any(lists.values()):
        yield from _tiers(path, able, lists)


def _tiers(path: str, able: Sequence[tuple[int, Rep]], lists: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Tiers that are preferred for nothing that an upper tier is not preferred for, too."""
    above = frozenset[str]()
    for tier in sorted({rep.tier for _, rep in able}):
        members = [(i, rep) for i, rep in able if rep.tier == tier]
        own = frozenset[str]().union(*(lists[rep.key] for _, rep in members))
        if own <= above:
            names = [rep.key for _, rep in members[:_NAMED]] + ["others"] * (len(members) > _NAMED)
            than = "what upper tiers leave of theirs" if own else "turns that fall due"
            message = (
                f"tier {tier} ({join_with_and(names)}) is preferred for nothing of its own, so it gets only {than}: "
                "add to their lists what they are for, or accept it"
            )
            yield warning(f"{path}.members[{members[0][0]}]", "tier-without-preference", message)
        above |= own


def _preferred_values(rep: Rep, pool: Pool) -> frozenset[str]:
    """Each value that a preference finds in the rep's lists, as "list value"."""
    return frozenset(
        f"{prefer.rep} {value}" for prefer in pool.ranking.prefer for value in rep.skills.get(prefer.rep, ())
    )


def _can_get_leads(rep: Rep, pool: Pool, weight: int | None, categories: frozenset[str | None]) -> bool:
    """Whether neither role, weight, share nor a cap of 0 keeps the rep from every lead of the pool."""
    shut = {name for name, caps in rep.caps.categories.items() if _is_shut(caps)}
    return (
        rep.active
        and rep.role.allows(pool.work)
        and bool(weight or rep.weight)
        and (not pool.shares or bool(pool.shares.get(rep.supplier)))
        and not _is_shut(rep.caps)
        and (not categories or not categories <= shut)
    )


def _is_shut(caps: Caps) -> bool:
    return 0 in (caps.per_hour, caps.per_day, caps.per_week, caps.open_load)


def _ramp_up(path: str, pool: Pool, roster: Roster | None) -> Iterator[Finding]:
    if not pool.ramp_up:
        return
    if pool.ramp_up[-1].percent < 100:
        message = f"newcomers stay at {pool.ramp_up[-1].percent} % for ever: add a step with percent 100"
        yield warning(f"{path}.ramp_up", "ramp-never-full", message)
    for i, member in enumerate(pool.members):
        rep = roster.reps.get(member.rep) if roster is not None else None
        if rep is not None and rep.started_on is None:
            message = f"nobody knows when {rep.key} started, so the ramp-up leaves them at 100 %: set started_on"
            yield warning(f"{path}.members[{i}]", "ramp-without-start", message)


def _unknown_field(path: str, name: str, fields: Mapping[str, FieldType]) -> Finding:
    hint = did_you_mean(name, fields) or "declare the organisation's own under 'fields'"
    return error(path, "unknown-field", f"there is no field '{name}'; {hint}")
