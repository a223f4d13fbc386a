"""Tables of what comes in: intakes, the inbox, answers kept for repeated requests."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pointsman.db.tables.base import id_column, instant_column, metadata

intakes = Table(
    "intakes",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('lead','handover')", name="kind"), nullable=False),
    Column(
        "connection", ForeignKey("connections.key"), index=True
    ),  # whose connector proves the sender and reads what it sends
    Column("verifier", JSONB, nullable=False),  # {"scheme": "hmac", ...}: what is not secret; {} with a connection
    Column("sealed", LargeBinary, nullable=False),  # the signing secrets, encrypted
    Column("mapping", JSONB, nullable=False),
    Column("sample", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    instant_column("created_at"),
)

#: Where a vendor is asked next what its webhooks did not tell. A connection's intake has one row.
intake_feeds = Table(
    "intake_feeds",
    metadata,
    Column("intake_id", ForeignKey("intakes.id"), primary_key=True),
    Column("cursor", Text),  # the connector's own; null before the first answer
    instant_column("complete_to", null=True),  # all that happened before it has come in
    instant_column("next_at"),
    Column("lease", UUID()),
    instant_column("leased_until", null=True),
    Index("intake_feeds_due_idx", "next_at"),
)

#: The raw bytes of a request that carried several events.
inbox_batches = Table(
    "inbox_batches",
    metadata,
    id_column(),
    Column("intake_id", ForeignKey("intakes.id"), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    instant_column("received_at"),
)

inbox = Table(
    "inbox",
    metadata,
    id_column(),
    Column("intake_id", ForeignKey("intakes.id")),
    Column("sender", Text),  # "partner:<supplier>", of what came through the API and was refused
    Column("dedupe_key", Text, nullable=False),
    Column("batch_id", ForeignKey("inbox_batches.id")),
    Column(
        "body", LargeBinary, nullable=False
    ),  # the raw bytes; of a batch, this event alone; empty while it is unread
    Column(
        "status",
        Text,
        CheckConstraint("status in ('unread','received','done','dead','refused')", name="status"),
        nullable=False,
        server_default="received",
    ),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("error_code", Text),
    Column("error", JSONB),  # `Message.as_json`
    Column("lead_id", UUID()),
    Column("result", JSONB),  # what became of it, in ids and codes
    Column("about", Text),  # of a connector's event: what it is about, in the connector's words
    Column("version", Text),  # ... and in which version of that
    instant_column("occurred_at", null=True),  # ... and when it happened
    instant_column("received_at"),
    instant_column("next_attempt_at", null=True),  # null until the first attempt
    instant_column("leased_until", null=True),  # a worker has it until then
    instant_column("tried_since", null=True),  # the first attempt since it came in or was replayed
    Column(
        "unended_attempts", SmallInteger, nullable=False, server_default="0"
    ),  # in a row: the worker died, or was cut off
    instant_column("done_at", null=True),
    CheckConstraint("(intake_id is null) <> (sender is null)", name="sender"),
    Index("inbox_dedupe_key", "dedupe_key", "intake_id", unique=True),
    Index(
        "inbox_about_key",
        "about",
        "version",
        "intake_id",
        unique=True,
        postgresql_where=text("about is not null and version is not null"),
    ),
    Index("inbox_unread_idx", "intake_id", "received_at", postgresql_where=text("status = 'unread'")),
    Index("inbox_sender_key", "dedupe_key", "sender", unique=True, postgresql_where=text("sender is not null")),
    Index(  # what vendors told us of our own writes
        "inbox_own_write_idx",
        "intake_id",
        "received_at",
        postgresql_where=text("(result #>> '{note,key}') = 'arrival.own-write'"),
    ),
    Index("inbox_received_idx", "received_at", "id"),
    Index("inbox_status_idx", "status", "received_at", "id"),
    Index("inbox_intake_idx", "intake_id", "received_at", "id"),
    Index("inbox_sender_idx", "sender", "received_at", "id", postgresql_where=text("sender is not null")),
    Index(
        "inbox_error_idx",
        "error_code",
        "received_at",
        "id",
        postgresql_where=text("error_code is not null"),
    ),
    Index("inbox_open_idx", "received_at", postgresql_where=text("status <> 'done'")),
    Index("inbox_untried_idx", "received_at", postgresql_where=text("status = 'received' and next_attempt_at is null")),
    Index("inbox_due_idx", "next_attempt_at", postgresql_where=text("status = 'received'")),
    Index("inbox_lead_id_idx", "lead_id", "received_at", "id", postgresql_where=text("lead_id is not null")),
    Index("inbox_batch_id_idx", "batch_id", postgresql_where=text("batch_id is not null")),
)

#: The leads that refused words of partners and reps would have made, were the persons not known.
refused_words = Table(
    "refused_words",
    metadata,
    id_column(),
    Column("bringer", Text, nullable=False),  # as a lead's `brought_by`: "partner:<supplier>" or "rep:<key>"
    Column("email_key", Text, nullable=False),
    Column("sender", Text),  # of the external id, as of `lead_identities`
    Column("source", Text),
    Column("external_id", Text),
    Column("phone_key", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),  # the known one; it may be merged by now
    instant_column("at"),
    Index("refused_words_email_key", "email_key", "bringer", unique=True),
    Index(
        "refused_words_external_id_key",
        "external_id",
        "source",
        "sender",
        unique=True,
        postgresql_where=text("external_id is not null"),
    ),
    Index("refused_words_phone_idx", "phone_key", "bringer", postgresql_where=text("phone_key is not null")),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger),  # HTTP status of the stored answer; null while in flight
    Column("answer", LargeBinary),  # byte for byte; kept for a day, since it may hold personal data
    Column("language", Text),  # of the sentences in the answer
    instant_column("created_at"),
    Index("idempotency_created_idx", "created_at"),
)
