"""What comparing a calendar with what we put there left behind: events that are missing, and calendars in doubt."""

from sqlalchemy import bindparam, delete, insert, select, update

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import missing_events, rep_calendars

MISSING = select(missing_events)
FORGET_MISSING = delete(missing_events).where(
    missing_events.c.connection_id == bindparam("of"), missing_events.c.calendar == bindparam("in_calendar")
)
ADD_MISSING = insert(missing_events)
DOUBT = PreparedStatement("""
    update rep_calendars set doubted_at = greatest(doubted_at, :at) where connection_id = :of
""")
DOUBTS = PreparedStatement("""
    select connection_id, calendar, max(doubted_at) as since from rep_calendars where doubted_at is not null
    group by connection_id, calendar
""")
CLEAR_DOUBT = (
    update(rep_calendars)
    .where(
        rep_calendars.c.connection_id == bindparam("of"),
        rep_calendars.c.calendar == bindparam("in_calendar"),
        rep_calendars.c.doubted_at <= bindparam("since"),
    )
    .values(doubted_at=None)
)
