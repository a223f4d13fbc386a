"""Tables of appointments: who takes part, and what became of them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pointsman.db.tables.base import WORK_VALUES, id_column, instant_column, metadata

#: Appointments that lie ahead or wait for their result; a lead has one of them at most.
ACTIVE_STATUSES = "status in ('requested','confirmed')"
#: Those whose video conference the vendor of a calendar makes, and has not told yet.
UNLINKED = f"vendor_meeting and join_url is null and {ACTIVE_STATUSES}"

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
