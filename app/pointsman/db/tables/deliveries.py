"""Tables of what is owed to connections (calendars, CRMs and mail to buyers), and of leads' records in CRMs."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pointsman.db.tables.base import id_column, instant_column, metadata

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("appointment_id", ForeignKey("appointments.id")),  # null of what is told of a lead in a CRM
    Column("rep_id", ForeignKey("reps.id"), index=True),  # null of a lead's record
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("calendar", Text, nullable=False, server_default=""),  # empty for a CRM and for mail
    Column(
        "kind",
        Text,
        CheckConstraint(
            "kind in ('appointment','person','activity','task','membership','fields','notice')", name="kind"
        ),
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
    Column("told", Text),  # of a notice, an event or a lead's record: a digest of the state that was sent
    Column(  # of a notice: which message its last attempt was
        "said", Text, CheckConstraint("said in ('confirmation','change','cancellation','reminder')", name="said")
    ),
    Column("action", JSONB(none_as_null=True)),  # of what a rule has the CRM do: what, and by which decision
    Column("mailed_to", Text),  # of mail, ours or an event's: the address of its last attempt, as given
    Column("mailed_key", Text),  # the same as the name of a mailbox
    Column("mailed_owner", Text),  # and as the name by which mail is counted
    Column("mailed_from", Text),  # the address that sent it, of the first attempt that may have arrived
    Column("mailed_as", Text),  # the name of the message, where another connection may have delivered it already
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
        "(kind in ('person','task','membership','fields')) = (appointment_id is null) and (kind = 'person') = (rep_id is null)",
        name="appointment",
    ),
    CheckConstraint("(kind in ('task','membership','fields')) = (action is not null)", name="action"),
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

#: What was last seen of a lead's record in a CRM, by digests: the values themselves are the lead's, and the CRM's.
crm_records = Table(
    "crm_records",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("record_id", Text, primary_key=True),  # the CRM's id
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("seen", JSONB, nullable=False, server_default="{}"),  # {the CRM's field: `Seen.as_json`}
    Column("revision", Integer, nullable=False),  # what was read before the last write says nothing
    instant_column("told_at", null=True),  # when others changed it, as the CRM tells, since it was read
    instant_column("due_at", null=True),  # when it is to be read
    Index("crm_records_lead_idx", "lead_id", "connection_id"),
    Index("crm_records_due_idx", "due_at", postgresql_where=text("due_at is not null")),
)
