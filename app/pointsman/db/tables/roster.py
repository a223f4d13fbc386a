"""Tables of who works here: roles, suppliers, reps and their versions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from pointsman.db.tables.base import WORK_VALUES, id_column, instant_column, metadata

roles = Table("roles", metadata, id_column(), Column("name", Text, nullable=False, unique=True))

role_works = Table(
    "role_works",
    metadata,
    Column("role_id", ForeignKey("roles.id"), primary_key=True),
    Column("work", Text, CheckConstraint(f"work in {WORK_VALUES}", name="work"), primary_key=True),
)

suppliers = Table(
    "suppliers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('in-house','partner')", name="kind"), nullable=False),
    Column("barred_domains", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    CheckConstraint("key <> 'in-house' or kind = 'in-house'", name="in_house"),
)

reps = Table(
    "reps",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("role_id", ForeignKey("roles.id"), nullable=False, index=True),
    instant_column("role_since"),
    Column("tier", SmallInteger, nullable=False),
    Column("weight", Integer, CheckConstraint("weight > 0", name="weight"), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("working_hours", JSONB, nullable=False),  # [{"weekday": 0, "start": "09:00", "end": "17:00"}], perhaps dated
    Column("day_changes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("holidays", Text),  # "DE-BY"
    Column("skills", JSONB, nullable=False),  # {"languages": ["de"]}
    Column("caps", JSONB, nullable=False),
    Column("supplier", ForeignKey("suppliers.key"), nullable=False, index=True),
    Column("active", Boolean, nullable=False),
    Column("started_on", Date),
    instant_column("created_at"),
)

time_off = Table(
    "time_off",
    metadata,
    id_column(),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),
    instant_column("starts_at"),
    instant_column("ends_at"),
    # Of what was given by date: the instants follow from them in the rep's zone, and are made anew when it changes.
    Column("first_day", Date),
    Column("last_day", Date),
    Column("reason", Text, nullable=False),
    CheckConstraint("ends_at > starts_at", name="order"),
    CheckConstraint("first_day is null or last_day >= first_day", name="days"),
)

#: The whole roster as JSON at each change: decisions name the version they saw, and replay reads it back.
roster_versions = Table(
    "roster_versions",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("snapshot", JSONB, nullable=False),
    instant_column("created_at"),
)
