"""What an admin is told of a rep's settings that have no effect under the live policy."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from pointsman.domain.distribution.idle_settings import Hint, deserted_pools, idle_settings
from pointsman.domain.errors import MAX_FAULTS
from pointsman.services.policies.cache import load_compiled_policy, load_roster
from pointsman.services.ports import Env


async def hints_of_reps(env: Env, given: Sequence[tuple[str, AbstractSet[str], str]]) -> Sequence[Hint]:
    """The idle ones of the settings that were given, for each rep: the key, the settings' names, and where the body has them.

    The first MAX_FAULTS. A rep who is no longer there has none.
    """
    async with env.uow() as tx:
        live = await tx.policies.live_versions()
        if live.roster is None:
            return ()
        roster = await load_roster(env, tx, live.roster)
        policy = None if live.policy is None else (await load_compiled_policy(env, tx, live.policy)).policy
    hints: list[Hint] = []
    for key, names, path in given:
        if key in roster.reps and len(hints) < MAX_FAULTS:
            rep = roster.reps[key]
            found = [*idle_settings(rep, policy, names), *deserted_pools(rep, policy, roster.reps)]
            hints += [replace(hint, path=f"{path}.{hint.path}") for hint in found]
    return hints[:MAX_FAULTS]
