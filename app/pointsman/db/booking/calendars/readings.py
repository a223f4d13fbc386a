"""What was last read in a calendar: how a reading is kept, what makes it out of date, and which events in it are ours."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import calendar_reads
from pointsman.domain.booking.availability import Interval
from pointsman.domain.messages.message import message_from_json
from pointsman.services.ports.booking.calendars import CalendarReading, ShownEvent
from pointsman.services.ports.vendors.calendars import CalendarOwner

#: A calendar that was unbound while it was being read has no row to belong to.
STORE_READING = PreparedStatement("""
    insert into calendar_reads (rep_calendar_id, window_start, window_end, busy, keyed, read_at, error,
        owner_zone, owner_email, cursor)
    select b.id, :window_start, :window_end, cast(:busy as jsonb), :keyed, :read_at, cast(:error as jsonb),
        :owner_zone, :owner_email, :cursor
    from rep_calendars b where b.id = :binding
    on conflict (rep_calendar_id) do update set window_start = excluded.window_start,
        window_end = excluded.window_end, busy = excluded.busy, keyed = excluded.keyed,
        read_at = excluded.read_at, error = excluded.error,
        owner_zone = excluded.owner_zone, owner_email = excluded.owner_email,
        cursor = coalesce(excluded.cursor, calendar_reads.cursor)
    where calendar_reads.read_at <= excluded.read_at
""")
CONFIRM = (
    update(calendar_reads)
    .where(
        calendar_reads.c.rep_calendar_id == bindparam("binding"),
        calendar_reads.c.read_at == bindparam("before"),
        calendar_reads.c.read_at < bindparam("at"),
        calendar_reads.c.error.is_(None),
    )
    .values(read_at=bindparam("at"), cursor=bindparam("following"))
)
OUTDATE_READING = PreparedStatement("""
    update rep_calendars set outdated_at = greatest(outdated_at, :at) where id = :binding
""")
OUTDATE = PreparedStatement("""
    update rep_calendars b set outdated_at = greatest(b.outdated_at, :at)
    where b.connection_id = :of and b.calendar = :calendar
        and not exists (select 1 from calendar_reads s where s.rep_calendar_id = b.id and s.keyed)
""")
DROP_READINGS = PreparedStatement("""
    delete from calendar_reads s using rep_calendars b
    where b.id = s.rep_calendar_id and b.connection_id = :connection
""")
PLACED_KEYS = PreparedStatement("""
    select b.id as binding_id, d.key, a.starts_at, a.ends_at,
        a.status not in ('cancelled','rejected')
            and (array_agg(d.wanted order by d.sequence desc))[1] = 'put' as is_wanted,
        case when (array_agg(d.status order by d.sequence desc))[1] in ('done','superseded') then max(d.done_at) end as settled_at
    from appointments a join deliveries d on d.appointment_id = a.id
    join rep_calendars b on b.connection_id = d.connection_id and b.calendar = d.calendar
    where a.id = any(cast(:ids as uuid[])) and d.kind = 'appointment'
    group by b.id, d.key, a.id
""")


def stored(read: CalendarReading) -> Mapping[str, Any]:
    """A reading as `STORE_READING` is given it; an event of ours has its key behind its time."""
    return {
        "binding": read.binding_id,
        "window_start": read.window.start,
        "window_end": read.window.end,
        "busy": json.dumps([*map(_written, read.busy), *([*_written(o.time), o.key] for o in read.own)]),
        "keyed": read.keyed,
        "read_at": read.read_at,
        "error": json.dumps(read.error.as_json()) if read.error else None,
        "owner_zone": read.owner.zone if read.owner else None,
        "owner_email": read.owner.email if read.owner else None,
        "cursor": read.cursor,
    }


def reading_of(row: Any) -> CalendarReading | None:
    if row.read_at is None:
        return None
    return CalendarReading(
        binding_id=row.binding_id,
        window=Interval(row.window_start, row.window_end),
        busy=tuple(_interval(one) for one in row.busy if len(one) == 2),
        own=tuple(ShownEvent(time=_interval(one), key=one[2]) for one in row.busy if len(one) > 2),
        keyed=row.keyed,
        outdated=row.outdated,
        owner=CalendarOwner(zone=row.owner_zone, email=row.owner_email) if row.owner_zone is not None else None,
        cursor=row.cursor,
        read_at=row.read_at,
        error=message_from_json(row.error) if row.error else None,
    )


def _written(time: Interval) -> list[str]:
    return [time.start.isoformat(), time.end.isoformat()]


def _interval(written: Sequence[str]) -> Interval:
    return Interval(datetime.fromisoformat(written[0]), datetime.fromisoformat(written[1]))
