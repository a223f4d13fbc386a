"""All tables, as SQLAlchemy Core metadata; the migrations add what metadata cannot say (triggers, jobs).

Personal data lives in named columns only: `leads.email`, `first_name`, `last_name`, `phone`, `reps.name`,
`reps.email` (rep names also in what is derived: roster snapshots, decisions), and in the raw `inbox.body`,
`inbox_batches.body` and `idempotency.answer`, which have a retention.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, TSTZRANGE, UUID, ExcludeConstraint

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)

INSTANT = TIMESTAMP(timezone=True)
WORKS = "('nurture','prospecting','qualification','closing','solution_design','customer_service','administration')"


def _id() -> Column[object]:
    return Column("id", UUID(), primary_key=True)


def _at(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, INSTANT, nullable=null)


# ── who works here ──────────────────────────────────────────────────────────────────────────────

roles = Table("roles", metadata, _id(), Column("name", Text, nullable=False, unique=True))

role_works = Table(
    "role_works",
    metadata,
    Column("role_id", ForeignKey("roles.id"), primary_key=True),
    Column("work", Text, CheckConstraint(f"work in {WORKS}", name="work"), primary_key=True),
)

suppliers = Table(
    "suppliers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('in-house','partner')", name="kind"), nullable=False),
    Column("barred_domains", ARRAY(Text), nullable=False, server_default=text("'{}'")),
)

reps = Table(
    "reps",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("role_id", ForeignKey("roles.id"), nullable=False),
    _at("role_since"),
    Column("tier", SmallInteger, nullable=False),
    Column("weight", Integer, CheckConstraint("weight > 0", name="weight"), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("working_hours", JSONB, nullable=False),  # [{"weekday": 0, "start": "09:00", "end": "17:00"}]
    Column("skills", JSONB, nullable=False),  # {"languages": ["de"]}
    Column("caps", JSONB, nullable=False),
    Column("supplier", ForeignKey("suppliers.key"), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("started_on", Date),
    _at("created_at"),
)

time_off = Table(
    "time_off",
    metadata,
    _id(),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),
    _at("starts_at"),
    _at("ends_at"),
    Column("reason", Text, nullable=False),
    CheckConstraint("ends_at > starts_at", name="order"),
)

#: The whole roster as JSON at each change: decisions name the version they saw, and replay reads it back.
roster_versions = Table(
    "roster_versions",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("snapshot", JSONB, nullable=False),
    _at("created_at"),
)

# ── what comes in ───────────────────────────────────────────────────────────────────────────────

intakes = Table(
    "intakes",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('lead','handover')", name="kind"), nullable=False),
    Column("verifier", JSONB, nullable=False),  # {"scheme": "typeform", ...}: what is not secret
    Column("sealed", LargeBinary, nullable=False),  # the signing secrets, encrypted
    Column("mapping", JSONB, nullable=False),
    Column("sample", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    _at("created_at"),
)

#: The raw bytes of a request that carried several events.
inbox_batches = Table(
    "inbox_batches",
    metadata,
    _id(),
    Column("intake_id", ForeignKey("intakes.id"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    _at("received_at"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("intake_id", ForeignKey("intakes.id"), nullable=False),
    Column("dedupe_key", Text, nullable=False),
    Column("batch_id", ForeignKey("inbox_batches.id")),
    Column("body", LargeBinary, nullable=False),  # the raw bytes; of a batch, this event alone
    Column(
        "status",
        Text,
        CheckConstraint("status in ('received','done','dead')", name="status"),
        nullable=False,
        server_default="received",
    ),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("error", Text),
    Column("lead_id", UUID()),
    Column("result", JSONB),  # what became of it, in ids and codes
    _at("received_at"),
    _at("next_attempt_at", null=True),  # null until the first attempt
    _at("leased_until", null=True),  # a worker has it until then
    _at("done_at", null=True),
    Index("inbox_dedupe_key", "intake_id", "dedupe_key", unique=True),
    Index("inbox_open_idx", "received_at", postgresql_where=text("status <> 'done'")),
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
    _at("created_at"),
    Index("idempotency_created_idx", "created_at"),
)

# ── leads and accounts ──────────────────────────────────────────────────────────────────────────

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("name", Text),
    Column("name_key", Text),
    Column("domain", Text),
    Column("status", Text, nullable=False, server_default="prospect"),
    Column("owner_rep_id", ForeignKey("reps.id")),
    _at("created_at"),
    Index("accounts_domain_key", "domain", unique=True),
    Index("accounts_name_key_idx", "name_key"),
    Index("accounts_name_alone_key", "name_key", unique=True, postgresql_where=text("domain is null")),
)

leads = Table(
    "leads",
    metadata,
    _id(),
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
    _at("created_at"),
    _at("updated_at"),
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

# ── policy, gate, decisions ─────────────────────────────────────────────────────────────────────

policies = Table(
    "policies",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "state", Text, CheckConstraint("state in ('draft','published','archived')", name="state"), nullable=False
    ),
    Column("document", JSONB, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    _at("created_at"),
    Column("published_by", Text),
    _at("published_at", null=True),
    Index("policies_one_published", "state", unique=True, postgresql_where=text("state = 'published'")),
)

evidence = Table(
    "evidence",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column(
        "kind", Text, CheckConstraint("kind in ('qualified','motivated','educated')", name="kind"), nullable=False
    ),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("affirmed", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    _at("observed_at"),
    _at("expires_at", null=True),
    _at("created_at"),
)

#: Every try of a gate; a passing row is what the database demands before gated work.
gate_checks = Table(
    "gate_checks",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("work", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("policy_version", ForeignKey("policies.version"), nullable=False),
    Column("setter_rep_id", ForeignKey("reps.id")),  # who handed over
    Column("result", JSONB, nullable=False),  # evidence used, or what is missing
    _at("checked_at"),
    _at("expires_at", null=True),
    _at("revoked_at", null=True),
    CheckConstraint("passed = (expires_at is not null)", name="expiry"),
    Index("gate_checks_lead_idx", "lead_id", "work", "checked_at"),
)

overrides = Table(
    "overrides",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("work", Text, nullable=False),
    Column("reason", Text, CheckConstraint("length(trim(reason)) > 0", name="reason"), nullable=False),
    Column("approver", Text, CheckConstraint("length(trim(approver)) > 0", name="approver"), nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
    _at("created_at"),
    _at("expires_at"),
    _at("revoked_at", null=True),
    CheckConstraint("expires_at > created_at and expires_at <= created_at + interval '168 hours'", name="span"),
    Index("overrides_lead_idx", "lead_id", "rep_id", "work"),
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column(
        "outcome", Text, CheckConstraint("outcome in ('assigned','held','nurture')", name="outcome"), nullable=False
    ),
    Column("work", Text),
    Column("rule", Text),
    Column("pool", Text),
    Column("rep_id", ForeignKey("reps.id")),
    Column("hold_reason", Text),
    Column("summary", Text, nullable=False),
    Column("policy_version", ForeignKey("policies.version"), nullable=False),
    Column("roster_version", ForeignKey("roster_versions.version"), nullable=False),
    Column("record", JSONB, nullable=False),  # the whole trace
    Column("inputs", JSONB, nullable=False),  # what replay needs
    Index("decisions_lead_idx", "lead_id", "at"),
    Index("decisions_at_idx", "at"),
)

assignments = Table(
    "assignments",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("work", Text, CheckConstraint(f"work in {WORKS}", name="work"), nullable=False),
    Column("pool", Text),
    Column("decision_id", ForeignKey("decisions.id")),
    Column("gate_check_id", ForeignKey("gate_checks.id")),
    Column("override_id", ForeignKey("overrides.id")),
    _at("assigned_at"),
    _at("ended_at", null=True),
    Column("end_reason", Text),
    Index("assignments_one_active", "lead_id", unique=True, postgresql_where=text("ended_at is null")),
    Index("assignments_lead_idx", "lead_id"),
    Index("assignments_open_idx", "rep_id", postgresql_where=text("ended_at is null")),
    Index("assignments_rep_idx", "rep_id", "assigned_at"),
)

holds = Table(
    "holds",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),
    Column("work", Text),
    Column("pool", Text),
    Column("reason", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    _at("held_at"),
    _at("due_at"),  # when the wait breaks its promise and an alert is raised
    _at("released_at", null=True),
    Column("release", Text),
    Index("holds_one_open", "lead_id", unique=True, postgresql_where=text("released_at is null")),
    Index("holds_open_idx", "held_at", postgresql_where=text("released_at is null")),
)

pool_ledgers = Table(
    "pool_ledgers",
    metadata,
    Column("pool", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("ledger", JSONB, nullable=False),
    Column("waiting_since", JSONB, nullable=False),  # rep key -> instant of the last turn
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("pool", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column(
        "kind", Text, CheckConstraint("kind in ('assign','credit','adjust')", name="kind"), nullable=False
    ),
    Column("decision_id", ForeignKey("decisions.id")),
    Column("rep_id", ForeignKey("reps.id")),
    Column("entry", JSONB, nullable=False),
    Column("reason", Text),
    _at("at"),
    Index("ledger_entries_once_key", "decision_id", "kind", unique=True),  # a decision takes one turn, credited once
)

# ── calendars and appointments ──────────────────────────────────────────────────────────────────

connections = Table(
    "connections",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("connector", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("fault", Text),  # why it is out of use, null while it works
    _at("created_at"),
)

rep_calendars = Table(
    "rep_calendars",
    metadata,
    _id(),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("calendar", Text, nullable=False),
    Column("writes", Boolean, nullable=False),  # appointments are put here; every calendar is read
    Index("rep_calendars_rep_key", "rep_id", "connection_id", "calendar", unique=True),
    Index("rep_calendars_one_write", "rep_id", unique=True, postgresql_where=text("writes")),
)

#: The last reading of a calendar. `error` set means unreadable: its owner is unbookable.
calendar_reads = Table(
    "calendar_reads",
    metadata,
    Column("rep_calendar_id", ForeignKey("rep_calendars.id", ondelete="CASCADE"), primary_key=True),
    _at("window_start"),
    _at("window_end"),
    Column("busy", JSONB, nullable=False),  # [[start, end], ...] ISO instants
    _at("read_at"),
    Column("error", Text),
)

appointments = Table(
    "appointments",
    metadata,
    _id(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column("work", Text, nullable=False),
    Column(
        "status",
        Text,
        CheckConstraint("status in ('confirmed','cancelled')", name="status"),
        nullable=False,
    ),
    _at("starts_at"),
    _at("ends_at"),
    Column("title", Text, nullable=False),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("gate_check_id", ForeignKey("gate_checks.id")),
    Column("override_id", ForeignKey("overrides.id")),
    Column("gate_snapshot", JSONB, nullable=False),  # what the closer reads before the call
    Column("setter_rep_id", ForeignKey("reps.id")),
    Column("booked_by", Text, nullable=False),
    Column("sequence", Integer, nullable=False),  # RFC 5545 SEQUENCE: grows with every change
    _at("created_at"),
    _at("cancelled_at", null=True),
    Column("cancelled_by", Text),
    Column("cancel_reason", Text),
    CheckConstraint("ends_at > starts_at", name="order"),
    Index("appointments_starts_idx", "starts_at"),
    Index("appointments_one_per_lead", "lead_id", unique=True, postgresql_where=text("status = 'confirmed'")),
)

#: One row per rep and appointment or slot hold; the exclusion constraint is promise 2.
reservations = Table(
    "reservations",
    metadata,
    _id(),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('appointment','hold')", name="kind"), nullable=False),
    Column("appointment_id", ForeignKey("appointments.id"), index=True),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("work", Text, CheckConstraint(f"work in {WORKS}", name="work"), nullable=False),
    _at("expires_at", null=True),
    Column("active", Boolean, nullable=False),
    CheckConstraint("(kind = 'hold') = (expires_at is not null)", name="hold_expires"),
    CheckConstraint("(kind = 'appointment') = (appointment_id is not null)", name="appointment"),
    ExcludeConstraint(
        ("rep_id", "="), ("during", "&&"), where=text("active"), using="gist", name="reservations_no_overlap"
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("appointment_id", ForeignKey("appointments.id"), nullable=False),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("calendar", Text, nullable=False),
    Column("op", Text, CheckConstraint("op in ('book','move','cancel')", name="op"), nullable=False),
    Column("key", Text, nullable=False),  # the event's own key, the same for all ops on one event
    Column("sequence", Integer, nullable=False),
    Column(
        "status",
        Text,
        CheckConstraint("status in ('pending','done','superseded','dead')", name="status"),
        nullable=False,
    ),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    _at("next_attempt_at"),
    Column("lease", UUID()),
    _at("lease_until", null=True),
    Column("last_error", Text),
    Column("vendor_id", Text),
    Column("vendor_version", Text),
    _at("created_at"),
    _at("done_at", null=True),
    Index("deliveries_one_effect", "appointment_id", "rep_id", "op", "sequence", unique=True),
    Index("deliveries_due_idx", "next_attempt_at", postgresql_where=text("status = 'pending'")),
)

# ── safety and operations ───────────────────────────────────────────────────────────────────────

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),  # the public part of the key
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("supplier", ForeignKey("suppliers.key")),  # a partner's key sees that partner's leads alone
    _at("created_at"),
    _at("expires_at", null=True),
    _at("revoked_at", null=True),
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    Column("code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("count", Integer, nullable=False, server_default="1"),
    _at("raised_at"),
    _at("resolved_at", null=True),
    Index("alerts_one_open", "code", "subject", unique=True, postgresql_where=text("resolved_at is null")),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _at("at"),
    Column("actor", Text, nullable=False),  # "key:ab12", "intake:hubspot", "worker", "cli"
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),  # "lead:<id>"
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("reason", Text),
    Index("audit_subject_idx", "subject", "at"),
    Index("audit_at_idx", "at"),
)

#: When a periodic task last ran anywhere, so that several workers do not run it several times.
turns = Table("turns", metadata, Column("task", Text, primary_key=True), _at("taken_at"))
