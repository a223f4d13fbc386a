"""Evidence as it is taken in: with an id, with what it came through, and with a word to the sender if it will not count."""

from collections.abc import Sequence
from dataclasses import replace

from pointsman.domain.errors import Fault
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.evidence_origins import evidence_origin
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.roster.reps import Rep
from pointsman.services.policies.cache import load_compiled_policy, load_roster
from pointsman.services.ports import Actor, Env, Tx


async def known_reps(env: Env, tx: Tx) -> tuple[Rep, ...]:
    """The reps in whose names callers may speak, or may not."""
    version = (await tx.policies.live_versions()).roster
    return tuple((await load_roster(env, tx, version)).reps.values()) if version is not None else ()


def taken_in(env: Env, given: Sequence[Evidence], actor: Actor) -> list[Evidence]:
    """The items with their ids; `actor` says what they came through, unless that is known of an item."""
    intake = actor.name.removeprefix("intake:") if actor.kind is CallerKind.WEBHOOK else None
    origin = evidence_origin(actor.kind, supplier=actor.supplier, rep=actor.rep, scopes=actor.scopes, intake=intake)
    return [replace(item, id=item.id or env.new_id(), origin=item.origin or origin) for item in given]


async def warn_of_evidence(env: Env, tx: Tx, given: Sequence[Evidence], actor: Actor) -> tuple[Fault, ...]:
    """The same of what is not taken in yet; nothing without a policy."""
    version = (await tx.policies.live_versions()).policy if given else None
    if version is None:
        return ()
    rules = (await load_compiled_policy(env, tx, version)).policy.evidence
    return uncounted_warnings(taken_in(env, given, actor), rules)


def uncounted_warnings(given: Sequence[Evidence], rules: EvidenceRules) -> tuple[Fault, ...]:
    """One for each item that its sender may not supply; paths begin with "evidence"."""
    return tuple(
        Fault(
            path=f"evidence[{position}]",
            code="source-does-not-count",
            message=f"kept, and counts for no gate: the policy's evidence.sources does not let this caller supply {item.name}",
        )
        for position, item in enumerate(given)
        if not rules.counts(item)
    )
