"""Which calendars a rep has, over which connection, and which of them appointments are written to."""

from typing import Any

from sqlalchemy import bindparam, update

from pointsman.db.booking.calendars.watches import watch_of
from pointsman.db.booking.connections import connection_row
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import rep_calendars
from pointsman.services.ports.booking.calendars import CalendarBinding
from pointsman.services.ports.vendors.calendars import CalendarOwner

BINDINGS = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners, c.on_release, c.record, c.fields, c.field_faults, c.fields_due_at,
        s.window_start, s.window_end, s.busy, s.keyed, s.read_at, s.error,
        coalesce(s.read_at <= b.outdated_at, false) or coalesce((s.owner_zone, s.owner_email) <> (r.time_zone, r.email), false)
            as outdated,
        s.owner_zone, s.owner_email, s.cursor
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    left join calendar_reads s on s.rep_calendar_id = b.id
    where case when cast(:everyone as boolean) then r.active else r.key = any(cast(:reps as text[])) end
    order by r.key, b.id
""")
BINDING = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners, c.on_release, c.record, c.fields, c.field_faults, c.fields_due_at
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.id = :binding
""")
WRITE_TARGET = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners, c.on_release, c.record, c.fields, c.field_faults, c.fields_due_at
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.rep_id = :rep and b.writes
""")
WRITING_CONNECTORS = PreparedStatement("""
    select r.key as rep, c.connector
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.writes and r.active
""")
UNBIND = PreparedStatement("delete from rep_calendars where rep_id = :rep and not (id = any(cast(:keep as uuid[])))")
CLEAR_WRITE_TARGET = (
    update(rep_calendars).where(rep_calendars.c.rep_id == bindparam("rep"), rep_calendars.c.writes).values(writes=False)
)
BIND = PreparedStatement("""
    insert into rep_calendars (id, rep_id, connection_id, calendar, writes)
    values (:id, :rep, :connection, :calendar, :writes)
    on conflict (rep_id, connection_id, calendar) do update set writes = excluded.writes
""")


def binding_of(row: Any) -> CalendarBinding:
    return CalendarBinding(
        id=row.binding_id,
        rep_id=row.rep_id,
        rep_key=row.rep_key,
        owner=CalendarOwner(zone=row.time_zone, email=row.email),
        connection=connection_row(row._asdict()),
        calendar=row.calendar,
        writes=row.writes,
        watch=watch_of(row),
    )
