"""Tables of connections, of the users that reps are there, and of their calendars: what was last read, and what was missing."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pointsman.db.tables.base import id_column, instant_column, metadata

connections = Table(
    "connections",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("connector", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("pending", Boolean, nullable=False, server_default=text("false")),  # nobody has signed in over it yet
    Column("fault", JSONB(none_as_null=True)),  # `Message.as_json`: why it is out of use, null while it works
    Column(
        "max_reading_age_s", Integer, CheckConstraint("max_reading_age_s between 5 and 3600", name="max_reading_age")
    ),
    Column("sync_owners", Boolean, nullable=False, server_default=text("false")),  # a CRM that hears who owns a lead
    Column(  # what becomes of the owner there once nobody has the lead
        "on_release",
        Text,
        CheckConstraint("on_release in ('clear','keep')", name="on_release"),
        nullable=False,
        server_default="clear",
    ),
    # {value: the CRM's field}: what is told beside the owner
    Column("record", JSONB, nullable=False, server_default="{}"),
    instant_column("users_due_at", null=True),  # when to look for its users again; null: at once
    Column("fields", JSONB, nullable=False, server_default="[]"),  # `MappedField.as_json` each
    # {the CRM's field: `Message.as_json`}: why it is left out, since it was last looked at
    Column("field_faults", JSONB, nullable=False, server_default="{}"),
    instant_column("fields_due_at", null=True),  # when they are to be looked at again
    instant_column("created_at"),
)

#: How far a CRM that was connected later was told of the leads that stood then: the newest leads first, down to `told_to`.
existing_leads = Table(
    "existing_leads",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    instant_column("began_at"),
    Column("total", Integer, nullable=False),  # how many leads were assigned as it began
    Column("owed", Integer, nullable=False, server_default="0"),  # records
    Column("meetings", Integer, nullable=False, server_default="0"),
    Column("told_to", UUID()),  # a lead's id; null before the first batch
    instant_column("done_at", null=True),
    Index("existing_leads_open_idx", "began_at", postgresql_where=text("done_at is null")),
)

#: Which user of a CRM a rep is. A user that nobody confirmed is looked up by address; then the row says only how that stands.
rep_users = Table(
    "rep_users",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("rep_id", ForeignKey("reps.id"), primary_key=True, index=True),
    Column("user_id", Text),  # the vendor's; null: no active user has the rep's address
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),  # as the vendor has it
    Column(
        "state", Text, CheckConstraint("state in ('active','inactive','gone','missing')", name="state"), nullable=False
    ),
    instant_column("confirmed_at", null=True),  # when an admin said so
    instant_column("seen_at"),  # when the vendor last listed its users
    CheckConstraint(
        "(user_id is null) = (state = 'missing') and (user_id is null) = (confirmed_at is null)", name="user"
    ),
    Index("rep_users_user_key", "connection_id", "user_id", unique=True),
)

rep_calendars = Table(
    "rep_calendars",
    metadata,
    id_column(),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id"), nullable=False, index=True),
    Column("calendar", Text, nullable=False),
    Column("writes", Boolean, nullable=False),  # appointments are put here; every calendar is read
    Column("watch_state", Text),  # the connector's note of how the vendor calls us about changes; null: it does not
    instant_column("watch_began_at", null=True),  # when that was asked for: what an earlier one says of itself is over
    instant_column("watch_renew_at", null=True),  # when to ask for that, or to ask anew
    instant_column("outdated_at", null=True),  # a reading that began by then may be wrong, the first too
    instant_column("doubted_at", null=True),  # it may be of another account since then: nobody has looked yet
    Index("rep_calendars_rep_key", "rep_id", "connection_id", "calendar", unique=True),
    Index("rep_calendars_one_write", "rep_id", unique=True, postgresql_where=text("writes")),
)

#: The last reading of a calendar. `error` set means unreadable: its owner is unbookable.
calendar_reads = Table(
    "calendar_reads",
    metadata,
    Column("rep_calendar_id", ForeignKey("rep_calendars.id", ondelete="CASCADE"), primary_key=True),
    instant_column("window_start"),
    instant_column("window_end"),
    Column("busy", JSONB, nullable=False),  # [[start, end], [start, end, key of an event of ours], ...] ISO instants
    Column("keyed", Boolean, nullable=False, server_default="false"),  # our events are told apart by their keys
    instant_column("read_at"),
    Column("error", JSONB),  # `Message.as_json`
    Column("owner_zone", Text),  # of the owner then: whole days are those of the zone ...
    Column("owner_email", Text),  # ... and what the address declined is free
    Column("cursor", Text),  # the vendor's word for a moment before the reading, from which changes are told
)

#: Events of ours that the last look at a calendar did not find, and since when; `settled_at` is that of the event then.
missing_events = Table(
    "missing_events",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("calendar", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    instant_column("since"),
    instant_column("settled_at", null=True),
)
