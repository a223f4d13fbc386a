"""Reps who are no users of a CRM: what is owed about their leads waits, and a human is told which rep it is."""

from collections.abc import Mapping

from pointsman.domain.messages.message import Message, Named, connection_name, message_from_json, rep_name, say
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.rep_users import UserState

_MOST_ALERTS = 1_000
_WHY: Mapping[UserState, str] = {
    UserState.MISSING: "vendor.unknown-owner",
    UserState.INACTIVE: "vendor.inactive-owner",
    UserState.GONE: "vendor.gone-owner",
}


def missing_user_alert(connection: str, error: Message) -> tuple[str, Message]:
    """Subject and message of the alert for the rep that `error` ("vendor.unknown-owner") names."""
    rep = error.arg("rep")
    name = rep.key if isinstance(rep, Named) else str(rep)
    told = say("alerts.crm-user-missing", rep=rep, connection=connection_name(connection), error=error)
    return f"connection:{connection}/rep:{name}", told


async def missing_users(tx: Tx) -> Mapping[str, Message]:
    """One for each rep and connection that something waits for, or would: who has no user there is told before the first lead."""
    told = [
        missing_user_alert(one.connection, say(_WHY[one.state], rep=rep_name(one.rep_key)))
        for one in await tx.rep_users.without_user(limit=_MOST_ALERTS)
    ]
    waiting = await tx.unheard.missing_users(limit=_MOST_ALERTS)
    told += [missing_user_alert(one.connection, message_from_json(one.error)) for one in waiting]
    return dict(told)
