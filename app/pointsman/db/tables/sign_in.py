"""What connections keep for their connectors: tokens of OAuth 2, sign-ins that have begun, and memory. All of it is sealed."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from pointsman.db.tables.base import id_column, instant_column, metadata

#: A token as a whole is sealed. Where `refused` is set, the vendor is not asked again before `renewing_until`.
connection_tokens = Table(
    "connection_tokens",
    metadata,
    id_column(),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("subject", Text, nullable=False),  # whose it is, "" where the connection has one
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    instant_column("renewing_until", null=True),  # one process asks for the next version until then
    Column("refused", Boolean, nullable=False, server_default=text("false")),
    Index("connection_tokens_one", "connection_id", "subject", unique=True),
)

#: A sign-in is used once, and then gone; `state_hash` is all that is kept of its state.
sign_ins = Table(
    "sign_ins",
    metadata,
    id_column(),
    Column("connection_id", ForeignKey("connections.id"), nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("state_hash", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),  # the PKCE verifier, and what the connection was then
    Column("begun_by", Text, nullable=False),  # "key:ab12", which must still be good when it ends
    instant_column("expires_at"),
    Index("sign_ins_expires_idx", "expires_at"),
)

connection_memory = Table(
    "connection_memory",
    metadata,
    id_column(),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Index("connection_memory_one", "connection_id", "name", unique=True),
)
