"""What moves, and what ends, when two leads turn out to be one person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import gate_checks, holds, lead_identities, leads, overrides
from pointsman.domain.leads.senders import is_telephone

_MOVE_IDENTITIES = (
    update(lead_identities)
    .where(lead_identities.c.lead_id == bindparam("lead"))
    .values(lead_id=bindparam("into"))
    .returning(lead_identities.c.sender, lead_identities.c.source, lead_identities.c.external_id)
)
# Two statements: no two leads may have the email at the same moment. The merged one keeps it to read, not to be found by.
_CLEAR_EMAIL_KEY = update(leads).where(leads.c.id == bindparam("lead")).values(email_key=null())
_SET_EMAIL = (
    update(leads)
    .where(leads.c.id == bindparam("into"))
    .values(
        email=bindparam("email"),
        email_key=bindparam("email_key"),
        shown_email_key=null(),
        shown_email_since=null(),
        other_names=func.with_former_names(
            leads.c.other_names,
            leads.c.first_name,
            leads.c.last_name,
            leads.c.email,
            leads.c.first_name,
            leads.c.last_name,
            bindparam("email"),
        ),
    )
)
_GET_EMAIL = select(leads.c.email, leads.c.email_key).where(leads.c.id == bindparam("lead"))
_END_HOLD = (
    update(holds)
    .where(holds.c.lead_id == bindparam("lead"), holds.c.released_at.is_(None))
    .values(released_at=bindparam("at"), release="merged")
)
_RESOLVE_OVERDUE = PreparedStatement("""
    update alerts set resolved_at = :at
    where resolved_at is null and code = 'hold-overdue' and subject = 'lead:' || cast(:lead as text)
""")
_RESOLVE_ALERTS = PreparedStatement("""
    update alerts set resolved_at = :at
    where resolved_at is null and subject = 'lead:' || cast(:lead as text)
""")
_RELEASE_SLOT = PreparedStatement("""
    with over as (
        update slot_holds set released_at = :at, release_reason = 'cancelled'
        where lead_id = :lead and released_at is null
        returning id
    )
    update reservations set active = false where slot_hold_id in (select id from over) and active
""")
_REVOKE_CHECKS = (
    update(gate_checks)
    .where(gate_checks.c.lead_id == bindparam("lead"), gate_checks.c.passed, gate_checks.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_REVOKE_OVERRIDES = (
    update(overrides)
    .where(
        overrides.c.lead_id == bindparam("lead"),
        overrides.c.revoked_at.is_(None),
        overrides.c.expires_at > bindparam("at"),
    )
    .values(revoked_at=bindparam("at"))
)
_MOVE_ALIASES = update(leads).where(leads.c.merged_into == bindparam("lead")).values(merged_into=bindparam("into"))
#: A lead that is not to be contacted stays so under another record.
_KEEP_UNCONTACTED = PreparedStatement("""
    update leads i set do_not_contact_at = l.do_not_contact_at, do_not_contact_by = l.do_not_contact_by
    from leads l where l.id = :lead and i.id = :into and l.do_not_contact_at is not null
      and (i.do_not_contact_at is null or i.do_not_contact_at > l.do_not_contact_at)
""")
_MARK_MERGED = (
    update(leads)
    .where(leads.c.id == bindparam("lead"))
    .values(
        merged_into=bindparam("into"),
        merged_at=bindparam("at"),
        version=leads.c.version + 1,
        updated_at=bindparam("at"),
    )
)
_MERGED_LEADS = (
    select(leads.c.id).where(leads.c.merged_into == bindparam("lead")).order_by(leads.c.merged_at, leads.c.id)
)


class SqlMerges:
    """See `pointsman.services.ports.leads.merges.Merges`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def move_identities(self, lead_id: UUID, *, into: UUID) -> Sequence[tuple[str, str, str]]:
        rows = await self._connection.execute(_MOVE_IDENTITIES, {"lead": lead_id, "into": into})
        return sorted((row.sender, row.source, row.external_id) for row in rows if not is_telephone(row.sender))

    async def move_email(self, lead_id: UUID, *, into: UUID) -> None:
        row = (await self._connection.execute(_GET_EMAIL, {"lead": lead_id})).one()
        await self._connection.execute(_CLEAR_EMAIL_KEY, {"lead": lead_id})
        await self._connection.execute(_SET_EMAIL, {"into": into, "email": row.email, "email_key": row.email_key})

    async def end_hold(self, lead_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_END_HOLD, {"lead": lead_id, "at": at})
        await _RESOLVE_OVERDUE.run(self._connection, {"lead": lead_id, "at": at})

    async def close_open_items(self, lead_id: UUID, *, at: datetime) -> None:
        given = {"lead": lead_id, "at": at}
        await self.end_hold(lead_id, at=at)
        await _RESOLVE_ALERTS.run(self._connection, given)
        await _RELEASE_SLOT.run(self._connection, given)
        await self._connection.execute(_REVOKE_CHECKS, given)
        await self._connection.execute(_REVOKE_OVERRIDES, given)

    async def mark_merged(self, lead_id: UUID, *, into: UUID, at: datetime) -> None:
        await self._connection.execute(_MOVE_ALIASES, {"lead": lead_id, "into": into})
        await _KEEP_UNCONTACTED.run(self._connection, {"lead": lead_id, "into": into})
        await self._connection.execute(_MARK_MERGED, {"lead": lead_id, "into": into, "at": at})

    async def merged_leads(self, lead_id: UUID) -> Sequence[UUID]:
        return list((await self._connection.scalars(_MERGED_LEADS, {"lead": lead_id})).all())
