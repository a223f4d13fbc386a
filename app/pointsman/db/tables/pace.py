"""The pace of each connection: what its vendor stands, kept over all processes."""

from sqlalchemy import Column, Double, ForeignKey, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from pointsman.db.tables.base import instant_column, metadata

#: A row is made with a connection's first call, and changed by every one. So is one for each of its subjects (mailboxes, users)
#: where its vendor counts those; one that was not called for long is removed.
connection_pace = Table(
    "connection_pace",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("subject", Text, primary_key=True, server_default=text("''")),  # empty: the connection itself
    Column("tokens", Double, nullable=False),
    instant_column("filled_at"),
    Column("calls", JSONB, nullable=False, server_default=text("'{}'")),  # in flight: lease -> epoch seconds of its end
    Column("mean_s", Double, nullable=False, server_default=text("0.5")),  # how long a call takes of late
    instant_column("queue_at", null=True),  # when the last of those that were sent away may come back
    instant_column("not_before", null=True),  # no call before; set and past: one probe at a time
    Column("probe", Text),  # its lease
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("strikes", SmallInteger, nullable=False, server_default=text("0")),  # how often the credentials were refused
    instant_column("last_success_at", null=True),
    instant_column("last_error_at", null=True),
    Column("last_error", JSONB(none_as_null=True)),  # `Message.as_json`
    Column("quota", JSONB(none_as_null=True)),  # left, limit, resets_at, told_at: as the vendor told last
)
