"""The policy and the roster in force, made ready once per version and kept while the process lives."""

from asyncio import Lock, to_thread
from dataclasses import dataclass
from typing import Any

from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.policy.gc_pause import collector_paused, spare_what_is_kept
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing import Versions
from pointsman.services.roster.snapshot import roster_from_json

#: A version in use, the one before, and those that a replay looks at.
KEPT = 8
#: From so many rules on, a policy in use is kept out of the garbage collector's sight.
LARGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """What one transaction decides with."""

    policy: CompiledPolicy
    roster: Roster


async def current(env: Env, tx: Tx) -> Current:
    """What is in force at this moment; Conflict "no-policy" or "no-roster" where nothing is."""
    return await at_versions(env, tx, await tx.policies.versions())


async def at_versions(env: Env, tx: Tx, versions: Versions) -> Current:
    """The policy and the roster of these versions."""
    if versions.policy is None:
        raise Conflict("No policy is published yet: publish one first.", code="no-policy")
    if versions.roster is None:
        raise Conflict("The roster is empty: put reps on it first.", code="no-roster")
    return Current(
        policy=await compiled_policy(env, tx, versions.policy),
        roster=await roster_version(env, tx, versions.roster),
    )


async def compiled_policy(env: Env, tx: Tx, version: int) -> CompiledPolicy:
    """A stored policy, compiled beside the event loop, once for all who ask meanwhile; versions that can no longer
    change are kept."""
    kept: dict[int, CompiledPolicy] = env.cache.setdefault("policies", {})
    if version in kept:
        return kept[version]
    making: dict[int, Lock] = env.cache.setdefault("policies in the making", {})
    async with making.setdefault(version, Lock()):
        if version in kept:
            return kept[version]
        try:
            row = await tx.policies.get(version)
            if row is None:
                raise NotFound(f"There is no policy version {version}.")
            compiled = await to_thread(_compiled, row.document, version, keep=row.published_at is not None)
            if row.published_at is not None:
                _keep(kept, version, compiled)
            return compiled
        finally:
            making.pop(version, None)


async def compiled_document(document: object) -> CompiledPolicy:
    """A document that is not stored, compiled as version 0, in a thread: ten thousand rules take seconds. PolicyInvalid."""
    return await to_thread(_compiled, document, 0, keep=False)


async def roster_version(env: Env, tx: Tx, version: int) -> Roster:
    """The roster as it was at `version`, with today's emails."""
    kept = env.cache.setdefault("rosters", {})
    if version not in kept:
        snapshot = await tx.roster.snapshot(version)
        if snapshot is None:
            raise NotFound(f"There is no roster version {version}.")
        _keep(kept, version, roster_from_json(version, snapshot, await tx.roster.emails()))
    roster = kept[version]
    assert isinstance(roster, Roster)
    return roster


def _compiled(document: object, version: int, *, keep: bool) -> CompiledPolicy:
    with collector_paused():
        compiled = CompiledPolicy(parse_policy(document), version=version)
        if keep and len(compiled.policy.rules) >= LARGE:
            spare_what_is_kept()
        return compiled


def _keep(kept: dict[int, Any], version: int, value: object) -> None:
    kept[version] = value
    while len(kept) > KEPT:
        del kept[min(kept.keys() - {version})]  # not the one just asked for, however old
