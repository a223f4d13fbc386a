"""Write one line of the audit log."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.messages.message import Reason, as_message
from pointsman.services.ports import Actor, Env, Tx


async def audit(
    env: Env,
    tx: Tx,
    actor: Actor,
    action: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: Reason = None,
) -> None:
    """`actor` did `action` to `subject` ("lead:…"), now; the line is kept with what the transaction writes."""
    await tx.audit.add(
        id=env.new_id(),
        at=env.clock(),
        actor=actor.name,
        action=action,
        subject=subject,
        before=before,
        after=after,
        reason=as_message(reason),
    )
