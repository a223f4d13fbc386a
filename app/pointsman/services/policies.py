"""Policies: drafts, the check before they are live, publishing, rolling back, comparing. Exactly one is published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsman.domain.check import check, publishable
from pointsman.domain.errors import Conflict, Fault, NotFound, PolicyInvalid, StaleVersion
from pointsman.domain.findings import Finding, Severity
from pointsman.domain.policy import parse_policy
from pointsman.domain.reps import Roster
from pointsman.services.in_force import roster_version
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing import PolicyRow
from pointsman.services.transactions import in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft just stored, with what its check found."""

    policy: PolicyRow
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where two policies differ; None means that it is not there."""

    path: str
    before: Any
    after: Any


async def check_document(env: Env, document: object) -> tuple[Finding, ...]:
    """What the check finds against the present roster; nothing is written. Faults of form are findings too."""
    try:
        policy = parse_policy(document)
    except PolicyInvalid as invalid:
        return tuple(
            Finding(path=f.path, code=f.code, severity=Severity.ERROR, message=f.message) for f in invalid.faults
        )
    async with env.uow() as tx:
        return check(policy, await _roster(env, tx))


async def add_draft(env: Env, document: object, *, note: str, actor: Actor) -> Draft:
    """Store a draft. PolicyInvalid when it cannot be read; what the check finds is told, and refused at publishing."""
    policy = parse_policy(document)

    async def work(tx: Tx) -> Draft:
        await tx.policies.lock()
        now = env.clock()
        row = await tx.policies.add(policy.document(), note=note, by=actor.name, at=now)
        await _audit(env, tx, actor, "policy.drafted", row.version, reason=note)
        return Draft(policy=row, findings=check(policy, await _roster(env, tx)))

    return await in_transaction(env, work)


async def publish(
    env: Env, version: int, *, note: str, actor: Actor, expected: int | None = None, check_expected: bool = True
) -> PolicyRow:
    """Make a draft live and archive the one before.

    `expected` is the version that the caller believes to be live (None: none is); StaleVersion when it is not.
    PolicyInvalid while the check finds errors against the present roster; Conflict for what is no draft.
    """

    async def work(tx: Tx) -> PolicyRow:
        await tx.policies.lock()
        row = await _get(tx, version)
        if row.state == "published":
            raise Conflict(f"Policy version {version} is live already.", code="already-published")
        if row.state == "archived":
            raise Conflict(f"Policy version {version} was live before: roll back to it.", code="use-rollback")
        return await _publish(env, tx, row, note, actor, "policy.published", expected, compare=check_expected)

    return await in_transaction(env, work)


async def rollback(
    env: Env, *, to: int | None, note: str, actor: Actor, expected: int | None = None, check_expected: bool = False
) -> PolicyRow:
    """Make an archived version live again: `to`, or the one that was live before. Checked like any other."""

    async def work(tx: Tx) -> PolicyRow:
        await tx.policies.lock()
        row = await _get(tx, to) if to is not None else await _last_live(tx)
        if row.state != "archived":
            raise Conflict(f"Policy version {row.version} is {row.state}, not archived.", code="not-archived")
        return await _publish(env, tx, row, note, actor, "policy.rolled-back", expected, compare=check_expected)

    return await in_transaction(env, work)


async def policy_version(env: Env, version: int) -> PolicyRow:
    """One policy; NotFound."""
    async with env.uow() as tx:
        return await _get(tx, version)


async def current_policy(env: Env) -> PolicyRow:
    """The live one; NotFound when there is none."""
    async with env.uow() as tx:
        row = await tx.policies.current()
    if row is None:
        raise NotFound("No policy is published yet.", code="no-policy")
    return row


async def policy_page(env: Env, *, before: int | None, limit: int) -> Sequence[PolicyRow]:
    """Newest first."""
    async with env.uow() as tx:
        return await tx.policies.page(before=before, limit=limit)


async def diff(env: Env, a: int, b: int) -> list[Difference]:
    """Where version `b` differs from version `a`, path by path; rules and pools are named, not counted."""
    async with env.uow() as tx:
        before, after = await _get(tx, a), await _get(tx, b)
    return list(_differences("", _named(before.document), _named(after.document)))


async def _publish(
    env: Env,
    tx: Tx,
    row: PolicyRow,
    note: str,
    actor: Actor,
    action: str,
    expected: int | None,
    *,
    compare: bool,
) -> PolicyRow:
    live = (await tx.policies.versions()).policy
    if compare and live != expected:
        shown = f"version {live} is" if live is not None else "no version is"
        raise StaleVersion(
            f"Somebody published meanwhile: {shown} live, not {expected}. Look at it, then publish again.",
            extra={"current": live},
        )
    findings = check(parse_policy(row.document), await _roster(env, tx))
    if not publishable(findings):
        raise _refused(row.version, findings)
    now = env.clock()
    published = await tx.policies.publish(row.version, note=note, by=actor.name, at=now)
    await _audit(env, tx, actor, action, row.version, before=live, reason=note)
    await tx.jobs.defer("holds.drain", {}, lock="holds.drain")
    return published


async def _audit(
    env: Env, tx: Tx, actor: Actor, action: str, version: int, *, before: int | None = None, reason: str
) -> None:
    await tx.audit.add(
        id=env.new_id(),
        at=env.clock(),
        actor=actor.name,
        action=action,
        subject=f"policy:{version}",
        before={"published": before},
        after={"version": version},
        reason=reason,
    )


async def _get(tx: Tx, version: int) -> PolicyRow:
    row = await tx.policies.get(version)
    if row is None:
        raise NotFound(f"There is no policy version {version}.")
    return row


async def _last_live(tx: Tx) -> PolicyRow:
    archived = [row for row in await tx.policies.page(before=None, limit=200) if row.state == "archived"]
    if not archived:
        raise Conflict("No policy was live before this one.", code="nothing-to-roll-back-to")
    return max(archived, key=lambda row: (row.published_at is not None, row.published_at))


async def _roster(env: Env, tx: Tx) -> Roster | None:
    version = (await tx.policies.versions()).roster
    return None if version is None else await roster_version(env, tx, version)


def _refused(version: int, findings: Sequence[Finding]) -> PolicyInvalid:
    faults = [Fault(path=f.path, code=f.code, message=f.message) for f in findings if f.severity is Severity.ERROR]
    first = faults[0]
    return PolicyInvalid(
        f"Policy version {version} has {len(faults)} error{'s' if len(faults) != 1 else ''} that forbid publishing; "
        f"the first: {first.path}: {first.message}",
        faults=faults,
    )


def _named(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its rules under their names, so that an inserted rule is one difference."""
    rules = {rule["name"]: {**rule, "position": i} for i, rule in enumerate(document.get("rules", ()))}
    return {**document, "rules": rules}


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            step = f"{path}.{key}" if path and path != "rules" else f"rules[{key}]" if path else str(key)
            yield from _differences(step, before.get(key), after.get(key))
    else:
        yield Difference(path=path, before=before, after=after)
