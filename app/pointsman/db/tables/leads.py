"""Tables of leads and accounts."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from pointsman.db.tables.base import INSTANT, at, id_column, metadata

accounts = Table(
    "accounts",
    metadata,
    id_column(),
    Column("name", Text),
    Column("name_key", Text),
    Column("domain", Text),
    Column("status", Text, nullable=False, server_default="prospect"),
    Column("owner_rep_id", ForeignKey("reps.id")),
    at("created_at"),
    Index("accounts_domain_key", "domain", unique=True),
    Index("accounts_name_key_idx", "name_key"),
    Index("accounts_name_alone_key", "name_key", unique=True, postgresql_where=text("domain is null")),
)

leads = Table(
    "leads",
    metadata,
    id_column(),
    Column("email", Text),  # as given
    Column("email_key", Text),  # normalised
    Column("first_name", Text),
    Column("last_name", Text),
    Column("phone", Text),
    Column("facts", JSONB, nullable=False),  # everything else the rules know, without personal data
    Column("known_at", JSONB, nullable=False, server_default=text("'{}'")),  # field -> the instant its value was true
    Column("stage", Text, nullable=False),
    Column("account_id", ForeignKey("accounts.id"), index=True),
    Column("match", JSONB, nullable=False),  # how person and account were matched, with ties
    Column("nurture_until", INSTANT),
    Column("nurture_reason", Text),
    Column("version", Integer, nullable=False),
    at("created_at"),
    at("updated_at"),
    Index("leads_email_key", "email_key", unique=True),
    Index("leads_created_idx", "created_at", "id"),
)

lead_identities = Table(
    "lead_identities",
    metadata,
    Column("source", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
)
