"""Does what a pool says of its distribution fit its method and its work, and can it do what it seems to?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from pointsman.domain.leads.facts import FieldType
from pointsman.domain.messages.message import first_of, rep_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.conditions_model import Leaf, Operator, leaves
from pointsman.domain.policy.document import DistributionMethod, Policy, Pool
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_check.operands import Spellings
from pointsman.domain.policy_words.terms import WORKS
from pointsman.domain.roster.rep_facts import REP_PREFIX
from pointsman.domain.roster.reps import Caps, Rep, Roster
from pointsman.domain.roster.roles import Work

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
        message = say("finding.thresholds-crossed", link_at=names.link_at, suggest_at=names.suggest_at)
        yield error("matching.names.suggest_at", "thresholds-crossed", message)


def _spellings(path: str, pool: Pool, roster: Roster, spellings: Spellings) -> Iterator[Finding]:
    """Lists of members that hold a value in a spelling that the lead's field never has."""
    compared = sorted(_compared(pool))
    for i, member in enumerate(pool.members):
        skills = roster.reps[member.rep].skills if member.rep in roster.reps else {}
        for lead, listed in compared:
            found = (spellings.never_equal(lead, value) for value in sorted(skills.get(listed, ())))
            if wrong := next(filter(None, found), None):
                message = say("finding.list-never-equal", rep=rep_name(member.rep), skill=listed, wrong=wrong)
                yield warning(f"{path}.members[{i}]", "list-never-equal", message)


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
                    message = say(
                        "finding.list-letter-case",
                        rep=rep_name(member.rep),
                        skill=listed,
                        value=value[:60],
                        other=others[0][:60],
                        field=lead,
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
            message = say(
                "finding.ledger-mixes-work",
                other=other,
                other_work=WORKS[theirs.work],
                pool=name,
                work=WORKS[pool.work],
            )
            yield error(path, "ledger-mixes-work", message)
        elif theirs.method is not pool.method:
            methods = {"other_method": theirs.method.value, "method": pool.method.value}
            message = say("finding.ledger-mixes-methods", other=other, pool=name, **methods)
            yield warning(path, "ledger-mixes-methods", message)


def _method(path: str, pool: Pool, policy: Policy) -> Iterator[Finding]:
    if pool.method is DistributionMethod.SOONEST and pool.work not in BOOKED_WORKS:
        message = say("finding.method-misfit", work=WORKS[pool.work])
        yield error(f"{path}.method", "method-misfit", message)
    if pool.method is DistributionMethod.OWNER and not policy.ownership.order:
        yield error(f"{path}.method", "owner-without-order", say("finding.owner-without-order"))
    if "ranking" in pool.model_fields_set and pool.method is not DistributionMethod.RANKED:
        message = say("finding.ranking-without-effect", method=pool.method.value)
        yield warning(f"{path}.ranking", "ranking-without-effect", message)


def _ranking(path: str, pool: Pool, roster: Roster | None, categories: frozenset[str | None]) -> Iterator[Finding]:
    """Ways in which a ranked pool shares as a fair one does, or nearly."""
    ranking = pool.ranking
    if not ranking.prefer:
        yield warning(f"{path}.ranking.prefer", "ranking-without-preference", say("finding.ranking-without-preference"))
    for name in ("max_turns_ahead", "max_turns_behind"):
        if getattr(ranking, name) == 1:
            yield warning(f"{path}.ranking.{name}", "ranking-limit-tight", say("finding.ranking-limit-tight"))
    if pool.booking.offer is OfferMode.BALANCED:
        yield warning(f"{path}.booking.offer", "ranking-without-effect", say("finding.balanced-offer"))
    if roster is None or not ranking.prefer:
        return
    reps = [(i, roster.reps[member.rep]) for i, member in enumerate(pool.members) if member.rep in roster.reps]
    able = [(i, rep) for i, rep in reps if _can_get_leads(rep, pool, pool.members[i].weight, categories)]
    for i, prefer in enumerate(ranking.prefer):
        if not any(rep.skills.get(prefer.rep) for _, rep in able):
            all_able = len(able) == len(pool.members)
            key = "finding.preference-of-none" if all_able else "finding.preference-of-none-able"
            message = say(key, skill=prefer.rep)
            yield warning(f"{path}.ranking.prefer[{i}].rep", "preference-without-effect", message)
    lists = {rep.key: _preferred_values(rep, pool) for _, rep in able}
    if len(able) > 1 and len({(rep.tier, lists[rep.key]) for _, rep in able}) == 1 and all(lists.values()):
        yield warning(f"{path}.ranking", "ranking-of-equals", say("finding.ranking-of-equals"))
    elif any(lists.values()):
        yield from _tiers(path, able, lists)


def _tiers(path: str, able: Sequence[tuple[int, Rep]], lists: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Tiers that are preferred for nothing that an upper tier is not preferred for, too."""
    above = frozenset[str]()
    for tier in sorted({rep.tier for _, rep in able}):
        members = [(i, rep) for i, rep in able if rep.tier == tier]
        own = frozenset[str]().union(*(lists[rep.key] for _, rep in members))
        if own <= above:
            named = first_of([rep_name(rep.key) for _, rep in members], _NAMED)
            key = "finding.tier-gets-rest" if own else "finding.tier-gets-due-turns"
            message = say(key, tier=tier, reps=named)
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
        message = say("finding.ramp-never-full", percent=pool.ramp_up[-1].percent)
        yield warning(f"{path}.ramp_up", "ramp-never-full", message)
    for i, member in enumerate(pool.members):
        rep = roster.reps.get(member.rep) if roster is not None else None
        if rep is not None and rep.started_on is None:
            message = say("finding.ramp-without-start", rep=rep_name(rep.key))
            yield warning(f"{path}.members[{i}]", "ramp-without-start", message)


def _unknown_field(path: str, name: str, fields: Mapping[str, FieldType]) -> Finding:
    hint = suggestion(name, fields) or say("finding.declare-field")
    return error(path, "unknown-field", say("finding.unknown-field", name=name, hint=hint))
