"""Companies: read, hung under a parent, and made one when two are the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.domain.messages.message import Reason, as_written, say
from pointsman.domain.text.hosts import host_in
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, Tx
from pointsman.services.ports.leads.accounts import AccountFilter, AccountRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMergeResult:
    """The account that survives, and how many leads came to it."""

    survivor: AccountRow
    leads: int


async def get_account(env: Env, account_id: UUID) -> AccountRow:
    """One account, also one that was merged; NotFound."""
    async with env.uow() as tx:
        return _found(await tx.accounts.get(account_id), account_id)


async def account_page(
    env: Env, which: AccountFilter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[AccountRow]:
    """Newest first; the domain in any spelling, also as an address of a page or a person.

    One word that is a domain finds the account that it leads to, too.
    """
    async with env.uow() as tx:
        found = await tx.accounts.page(replace(which, domain=_host(which.domain)), after=after, limit=limit)
        if which.domain is not None or len(which.words) != 1 or "." not in which.words[0]:
            return found
        of_domain = replace(which, domain=_host(which.words[0]), words=())
        both = {row.id: row for row in (*found, *await tx.accounts.page(of_domain, after=after, limit=limit))}
    return sorted(both.values(), key=lambda row: (row.created_at, row.id), reverse=True)[:limit]


async def find_account(tx: Tx, given: str, *, path: str) -> UUID:
    """The id of an account that is named by its id or a domain. An id is taken as it is.

    Raises NotFound, with the `path` at which it was sent, for a domain that leads to no account.
    """
    try:
        return UUID(given)
    except ValueError:
        found = await tx.accounts.page(AccountFilter(domain=_host(given)), after=None, limit=1)
    if not found:
        message = "There is no account with this id or domain."
        raise NotFound(message, faults=[Fault(path=path, code="not-found", message=message)])
    return found[0].id


def _host(domain: str | None) -> str | None:
    return (host_in(domain) or domain).removeprefix("www.") if domain is not None else None


async def set_parent(env: Env, account_id: UUID, parent: UUID | None, *, reason: str, actor: Actor) -> AccountRow:
    """Hang the account under `parent`, or under none. NotFound; Conflict for a circle or a merged account."""

    async def work(tx: Tx) -> AccountRow:
        before = await _live(tx, account_id)
        if parent is not None:
            await _live(tx, parent)
        await tx.accounts.set_parent(account_id, parent)
        await _audit_parent(env, tx, account_id, before.parent_id, parent, reason=reason, actor=actor)
        return _found(await tx.accounts.get(account_id), account_id)

    try:
        return await run_in_transaction(env, work)
    except ConstraintRefused as refused:
        raise _parent_conflict(refused) from refused


async def set_parent_by_domain(env: Env, tx: Tx, account_id: UUID, domain: str, *, actor: Actor) -> None:
    """Hang the account under the one of this domain, as a sender says; where that would be a circle, a human is asked.

    Inside the caller's transaction; LostRace when the parent is made at the same moment.
    """
    now = env.clock()
    new_id = env.new_id()
    parent = await tx.accounts.get_or_create_by_domain(domain, new_id=new_id, at=now)
    if parent is None:
        raise LostRace("the parent account was made at the same moment")
    if parent == new_id:
        await audit(
            env, tx, actor, "account.created", f"account:{parent}", after={"domain": domain, "status": "prospect"}
        )
    child = _found(await tx.accounts.get(account_id, lock=True), account_id)
    if parent == child.parent_id:
        return
    if await tx.accounts.is_ancestor_of(account_id, parent):
        message = say("alerts.parent-circle", domain=as_written(domain))
        await tx.alerts.put(
            id=env.new_id(), at=now, code=AlertCode.PARENT_CIRCLE, subject=f"account:{account_id}", message=message
        )
        return
    try:
        await tx.accounts.set_parent(account_id, parent)
    except ConstraintRefused as refused:
        raise LostRace(str(refused)) from refused
    await tx.alerts.resolve(at=now, code=AlertCode.PARENT_CIRCLE, subject=f"account:{account_id}")
    said = say("reason.parent-domain", domain=as_written(domain))
    await _audit_parent(env, tx, account_id, child.parent_id, parent, reason=said, actor=actor)


async def merge_accounts(env: Env, account_id: UUID, *, into: UUID, reason: str, actor: Actor) -> AccountMergeResult:
    """Make the account one with `into`, which survives: leads, children, name and domain lead there from then on.

    The survivor keeps its name, domain, owner and parent where it has them; a customer stays one. No lead is routed.
    NotFound; Invalid; Conflict for an account that was merged before, or where parents would become a circle.
    """
    if account_id == into:
        message = "An account cannot be merged into itself: name the other one."
        raise Invalid(message, faults=[Fault(path="body.into", code="same-account", message=message)])

    async def work(tx: Tx) -> AccountMergeResult:
        rows = {one: await _live(tx, one) for one in sorted((account_id, into))}
        moved = await tx.accounts.merge(account_id, into=into, at=env.clock())
        survivor = _found(await tx.accounts.get(into), into)
        merged = _found(await tx.accounts.get(account_id), account_id)
        for row, action in ((merged, "account.merged"), (survivor, "account.merged-into")):
            before = _shown(rows[row.id])
            after = _shown(row) | {"account": str(account_id), "into": str(into), "leads": moved.leads}
            await audit(env, tx, actor, action, f"account:{row.id}", before=before, after=after, reason=reason)
        for child in moved.children:
            await _audit_parent(
                env, tx, child, account_id, into, reason=say("reason.merged", why=as_written(reason)), actor=actor
            )
        return AccountMergeResult(survivor=survivor, leads=moved.leads)

    try:
        return await run_in_transaction(env, work)
    except ConstraintRefused as refused:
        raise _parent_conflict(refused) from refused


async def _audit_parent(
    env: Env, tx: Tx, account_id: UUID, before: UUID | None, after: UUID | None, *, reason: Reason, actor: Actor
) -> None:
    await audit(
        env,
        tx,
        actor,
        "account.parent-changed",
        f"account:{account_id}",
        before={"parent": _text(before)},
        after={"parent": _text(after)},
        reason=reason,
    )


def _shown(row: AccountRow) -> dict[str, Any]:
    """What of an account a merge may change."""
    return {
        "name": row.name,
        "domain": row.domain,
        "status": row.status,
        "owner": row.owner,
        "parent": _text(row.parent_id),
        "merged_into": _text(row.merged_into),
    }


async def _live(tx: Tx, account_id: UUID) -> AccountRow:
    row = _found(await tx.accounts.get(account_id, lock=True), account_id)
    if row.merged_into is not None:
        raise Conflict(
            f"This account was merged into {row.merged_into}: use that one.",
            code="account-merged",
            extra={"merged_into": str(row.merged_into)},
        )
    return row


def _found(row: AccountRow | None, account_id: UUID) -> AccountRow:
    if row is None:
        raise NotFound(f"There is no account {account_id}.", told=say("refusal.no-account", account=str(account_id)))
    return row


def _parent_conflict(refused: ConstraintRefused) -> Exception:
    if refused.constraint != "PM004":
        return refused
    return Conflict(f"Parents must not form a circle: {refused}. Change the parents first.", code="parent-circle")


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
