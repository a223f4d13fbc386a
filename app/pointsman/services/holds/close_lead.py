"""A lead that nobody works on any more: back to marketing, won, or closed. Its holder has room for another one."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pointsman.domain.leads.facts import Stage
from pointsman.services.holds.drain import OVERDUE
from pointsman.services.policies.cache import current
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.routing.hold_releases import make_room

#: Alerts that say that somebody has to do something about a lead; they end with the work on it.
REQUEST_LAPSED = "request-lapsed"
ABOUT_LEADS = (OVERDUE, REQUEST_LAPSED)


async def to_nurture(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    *,
    until: datetime,
    reason: str,
    actor: Actor,
    detail: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Marketing has the lead, which is locked; news bring it back from `until` on. `detail` goes into the audit."""
    more = {"until": until.isoformat(), **detail}
    await _end(env, tx, lead, Stage.NURTURE, reason, actor, more, nurture_until=until, nurture_reason=reason)


async def to_won(env: Env, tx: Tx, lead: LeadRow, *, actor: Actor) -> None:
    """The lead, which is locked, bought: its company is a customer."""
    more: dict[str, Any] = {}
    if lead.account_id is not None and await tx.accounts.make_customer(lead.account_id):
        more = {"account": str(lead.account_id)}
        await tx.audit.add(
            id=env.new_id(),
            at=env.clock(),
            actor=actor.name,
            action="account.customer",
            subject=f"account:{lead.account_id}",
            before={"status": lead.account_status},
            after={"status": "customer", "lead": str(lead.id)},
            reason="won",
        )
    await _end(env, tx, lead, Stage.WON, "won", actor, more)


async def to_closed(env: Env, tx: Tx, lead: LeadRow, *, reason: str, actor: Actor) -> None:
    """Nothing more is to be done with the lead, which is locked."""
    await _end(env, tx, lead, Stage.CLOSED, reason, actor, {})


async def _end(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    stage: Stage,
    reason: str,
    actor: Actor,
    more: Mapping[str, Any],
    *,
    nurture_until: datetime | None = None,
    nurture_reason: str | None = None,
) -> None:
    now = env.clock()
    held = await tx.decisions.active_assignment(lead.id)
    await tx.gates.retire(lead.id, at=now, reason=reason)
    if held is not None:
        await make_room(tx, await current(env, tx), held.rep, at=now)
    for code in ABOUT_LEADS:
        await tx.alerts.resolve(at=now, code=code, subject=f"lead:{lead.id}")
    await tx.leads.set_stage(lead.id, stage.value, at=now, nurture_until=nurture_until, nurture_reason=nurture_reason)
    await tx.audit.add(
        id=env.new_id(),
        at=now,
        actor=actor.name,
        action=f"lead.{stage}",
        subject=f"lead:{lead.id}",
        before={"rep": held.rep, "work": held.work} if held else {"stage": lead.stage},
        after={"stage": stage.value} | dict(more),
        reason=reason,
    )
