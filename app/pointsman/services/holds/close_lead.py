"""End the work on a lead: back to marketing, won, or closed. Its rep has room for another one."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureCause, NurtureStay
from pointsman.domain.messages.message import Message, say
from pointsman.services.audit import audit
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.routing.hold_releases import retry_capped_holds

_NURTURE_REASONS: Mapping[NurtureCause, Message] = {
    NurtureCause.RULE: say("nurture.by-a-rule"),
    NurtureCause.REFUSED: say("nurture.refused"),
    NurtureCause.LOST: say("nurture.lost"),
    NurtureCause.LATER: say("nurture.later"),
    NurtureCause.DAY_PASSED: say("nurture.later"),
}

#: Alerts that ask a human to do something about a lead; they end with the work on it.
LEAD_ALERT_CODES = (AlertCode.HOLD_OVERDUE, AlertCode.REQUEST_LAPSED)


async def move_to_nurture(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    *,
    cause: NurtureCause,
    until: datetime,
    end_reason: str,
    actor: Actor,
    detail: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Marketing has the lead, which is locked; its cool-off begins now and ends at `until`. `detail` goes into the audit.

    `end_reason` is the code that its assignment and hold end with.
    """
    more = {"cause": cause.value, "until": until.isoformat(), **detail}
    nurture = NurtureStay(cause=cause, since=env.clock(), until=until)
    why = _NURTURE_REASONS[cause]
    await _end_lead(env, tx, lead, LeadStage.NURTURE, end_reason, why, actor, more, nurture=nurture)


async def keep_in_nurture(
    env: Env, tx: Tx, lead: LeadRow, nurture: NurtureStay, *, reason: Message | None, actor: Actor
) -> None:
    """Marketing has the lead, which is locked, for a stay that another lead of the same person began."""
    more = {"cause": nurture.cause.value, "until": nurture.until.isoformat() if nurture.until else None}
    why = reason or _NURTURE_REASONS[nurture.cause]
    await _end_lead(env, tx, lead, LeadStage.NURTURE, nurture.cause.value, why, actor, more, nurture=nurture)


async def mark_won(env: Env, tx: Tx, lead: LeadRow, *, actor: Actor) -> None:
    """The lead, which is locked, bought: its company is a customer."""
    more: dict[str, Any] = {}
    if lead.account_id is not None and await tx.accounts.make_customer(lead.account_id):
        more = {"account": str(lead.account_id)}
        await audit(
            env,
            tx,
            actor,
            "account.became-customer",
            f"account:{lead.account_id}",
            before={"status": lead.account_status},
            after={"status": "customer", "lead": str(lead.id)},
            reason=say("reason.won"),
        )
    await _end_lead(env, tx, lead, LeadStage.WON, "won", say("reason.won"), actor, more)


async def close_lead(env: Env, tx: Tx, lead: LeadRow, *, end_reason: str, why: Message, actor: Actor) -> None:
    """Nothing more is to be done with the lead, which is locked. `end_reason` is the code, `why` is told."""
    await _end_lead(env, tx, lead, LeadStage.CLOSED, end_reason, why, actor, {})


async def _end_lead(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    stage: LeadStage,
    end_reason: str,
    why: Message,
    actor: Actor,
    more: Mapping[str, Any],
    *,
    nurture: NurtureStay | None = None,
) -> None:
    now = env.clock()
    current = await tx.decisions.current_assignment(lead.id)
    await tx.gates.end_assignment_and_hold(lead.id, at=now, reason=end_reason)
    if current is not None:
        await retry_capped_holds(tx, await load_routing_config(env, tx), current.rep, at=now)
    for code in LEAD_ALERT_CODES:
        await tx.alerts.resolve(at=now, code=code, subject=f"lead:{lead.id}")
    await tx.leads.set_stage(lead.id, stage.value, at=now, nurture=nurture, nurture_reason=why if nurture else None)
    await owe_lead_record(env, tx, lead.id)
    await audit(
        env,
        tx,
        actor,
        f"lead.{stage}",
        f"lead:{lead.id}",
        before={"rep": current.rep, "work": current.work} if current else {"stage": lead.stage},
        after={"stage": stage.value} | dict(more),
        reason=why,
    )
