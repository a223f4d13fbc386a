"""Policies: drafts, publishing, rolling back, comparing. Exactly one is published.

Reading, checking and comparing large documents takes long enough to be done beside the event loop.
"""

import json
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsman.domain.errors import Conflict, Fault, NotFound, PolicyInvalid, StaleVersion
from pointsman.domain.messages.message import say
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.parsing import parse_policy, plain_document
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.run import is_publishable
from pointsman.domain.policy_diff.changes import PolicyChange
from pointsman.domain.policy_diff.documents import diff_policies as difference
from pointsman.domain.roster.reps import Roster
from pointsman.services.audit import audit
from pointsman.services.policies.checking import check, check_offline, surroundings
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing.policies import PolicyHeadRow, PolicyRow
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.english import english_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft just stored, with what its check found; or, where `is_live`, the live version, which says the same."""

    policy: PolicyRow
    findings: tuple[Finding, ...]
    is_live: bool = False


async def add_draft(env: Env, document: object, *, note: str, actor: Actor, source: str | None = None) -> Draft:
    """Store a draft, as its author wrote it. `source` is the YAML that `document` was read from, if any.

    PolicyInvalid when it cannot be read; what the check finds is told, and refused at publishing. What the live version says
    to the letter makes no version: a pipeline that publishes at each push would fill the history with the same.
    """
    policy, plain = await to_thread(_read, document)

    async def work(tx: Tx) -> Draft:
        await tx.policies.lock()
        live = await tx.policies.current()
        if live is not None and _is_same_text(live, plain, source):
            found = await to_thread(check, policy, await surroundings(env, tx))
            return Draft(policy=live, findings=found, is_live=True)
        row = await tx.policies.add(plain, source=source, note=note, by=actor.name, at=env.clock())
        await _audit_policy(env, tx, actor, "policy.drafted", row.version, reason=note)
        return Draft(policy=row, findings=await to_thread(check, policy, await surroundings(env, tx)))

    return await run_in_transaction(env, work)


async def publish_policy(
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
            raise Conflict(
                f"Policy version {version} is live already.",
                code="already-published",
                told=say("refusal.policy-live", version=str(version)),
            )
        if row.state == "archived":
            raise Conflict(
                f"Policy version {version} was live before: roll back to it.",
                code="use-rollback",
                told=say("refusal.policy-was-live", version=str(version)),
            )
        return await _publish(env, tx, row, note, actor, "published", expected, compare=check_expected)

    return await run_in_transaction(env, work)


async def rollback_policy(
    env: Env, *, to: int | None, note: str, actor: Actor, expected: int | None = None, check_expected: bool = False
) -> PolicyRow:
    """Make an archived version live again: `to`, or the one that the live one took over from. Checked like any other.

    Rolling back again goes one further back, never forward to what was rolled back: a version keeps what it first took
    over from. Conflict "nothing-to-roll-back-to" at the first one.
    """

    async def work(tx: Tx) -> PolicyRow:
        await tx.policies.lock()
        row = await _get(tx, await _live_before(tx) if to is None else to)
        if row.state != "archived":
            raise Conflict(
                f"Policy version {row.version} is {row.state}, not archived.",
                code="not-archived",
                told=say("refusal.policy-not-archived", version=str(row.version), state=row.state),
            )
        return await _publish(env, tx, row, note, actor, "rolled-back", expected, compare=check_expected)

    return await run_in_transaction(env, work)


async def get_policy(env: Env, version: int) -> PolicyRow:
    """One policy; NotFound."""
    async with env.uow() as tx:
        return await _get(tx, version)


async def published_policy(env: Env) -> PolicyRow:
    """The live one; NotFound when there is none."""
    async with env.uow() as tx:
        row = await tx.policies.current()
    if row is None:
        raise NotFound("No policy is published yet.", code="no-policy", told=say("refusal.no-policy"))
    return row


async def policy_page(env: Env, *, before: int | None, limit: int) -> Sequence[PolicyHeadRow]:
    """Newest first."""
    async with env.uow() as tx:
        return await tx.policies.page(before=before, limit=limit)


async def diff_policies(env: Env, a: int, b: int) -> tuple[PolicyChange, ...]:
    """How version `b` differs from version `a`, in words and as data; nothing exactly when they are equal."""
    async with env.uow() as tx:
        before, after = await _get(tx, a), await _get(tx, b)
    return await to_thread(_compared, before, after)


async def _publish(
    env: Env,
    tx: Tx,
    row: PolicyRow,
    note: str,
    actor: Actor,
    kind: str,
    expected: int | None,
    *,
    compare: bool,
) -> PolicyRow:
    live = (await tx.policies.live_versions()).policy
    if compare and live != expected:
        raise _unexpected(live, expected)
    around = await surroundings(env, tx)
    findings = await to_thread(check_offline, row.document, around)
    if not is_publishable(findings):
        raise _refused(row.version, findings, around.roster)
    published = await tx.policies.publish(row.version, kind=kind, note=note, by=actor.name, at=env.clock())
    await _audit_policy(env, tx, actor, f"policy.{kind}", row.version, before=live, reason=note)
    await tx.jobs.defer_once("holds.drain")
    await tx.jobs.defer_once("appointments.reminders")
    return published


def _unexpected(live: int | None, expected: int | None) -> StaleVersion:
    versions = {"live": str(live), "expected": str(expected)}
    if live is None:
        said = f"No version is live, not {expected}. Look at the history, then publish without `expected_current`."
        told = say("refusal.none-live", expected=versions["expected"])
    elif expected is None:
        said = f"Version {live} is live: look at it, then publish with `expected_current`: {live}."
        told = say("refusal.one-live", live=versions["live"])
    else:
        said = f"Another version was published meanwhile: version {live} is live, not {expected}. Look at it, then publish again."
        told = say("refusal.another-live", **versions)
    return StaleVersion(said, extra={"current": live}, told=told)


async def _audit_policy(
    env: Env, tx: Tx, actor: Actor, action: str, version: int, *, before: int | None = None, reason: str
) -> None:
    await audit(
        env,
        tx,
        actor,
        action,
        f"policy:{version}",
        before={"published": before},
        after={"version": version},
        reason=reason,
    )


async def _get(tx: Tx, version: int) -> PolicyRow:
    row = await tx.policies.get(version)
    if row is None:
        raise NotFound(
            f"There is no policy version {version}.", told=say("refusal.no-policy-version", version=str(version))
        )
    return row


async def _live_before(tx: Tx) -> int:
    latest = await tx.policies.latest_publication()
    if latest is None or latest.rollback_to is None:
        raise Conflict(
            "No policy was live before this one.", code="nothing-to-roll-back-to", told=say("refusal.no-policy-before")
        )
    return latest.rollback_to


def _read(document: object) -> tuple[Policy, Mapping[str, Any]]:
    return parse_policy(document), plain_document(document)


def _is_same_text(row: PolicyRow, document: Mapping[str, Any], source: str | None) -> bool:
    """Whether a stored policy is this one to the letter, comments and the order of keys included."""
    return row.source == source and row.document == document and json.dumps(row.document) == json.dumps(document)


def _compared(before: PolicyRow, after: PolicyRow) -> tuple[PolicyChange, ...]:
    return difference(_parsed(before), _parsed(after))


def _parsed(row: PolicyRow) -> Policy:
    return parse_policy(row.document)


def _refused(version: int, findings: Sequence[Finding], roster: Roster | None) -> PolicyInvalid:
    reps = roster.reps if roster is not None else {}
    faults = [
        Fault(path=f.path, code=f.code, message=english_words(f.message, reps), told=f.message)
        for f in findings
        if f.severity is Severity.ERROR
    ]
    first = faults[0]
    return PolicyInvalid(
        f"Policy version {version} has {len(faults)} error{'s' if len(faults) != 1 else ''} that forbid publishing; "
        f"the first: {first.path}: {first.message}",
        faults=faults,
        told=say("fault.unpublishable", version=version, count=len(faults)),
    )
