"""The audit of the roster: a line for each role, supplier and rep that a change made different, with before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.domain.messages.message import Reason
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.roster.snapshot import roster_as_json

#: What a line says was changed, and does not repeat: names, and the digest of an address.
_PERSONAL = {"name": "name", "contact": "email"}
#: A rep's copies of what belongs to the role and the supplier, which have lines of their own.
_COPIES = frozenset({"barred_domains"})

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSubjects:
    """Roles, suppliers and reps as they stand, by the subject of their audit lines: "role:SDR", "supplier:x", "rep:anna"."""

    values: Mapping[str, Values]

    @staticmethod
    async def load(tx: Tx) -> "RosterSubjects":
        """Read them; the roster is locked."""
        found: dict[str, Values] = {f"role:{r.name}": {"works": sorted(r.works)} for r in await tx.roster.roles()}
        for row in await tx.roster.suppliers():
            values = {"title": row.name, "kind": row.kind, "barred_domains": sorted(row.barred_domains)}
            found[f"supplier:{row.key}"] = values
        snapshot = roster_as_json({rep.key: rep for rep in await tx.roster.reps()})
        for rep in snapshot["reps"]:
            own = {name: value for name, value in rep.items() if name not in _COPIES}
            found[f"rep:{rep['key']}"] = own | {"role": rep["role"]["name"]}
        return RosterSubjects(values=found)


async def audit_roster_change(
    env: Env,
    tx: Tx,
    before: RosterSubjects,
    after: RosterSubjects,
    *,
    actor: Actor,
    action: str | None,
    reason: Reason,
) -> tuple[str, ...]:
    """Write a line for each subject that is different, and return those subjects.

    `action` names what was done where it was done to one rep; else a subject was added or changed.
    """
    changed = []
    for subject in sorted(before.values.keys() | after.values.keys()):
        old, new = before.values.get(subject), after.values.get(subject)
        if old == new:
            continue
        changed.append(subject)
        kind = subject.partition(":")[0]
        was, now = _difference(old or {}, new or {})
        done = action if action and kind == "rep" else f"{kind}.{'added' if old is None else 'changed'}"
        await audit(env, tx, actor, done, subject, before=None if old is None else was, after=now, reason=reason)
    return tuple(changed)


def _difference(old: Values, new: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, as they were and as they are."""
    fields = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    kept = [name for name in fields if name not in _PERSONAL]
    was = {name: old.get(name) for name in kept}
    now: dict[str, Any] = {name: new.get(name) for name in kept}
    if personal := [_PERSONAL[name] for name in fields if name in _PERSONAL]:
        now["personal"] = personal
    if old:  # of a long list, what went and what came
        was, now = was | _without(was, now), now | _without(now, was)
    return was, now


def _without(one: Values, other: Values) -> dict[str, Any]:
    name = "barred_domains"
    if name not in one:
        return {}
    return {name: sorted(set(one[name] or ()) - set(other[name] or ()))}
