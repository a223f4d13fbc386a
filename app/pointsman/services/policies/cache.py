"""The policy and the roster in force, made ready once per version and kept while the process lives."""

from asyncio import Lock, to_thread
from dataclasses import dataclass, field
from typing import TypeVar

from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.gc_pause import freeze_gc, gc_paused
from pointsman.domain.messages.message import say
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.policies import LiveVersions
from pointsman.services.roster.snapshot import roster_from_json

#: A version in use, the one before, and those that a replay looks at.
CACHE_SIZE = 8
#: From so many rules on, a policy in use is kept out of the garbage collector's sight.
LARGE_POLICY_RULES = 1_000


T = TypeVar("T")


@dataclass(slots=True)
class _KeptVersions:
    """By version: what is ready, and who is compiling a policy right now."""

    policies: dict[int, CompiledPolicy] = field(default_factory=dict)
    compiling: dict[int, Lock] = field(default_factory=dict)
    rosters: dict[int, Roster] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfig:
    """What one transaction decides with."""

    policy: CompiledPolicy
    roster: Roster


async def load_routing_config(env: Env, tx: Tx) -> RoutingConfig:
    """What is in force at this moment; Conflict "no-policy" or "no-roster" where nothing is."""
    return await load_routing_config_at(env, tx, await tx.policies.live_versions())


async def load_routing_config_at(env: Env, tx: Tx, versions: LiveVersions) -> RoutingConfig:
    """The policy and the roster of these versions."""
    if versions.policy is None:
        raise Conflict(
            "No policy is published yet: publish one first.", code="no-policy", told=say("refusal.publish-first")
        )
    if versions.roster is None:
        raise Conflict("The roster is empty: put reps on it first.", code="no-roster", told=say("refusal.no-roster"))
    return RoutingConfig(
        policy=await load_compiled_policy(env, tx, versions.policy),
        roster=await load_roster(env, tx, versions.roster),
    )


async def load_compiled_policy(env: Env, tx: Tx, version: int) -> CompiledPolicy:
    """A stored policy, compiled beside the event loop, once for all callers who wait; versions that can no longer
    change are kept."""
    cache = env.cache.of(_KeptVersions)
    if version in cache.policies:
        return cache.policies[version]
    async with cache.compiling.setdefault(version, Lock()):
        if version in cache.policies:
            return cache.policies[version]
        try:
            row = await tx.policies.get(version)
            if row is None:
                raise NotFound(
                    f"There is no policy version {version}.",
                    told=say("refusal.no-policy-version", version=str(version)),
                )
            compiled = await to_thread(_compiled, row.document, version, keep=row.published_at is not None)
            if row.published_at is not None:
                _keep(cache.policies, version, compiled)
            return compiled
        finally:
            cache.compiling.pop(version, None)


async def compile_document(document: object) -> CompiledPolicy:
    """A document that is not stored, compiled as version 0, in a thread: ten thousand rules take seconds. PolicyInvalid."""
    return await to_thread(_compiled, document, 0, keep=False)


async def load_roster(env: Env, tx: Tx, version: int) -> Roster:
    """The roster as it was at `version`, with today's emails."""
    kept = env.cache.of(_KeptVersions).rosters
    if version not in kept:
        snapshot = await tx.roster.snapshot(version)
        if snapshot is None:
            raise NotFound(
                f"There is no roster version {version}.", told=say("refusal.no-roster-version", version=str(version))
            )
        _keep(kept, version, roster_from_json(version, snapshot, await tx.roster.emails()))
    return kept[version]


def _compiled(document: object, version: int, *, keep: bool) -> CompiledPolicy:
    with gc_paused():
        compiled = CompiledPolicy(parse_policy(document), version=version)
        if keep and len(compiled.policy.rules) >= LARGE_POLICY_RULES:
            freeze_gc()
        return compiled


def _keep(kept: dict[int, T], version: int, value: T) -> None:
    kept[version] = value
    while len(kept) > CACHE_SIZE:
        del kept[min(kept.keys() - {version})]  # not the one just asked for, however old
