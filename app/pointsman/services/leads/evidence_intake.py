"""Evidence as it is taken in: judged, with an id and what it came through, and with a word to the sender if it will not count."""

from collections.abc import Sequence
from dataclasses import replace

from pointsman.domain.errors import Fault
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.evidence_origins import evidence_origin
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.roster.reps import Rep
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.domain.text.visible import is_drawn
from pointsman.services.policies.cache import load_compiled_policy, load_roster
from pointsman.services.ports import Actor, Env, Tx


async def load_evidence_surroundings(env: Env, tx: Tx) -> tuple[tuple[Rep, ...], EvidenceRules]:
    """The reps in whose names callers may speak, or may not; and what the live policy says of evidence."""
    versions = await tx.policies.live_versions()
    reps = (await load_roster(env, tx, versions.roster)).reps.values() if versions.roster is not None else ()
    return tuple(reps), await _rules(env, tx, versions.policy)


async def _rules(env: Env, tx: Tx, version: int | None) -> EvidenceRules:
    if version is None:
        return EvidenceRules()
    return (await load_compiled_policy(env, tx, version)).policy.evidence


def evidence_fault(rules: EvidenceRules, name: str, value: str, *, affirmed: bool, path: str) -> Fault | None:
    """Why no evidence can be made of this, with what to do; None when it can. `path` leads to the item."""
    if rules.kind_of(name) is None:
        message = f"{name[:60]!r} is not known evidence; {did_you_mean(name, rules.names)}".rstrip("; ")
        return Fault(path=f"{path}.name", code="unknown-evidence", message=message)
    if affirmed and rules.is_empty(value):
        message = "it says nothing: write what was found out, or leave this item out"
        return Fault(path=f"{path}.value", code="says-nothing", message=message)
    if affirmed and not rules.affirms(value):
        message = "it says no: send `affirmed` false with it, or write what was found out"
        return Fault(path=f"{path}.value", code="says-no", message=message)
    if not is_drawn(value):
        message = "it shows nothing: write what the buyer said no to"
        return Fault(path=f"{path}.value", code="says-nothing", message=message)
    return None


def taken_in(env: Env, given: Sequence[Evidence], actor: Actor) -> list[Evidence]:
    """The items with their ids; `actor` says what they came through, unless that is known of an item."""
    intake = actor.name.removeprefix("intake:") if actor.kind is CallerKind.WEBHOOK else None
    origin = evidence_origin(actor.kind, supplier=actor.supplier, rep=actor.rep, scopes=actor.scopes, intake=intake)
    now = env.clock()  # what is dated ahead would never expire, and outweigh all that is said until then
    return [
        replace(
            item,
            id=item.id or env.new_id(),
            origin=item.origin or origin,
            observed_at=min(item.observed_at, now),
        )
        for item in given
    ]


async def warn_of_evidence(env: Env, tx: Tx, given: Sequence[Evidence], actor: Actor) -> tuple[Fault, ...]:
    """The same of what is not taken in yet; nothing without a policy."""
    version = (await tx.policies.live_versions()).policy if given else None
    if version is None:
        return ()
    return uncounted_warnings(taken_in(env, given, actor), await _rules(env, tx, version))


def uncounted_warnings(given: Sequence[Evidence], rules: EvidenceRules) -> tuple[Fault, ...]:
    """One for each item that its sender may not supply; paths begin with "evidence"."""
    return tuple(
        Fault(
            path=f"evidence[{position}]",
            code="source-does-not-count",
            message=f"kept, and counts for no gate: the policy's evidence.sources does not let this caller supply {item.name}",
        )
        for position, item in enumerate(given)
        if not rules.may_supply(item)
    )
