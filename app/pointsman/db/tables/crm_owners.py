"""Tables of owners in CRMs: those that we wrote last, and what others made of it."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pointsman.db.tables.base import id_column, instant_column, metadata

#: The owner of a lead's record, as we know it: the one that we wrote, or accepted.
crm_owners = Table(
    "crm_owners",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("lead_id", ForeignKey("leads.id"), primary_key=True),
    Column("record_id", Text, nullable=False),  # the CRM's word
    Column("owner", Text, nullable=False),  # likewise; empty: taken away
    instant_column("told_at"),
    instant_column("look_at", null=True),  # an event told of the record: look who owns it, from then on
    Column("noticed", Integer, nullable=False, server_default="0"),  # such events
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Index("crm_owners_record_idx", "record_id", "connection_id"),
    Index("crm_owners_lead_idx", "lead_id"),
    Index("crm_owners_look_idx", "look_at", postgresql_where=text("look_at is not null")),
)

#: What became of each change by others. The last one of a lead and connection is open while we tell no owner after it.
owner_changes = Table(
    "owner_changes",
    metadata,
    id_column(),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("owner", Text, nullable=False),  # the CRM's user; empty: taken away
    Column("rep_id", ForeignKey("reps.id"), index=True),  # who that is; null: no rep
    Column("our_rep_id", ForeignKey("reps.id"), index=True),  # who had the lead here; null: nobody
    Column(
        "outcome",
        Text,
        CheckConstraint(
            "outcome in ('accepted','released','refused','not-allowed','no-rep','reverted','given-up','left','agreed')",
            name="outcome",
        ),
        nullable=False,
    ),
    Column("message", JSONB, nullable=False),  # `Message.as_json`
    Column("decision_id", UUID()),
    instant_column("at"),
    Index("owner_changes_lead_idx", "lead_id", "connection_id", "at", "id"),
    Index("owner_changes_connection_idx", "connection_id", "at"),
)
