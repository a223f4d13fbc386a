"""Tables of the time of reps that is reserved: by slot holds and by appointments."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Interval,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, UUID, ExcludeConstraint

from pointsman.db.tables.base import WORK_VALUES, id_column, instant_column, metadata

#: A slot kept for a lead for a few minutes; one at a time.
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
