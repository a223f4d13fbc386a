"""Tables of calendars, appointments and what is owed to calendars."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Interval,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, UUID, ExcludeConstraint

from pointsman.db.tables.base import WORK_VALUES, id_column, instant_column, metadata

#: Appointments that lie ahead or wait for their result; a lead has one of them at most.
ACTIVE_STATUSES = "status in ('requested','confirmed')"
#: Those whose video conference the vendor of a calendar makes, and has not told yet.
UNLINKED = f"vendor_meeting and join_url is null and {ACTIVE_STATUSES}"

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
    Column(
        "record", JSONB, nullable=False, server_default="{}"
    ),  # {value: the CRM's field}: what is told beside the owner
    instant_column("created_at"),
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

appointments = Table(
    "appointments",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),  # who leads it, also after it is over
    Column("work", Text, nullable=False),
    Column("pool", Text),  # of the assignment that it rests on
    Column("category", Text),  # of the rule that gave the lead away: some caps count by it
    Column(
        "status",
        Text,
        CheckConstraint(
            "status in ('requested','confirmed','attended','no_show','cancelled','rejected')", name="status"
        ),
        nullable=False,
    ),
    instant_column("confirm_by", null=True),
    instant_column("accepted_at", null=True),
    Column("reject_code", Text),
    Column("outcome", Text, CheckConstraint("outcome in ('won','lost','later')", name="outcome")),
    instant_column("outcome_at", null=True),
    Column("conflict", JSONB(none_as_null=True)),  # by rep, what their calendar says otherwise (`Message.as_json`)
    instant_column("starts_at"),
    instant_column("ends_at"),
    Column("company", Text),  # of the lead then: what the appointment is called after
    Column("assignment_id", UUID(), nullable=False, index=True),
    Column("gate_check_id", ForeignKey("gate_checks.id")),
    Column("override_id", ForeignKey("overrides.id")),
    Column("gate_snapshot", JSONB, nullable=False),  # what the closer reads before the call
    Column("setter_rep_id", ForeignKey("reps.id")),
    Column("booked_by", Text, nullable=False),
    Column(
        "invited_by",
        Text,
        CheckConstraint("invited_by in ('mail','calendar','nobody')", name="invited_by"),
        nullable=False,
        server_default="nobody",
    ),
    Column("invitation_pool", Text),  # in whose words the buyer is written to
    Column("join_url", Text),  # where it takes place, as the buyer reads it
    Column("vendor_meeting", Boolean, nullable=False, server_default=text("false")),  # asked of the leader's calendar
    Column("sequence", Integer, nullable=False),  # RFC 5545 SEQUENCE: grows with every change
    instant_column("created_at"),
    instant_column("cancelled_at", null=True),
    Column("cancelled_by", Text),
    Column("cancel_reason", JSONB(none_as_null=True)),  # `Message.as_json`
    # The assignment that it rests on is its own lead's and rep's.
    ForeignKeyConstraint(
        ["assignment_id", "lead_id", "rep_id", "work"],
        ["assignments.id", "assignments.lead_id", "assignments.rep_id", "assignments.work"],
    ),
    CheckConstraint("ends_at > starts_at", name="order"),
    CheckConstraint("(status = 'requested') = (confirm_by is not null)", name="confirm_by"),
    CheckConstraint("(status = 'rejected') = (reject_code is not null)", name="reject_code"),
    CheckConstraint("outcome is null or status = 'attended'", name="outcome_attended"),
    Index("appointments_starts_idx", "starts_at", "id"),
    Index("appointments_rep_starts_idx", "rep_id", "starts_at"),  # caps count by it
    # Each filter of the list, in its order, which no act on an appointment changes: docs/api-style.md.
    Index("appointments_created_idx", "created_at", "id"),
    Index("appointments_rep_id_idx", "rep_id", "created_at", "id"),
    Index("appointments_pool_idx", "pool", "created_at", "id", postgresql_where=text("pool is not null")),
    Index("appointments_status_idx", "status", "created_at", "id"),
    Index("appointments_active_idx", "ends_at", "id", postgresql_where=text(ACTIVE_STATUSES)),
    Index("appointments_unlinked_idx", "id", postgresql_where=text(UNLINKED)),
    Index("appointments_one_per_lead", "lead_id", unique=True, postgresql_where=text(ACTIVE_STATUSES)),
    Index("appointments_gate_check_id_idx", "gate_check_id", postgresql_where=text("gate_check_id is not null")),
    Index("appointments_override_id_idx", "override_id", postgresql_where=text("override_id is not null")),
    Index(
        "appointments_setter_rep_id_idx",
        "setter_rep_id",
        "created_at",
        "id",
        postgresql_where=text("setter_rep_id is not null"),
    ),
)

#: The reps who take part beside the rep who leads the appointment.
appointment_companions = Table(
    "appointment_companions",
    metadata,
    Column("appointment_id", ForeignKey("appointments.id"), primary_key=True),
    Column("rep_id", ForeignKey("reps.id"), primary_key=True, index=True),
    Column("work", Text, CheckConstraint(f"work in {WORK_VALUES}", name="work"), nullable=False),
    Column("pool", Text, nullable=False),
    Column("reason", JSONB, nullable=False),  # `Message.as_json`: why this one was chosen
)

#: The life of an appointment, line by line; nothing here changes.
appointment_events = Table(
    "appointment_events",
    metadata,
    id_column(),
    Column("appointment_id", ForeignKey("appointments.id"), nullable=False, index=True),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),  # who leads it since this act
    instant_column("at"),
    Column("act", Text, nullable=False),
    Column("by", Text, nullable=False),  # prospect, setter, closer, operator, calendar, system
    Column("actor", Text, nullable=False),
    Column("reason", JSONB(none_as_null=True)),  # `Message.as_json`
    Column("detail", JSONB, nullable=False),  # before and after; no personal data
)

#: A slot kept for a lead for a few minutes; one at a time.
booking_links = Table(
    "booking_links",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("made_by", Text, nullable=False),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("revoked_at", null=True),
    Index("booking_links_lead_idx", "lead_id", "created_at"),
)

#: Links to the page of a lead: for the rep of one assignment, or for what one key may read.
lead_links = Table(
    "lead_links",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("assignment_id", ForeignKey("assignments.id"), index=True),
    Column("key_id", ForeignKey("api_keys.id"), index=True),
    Column("made_by", Text, nullable=False),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("revoked_at", null=True),
    CheckConstraint("(assignment_id is null) <> (key_id is null)", name="one_reader"),
    Index("lead_links_lead_idx", "lead_id", "created_at"),
)

slot_holds = Table(
    "slot_holds",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),
    instant_column("starts_at"),
    instant_column("ends_at"),
    Column("made_by", Text, nullable=False),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("released_at", null=True),
    Column(
        "release_reason",
        Text,
        CheckConstraint("release_reason in ('booked','cancelled','expired','replaced')", name="release_reason"),
    ),
    CheckConstraint("ends_at > starts_at", name="order"),
    CheckConstraint("expires_at > created_at and expires_at <= created_at + interval '1 hour'", name="expiry"),
    UniqueConstraint("id", "lead_id", "expires_at"),  # for `reservations`, which keep the time until then
    CheckConstraint("(released_at is null) = (release_reason is null)", name="release"),
    Index("slot_holds_one_per_lead", "lead_id", unique=True, postgresql_where=text("released_at is null")),
    Index("slot_holds_open_idx", "expires_at", postgresql_where=text("released_at is null")),
)

#: One row per rep and appointment or slot hold. The exclusion constraint is promise 2; a trigger keeps the buffers.
reservations = Table(
    "reservations",
    metadata,
    id_column(),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),
    Column("during", TSTZRANGE, nullable=False),
    Column("buffer_before", Interval, nullable=False),  # as the policy said when it was made
    Column("buffer_after", Interval, nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('appointment','slot_hold')", name="kind"), nullable=False),
    Column("appointment_id", ForeignKey("appointments.id"), index=True),
    Column("slot_hold_id", UUID(), index=True),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column("work", Text, CheckConstraint(f"work in {WORK_VALUES}", name="work"), nullable=False),
    instant_column("expires_at", null=True),
    Column("active", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["slot_hold_id", "lead_id", "expires_at"], ["slot_holds.id", "slot_holds.lead_id", "slot_holds.expires_at"]
    ),
    CheckConstraint("(kind = 'slot_hold') = (expires_at is not null)", name="slot_hold_expires"),
    CheckConstraint("(kind = 'slot_hold') = (slot_hold_id is not null)", name="slot_hold"),
    CheckConstraint("(kind = 'appointment') = (appointment_id is not null)", name="appointment"),
    CheckConstraint("buffer_before between interval '0' and interval '24 hours'", name="buffer_before"),
    CheckConstraint("buffer_after between interval '0' and interval '24 hours'", name="buffer_after"),
    ExcludeConstraint(
        ("rep_id", "="), ("during", "&&"), where=text("active"), using="gist", name="reservations_no_overlap"
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("appointment_id", ForeignKey("appointments.id")),  # null of a lead's record in a CRM, as the rep
    Column("rep_id", ForeignKey("reps.id"), index=True),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("calendar", Text, nullable=False, server_default=""),  # empty for a CRM and for mail
    Column(
        "kind",
        Text,
        CheckConstraint("kind in ('appointment','person','activity','notice')", name="kind"),
        nullable=False,
    ),
    Column("wanted", Text, CheckConstraint("wanted in ('put','drop')", name="wanted"), nullable=False),
    Column("key", Text, nullable=False),  # the thing's own name at the vendor, for good
    Column("sequence", Integer, nullable=False),  # grows with all that is owed about one thing
    Column(
        "status",
        Text,
        CheckConstraint("status in ('pending','done','superseded','dead')", name="status"),
        nullable=False,
    ),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("unsure", SmallInteger, nullable=False, server_default="0"),  # attempts of which nobody knows the end
    Column("told", Text),  # of a notice or a lead's record: a digest of the state that was sent
    Column(  # of a notice: which message its last attempt was
        "said", Text, CheckConstraint("said in ('confirmation','change','cancellation','reminder')", name="said")
    ),
    Column("mailed_to", Text),  # of a notice: the address of its last attempt, as the lead gave it
    Column("mailed_key", Text),  # the same as the name of a mailbox
    Column("mailed_owner", Text),  # and as the name by which mail is counted
    instant_column("mailed_at", null=True),
    instant_column("owed_at"),  # its age counts from here
    instant_column("next_attempt_at"),
    Column("lease", UUID()),
    instant_column("lease_until", null=True),
    Column("error_code", Text),
    Column("last_error", JSONB(none_as_null=True)),  # `Message.as_json`
    Column("vendor_id", Text),
    Column("vendor_version", Text),
    instant_column("created_at"),
    instant_column("done_at", null=True),
    CheckConstraint(
        "(kind = 'person') = (appointment_id is null) and (kind = 'person') = (rep_id is null)", name="appointment"
    ),
    Index("deliveries_one_effect", "key", "connection_id", "calendar", "kind", "sequence", unique=True),
    Index("deliveries_vendor_id_idx", "vendor_id", "connection_id", postgresql_where=text("vendor_id is not null")),
    Index("deliveries_created_idx", "created_at", "id"),
    Index("deliveries_connection_id_idx", "connection_id", "created_at", "id"),
    Index("deliveries_status_idx", "status", "created_at", "id"),
    Index("deliveries_kind_idx", "kind", "created_at", "id"),
    Index(
        "deliveries_appointment_id_idx",
        "appointment_id",
        "created_at",
        "id",
        postgresql_where=text("appointment_id is not null"),
    ),
    Index("deliveries_lead_id_idx", "lead_id", "created_at", "id"),
    Index(
        "deliveries_error_code_idx",
        "error_code",
        "created_at",
        "id",
        postgresql_where=text("error_code is not null"),
    ),
    Index(
        "deliveries_maybe_twice_idx",
        "created_at",
        "id",
        postgresql_where=text("kind = 'notice' and status = 'done' and unsure > 0"),
    ),
    Index("deliveries_due_idx", "next_attempt_at", postgresql_where=text("status = 'pending'")),
    # What a mailbox got within a day is counted by it.
    Index("deliveries_mailbox_idx", "mailed_owner", "mailed_at", postgresql_where=text("mailed_owner is not null")),
)
