"""Whether vendors call us about calendars, and when they are to be asked for that anew."""

from typing import Any

from sqlalchemy import bindparam, update

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import rep_calendars
from pointsman.services.ports.booking.calendars import WatchNote

NOTE_WATCH = (
    update(rep_calendars)
    .where(
        rep_calendars.c.id == bindparam("binding"),
        rep_calendars.c.watch_state.is_not_distinct_from(bindparam("before")),
    )
    .values(watch_state=bindparam("state"), watch_began_at=bindparam("began"), watch_renew_at=bindparam("renew"))
)
RENEW_WATCH = PreparedStatement("""
    update rep_calendars set watch_renew_at = least(watch_renew_at, :at) where id = :binding and watch_state is not null
""")
RENEW_WATCHES = PreparedStatement("""
    update rep_calendars set watch_renew_at = least(watch_renew_at, :at) where connection_id = :of and watch_renew_at is not null
""")
LEFT_WATCHED = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners, c.on_release, c.record, c.fields, c.field_faults, c.fields_due_at
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.watch_state is not null and not r.active
    order by b.id
""")


def watch_of(row: Any) -> WatchNote | None:
    if row.watch_renew_at is None:
        return None
    return WatchNote(state=row.watch_state, began_at=row.watch_began_at, renew_at=row.watch_renew_at)
