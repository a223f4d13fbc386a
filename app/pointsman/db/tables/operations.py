"""Tables of safety and operations: keys, alerts, audit."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from pointsman.db.tables.base import INSTANT, id_column, instant_column, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),  # the public part of the key
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("supplier", ForeignKey("suppliers.key")),  # a partner's key sees that partner's leads alone
    Column("rep", ForeignKey("reps.key")),  # acts in this rep's name; the supplier is then the rep's own
    instant_column("created_at"),
    instant_column("expires_at", null=True),
    instant_column("revoked_at", null=True),
    CheckConstraint("rep is null or supplier is null", name="one_binding"),
    Index("api_keys_rep_idx", "rep", postgresql_where=text("rep is not null")),
    Index("api_keys_supplier_idx", "supplier", postgresql_where=text("supplier is not null")),
)

alerts = Table(
    "alerts",
    metadata,
    id_column(),
    Column("code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", JSONB, nullable=False),  # `Message.as_json`
    Column("count", Integer, nullable=False, server_default="1"),
    instant_column("raised_at"),
    instant_column("resolved_at", null=True),
    Index("alerts_one_open", "code", "subject", unique=True, postgresql_where=text("resolved_at is null")),
    Index("alerts_open_idx", "raised_at", "id", postgresql_where=text("resolved_at is null")),
    Index("alerts_raised_idx", "raised_at", "id"),
    Index("alerts_code_idx", "code", "raised_at", "id"),
    Index("alerts_subject_idx", "subject", "raised_at", "id"),
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    instant_column("at"),
    Column("actor", Text, nullable=False),  # "key:ab12", "intake:website-form", "worker", "cli"
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),  # "lead:<id>"
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("reason", JSONB(none_as_null=True)),  # `Message.as_json`
    Index("audit_subject_idx", "subject", "at", "id"),
    Index("audit_actor_idx", "actor", "at", "id"),
    Index("audit_action_idx", "action", "at", "id"),
    Index("audit_at_idx", "at", "id"),
)

#: When a periodic task last ran anywhere, so that several workers do not run it several times, and how that went.
periodic_runs = Table(
    "periodic_runs",
    metadata,
    Column("task", Text, primary_key=True),
    instant_column("started_at"),
    Column("first_started_at", INSTANT, nullable=False, server_default=text("clock_timestamp()")),
    instant_column("succeeded_at", null=True),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    Column("failures_in_a_row", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    instant_column("not_before", null=True),  # after a failure it waits until then
)
