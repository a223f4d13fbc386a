"""Names that a list is narrowed by: one that is misspelt is told from one that has nothing."""

from collections.abc import Mapping, Sequence

from pointsman.domain.errors import Fault, NotFound
from pointsman.domain.permissions.callers import Visibility
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.names import NamedThing

_MOST = 500  # names that are compared with one that nothing has


async def require_known_names(
    env: Env, asked: Mapping[str, tuple[NamedThing, str]], *, sees: Visibility, path: str = "query"
) -> None:
    """`asked` is parameter -> what it names, and the name. Raises NotFound, with the path of each that nothing has or had.

    Of reps those count, and are suggested, that `sees` leaves: a caller hears of no other.
    """
    faults = []
    async with env.uow() as tx:
        for parameter, (what, name) in asked.items():
            if await tx.names.has(what, name, sees=sees):
                continue
            known = await _known(tx, what, sees)
            if name not in known:
                faults.append(Fault(path=f"{path}.{parameter}", code="not-found", message=_message(what, name, known)))
    if faults:
        raise NotFound(" ".join(fault.message for fault in faults), faults=faults)


async def _known(tx: Tx, what: NamedThing, sees: Visibility) -> Sequence[str]:
    if what not in {NamedThing.POOL, NamedThing.RULE}:
        return await tx.names.some(what, sees=sees, limit=_MOST)
    live = await tx.policies.current()
    if live is None:
        return ()
    parts = live.document.get("pools" if what is NamedThing.POOL else "rules") or ()
    return [part if isinstance(part, str) else part["name"] for part in parts]


def _message(what: NamedThing, name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    return f"There is no {what} '{name}'{': ' + hint if hint else ''}{'' if hint.endswith('?') else '.'}"
