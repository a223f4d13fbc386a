"""Reps who are no users of a CRM: what is owed about their leads waits, and a human is told which rep it is."""

from collections.abc import Mapping

from pointsman.domain.messages.message import Message, Named, connection_name, message_from_json, say
from pointsman.services.ports import Tx

_MOST_ALERTS = 1_000


def missing_user_alert(connection: str, error: Message) -> tuple[str, Message]:
    """Subject and message of the alert for the rep that `error` ("vendor.unknown-owner") names."""
    rep = error.arg("rep")
    name = rep.key if isinstance(rep, Named) else str(rep)
    told = say("alerts.crm-user-missing", rep=rep, connection=connection_name(connection), error=error)
    return f"connection:{connection}/rep:{name}", told


async def missing_users(tx: Tx) -> Mapping[str, Message]:
    """One for each rep and connection that something waits for."""
    waiting = await tx.unheard.missing_users(limit=_MOST_ALERTS)
    return dict(missing_user_alert(one.connection, message_from_json(one.error)) for one in waiting)
