"""Mail and events that wait until a human mends what holds them, and links to meetings that never came."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.booking.unheard import HeldMail, MissingLink, MissingUser, SwitchedOff, ToldWithout

#: What a CRM has yet to hear waits in silence: nobody misses an appointment by it.
_SWITCHED_OFF = PreparedStatement("""
    select k.key as connection, count(*) as count, count(*) filter (where d.kind = 'notice') as mails,
        min(d.owed_at) as since
    from deliveries d join connections k on k.id = d.connection_id join appointments a on a.id = d.appointment_id
    where d.error_code = 'switched-off' and d.status = 'pending' and d.kind in ('notice','appointment')
      and d.owed_at <= :before and a.ends_at > :at and not k.active
    group by k.key order by k.key
""")
_HELD_MAIL = PreparedStatement("""
    select a.lead_id, count(*) as count, max(d.next_attempt_at) as until, count(*) over () as leads
    from deliveries d join appointments a on a.id = d.appointment_id
    where d.error_code = 'mail-bound' and d.status = 'pending'
    group by a.lead_id order by a.lead_id limit :limit
""")
_MISSING_LINKS = PreparedStatement("""
    select a.id as appointment_id, r.key as rep_key, k.key as connection, a.starts_at, count(*) over () as appointments
    from appointments a join deliveries d on d.appointment_id = a.id and d.rep_id = a.rep_id
        join reps r on r.id = a.rep_id join connections k on k.id = d.connection_id
    where a.vendor_meeting and a.join_url is null and a.status in ('requested','confirmed') and a.ends_at > :at
      and d.kind = 'appointment' and d.wanted = 'put' and d.status = 'done' and d.done_at <= :before
      and not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.sequence > d.sequence)
    order by a.starts_at, a.id limit :limit
""")
_WITHOUT_MEETING = PreparedStatement("""
    select l.subject, l.message from alerts l join appointments a on l.subject = 'appointment:' || a.id
    where l.code = 'meeting-link-missing' and l.resolved_at is null and l.message ->> 'key' = :said
      and not a.vendor_meeting and a.join_url is null and a.status in ('requested','confirmed') and a.ends_at > :at
    order by l.subject
""")
_MISSING_USERS = PreparedStatement("""
    select distinct k.key as connection, d.last_error as error
    from deliveries d join connections k on k.id = d.connection_id
    where d.error_code = 'unknown-owner' and d.status = 'pending'
    order by 1, 2 limit :limit
""")


class SqlUnheard:
    """See `pointsman.services.ports.booking.unheard.Unheard`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def switched_off(self, *, before: datetime, at: datetime) -> Sequence[SwitchedOff]:
        return await _SWITCHED_OFF.records(self._connection, SwitchedOff, {"before": before, "at": at})

    async def held_mail(self, *, limit: int) -> Sequence[HeldMail]:
        return await _HELD_MAIL.records(self._connection, HeldMail, {"limit": limit})

    async def missing_links(self, *, before: datetime, at: datetime, limit: int) -> Sequence[MissingLink]:
        given = {"before": before, "at": at, "limit": limit}
        return await _MISSING_LINKS.records(self._connection, MissingLink, given)

    async def without_meeting(self, said: str, *, at: datetime) -> Sequence[ToldWithout]:
        return await _WITHOUT_MEETING.records(self._connection, ToldWithout, {"said": said, "at": at})

    async def missing_users(self, *, limit: int) -> Sequence[MissingUser]:
        return await _MISSING_USERS.records(self._connection, MissingUser, {"limit": limit})
