"""Tables of policy, gate, decisions and what follows from them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB

from pointsman.db.tables.base import INSTANT, WORK_VALUES, id_column, instant_column, metadata

policies = Table(
    "policies",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, CheckConstraint("state in ('draft','published','archived')", name="state"), nullable=False),
    Column("document", JSON, nullable=False),  # not jsonb, which would lose the order of the author's keys
    Column("source", Text, CheckConstraint("octet_length(source) <= 1000000", name="source")),  # the author's own YAML
    Column("note", Text, nullable=False),  # why it was drafted
    Column("created_by", Text, nullable=False),
    instant_column("created_at"),
    Index("policies_one_published", "state", unique=True, postgresql_where=text("state = 'published'")),
)

#: What was live when, who made it so and why; the last row is what is live. `policies.state` follows it.
policy_publications = Table(
    "policy_publications",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", ForeignKey("policies.version"), nullable=False),
    Column("kind", Text, CheckConstraint("kind in ('published','rolled-back')", name="kind"), nullable=False),
    instant_column("at"),
    Column("actor", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("replaced", ForeignKey("policies.version")),  # what was live until then
    Column("rollback_to", ForeignKey("policies.version")),  # where rolling back from here leads
    Index("policy_publications_version_idx", "version", "seq"),
    Index("policy_publications_replaced_idx", "replaced", postgresql_where=text("replaced is not null")),
    Index("policy_publications_rollback_to_idx", "rollback_to", postgresql_where=text("rollback_to is not null")),
)

evidence = Table(
    "evidence",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column("kind", Text, CheckConstraint("kind in ('qualified','motivated','educated')", name="kind"), nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("affirmed", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("origin", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # what it came through, as policies say
    instant_column("observed_at"),
    instant_column("expires_at", null=True),
    instant_column("created_at"),
)

#: Every try of a gate; a passing row is what the database demands before gated work.
gate_checks = Table(
    "gate_checks",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("work", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("policy_version", ForeignKey("policies.version"), nullable=False, index=True),
    Column("setter_rep_id", ForeignKey("reps.id")),  # who handed over
    Column("result", JSONB, nullable=False),  # evidence used, or what is missing
    instant_column("checked_at"),
    instant_column("expires_at", null=True),
    instant_column("revoked_at", null=True),
    CheckConstraint("passed = (expires_at is not null)", name="expiry"),
    Index("gate_checks_lead_idx", "lead_id", "work", "checked_at"),
    Index("gate_checks_setter_rep_id_idx", "setter_rep_id", postgresql_where=text("setter_rep_id is not null")),
)

overrides = Table(
    "overrides",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),
    Column("work", Text, nullable=False),
    Column("reason", Text, CheckConstraint("length(trim(reason)) > 0", name="reason"), nullable=False),
    Column("approver", Text, CheckConstraint("length(trim(approver)) > 0", name="approver"), nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("revoked_at", null=True),
    CheckConstraint("expires_at > created_at and expires_at <= created_at + interval '168 hours'", name="span"),
    Index("overrides_lead_idx", "lead_id", "rep_id", "work"),
    Index("overrides_created_idx", "created_at", "id"),
)

decisions = Table(
    "decisions",
    metadata,
    id_column(),
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
    Column("summary", JSONB, nullable=False),
    Column("policy_version", ForeignKey("policies.version"), nullable=False),
    Column("roster_version", ForeignKey("roster_versions.version"), nullable=False, index=True),
    Column("record", JSONB, nullable=False),  # the whole trace
    Column("inputs", JSONB, nullable=False),  # what replay needs
    Column(
        "inputs_digest", LargeBinary
    ),  # SHA-256 of their text as they were written: not each of them shows in the record
    Index("decisions_lead_idx", "lead_id", "at"),
    # Each filter of the list, in its order: docs/api-style.md.
    Index("decisions_at_idx", "at", "id"),
    Index("decisions_rep_id_idx", "rep_id", "at", "id", postgresql_where=text("rep_id is not null")),
    Index("decisions_rule_idx", "rule", "at", "id", postgresql_where=text("rule is not null")),
    Index("decisions_pool_idx", "pool", "at", "id", postgresql_where=text("pool is not null")),
    Index("decisions_work_idx", "work", "at", "id", postgresql_where=text("work is not null")),
    Index("decisions_outcome_idx", "outcome", "at", "id"),
    Index("decisions_hold_reason_idx", "hold_reason", "at", "id", postgresql_where=text("hold_reason is not null")),
    Index("decisions_policy_version_idx", "policy_version", "at", "id"),
)

assignments = Table(
    "assignments",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("rep_id", ForeignKey("reps.id"), nullable=False),
    Column("work", Text, CheckConstraint(f"work in {WORK_VALUES}", name="work"), nullable=False),
    Column("pool", Text),
    Column("rule", Text),  # of the decision
    Column("category", Text),  # the rule's: what caps by category count
    instant_column("lead_created_at"),  # of the lead, by which lists are ordered; a trigger writes it
    Column("decision_id", ForeignKey("decisions.id"), index=True),
    Column("gate_check_id", ForeignKey("gate_checks.id")),
    Column("override_id", ForeignKey("overrides.id")),
    instant_column("assigned_at"),
    instant_column("ended_at", null=True),
    Column("end_reason", Text),
    UniqueConstraint("id", "lead_id", "rep_id", "work"),  # for `appointments`, which rest on it
    Index("assignments_one_active", "lead_id", unique=True, postgresql_where=text("ended_at is null")),
    Index("assignments_lead_idx", "lead_id"),
    # Each filter of the list of leads by who has them, in its order: docs/api-style.md.
    Index("assignments_open_idx", "rep_id", "lead_created_at", "lead_id", postgresql_where=text("ended_at is null")),
    Index("assignments_pool_idx", "pool", "lead_created_at", "lead_id", postgresql_where=text("ended_at is null")),
    Index("assignments_work_idx", "work", "lead_created_at", "lead_id", postgresql_where=text("ended_at is null")),
    Index("assignments_rule_idx", "rule", "lead_created_at", "lead_id", postgresql_where=text("ended_at is null")),
    Index("assignments_own_idx", "rep_id", "lead_created_at", "lead_id"),  # and of those who see what they had
    Index("assignments_rep_idx", "rep_id", "assigned_at"),
    Index("assignments_gate_check_id_idx", "gate_check_id", postgresql_where=text("gate_check_id is not null")),
    Index("assignments_override_id_idx", "override_id", postgresql_where=text("override_id is not null")),
)

holds = Table(
    "holds",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False, index=True),
    Column("work", Text),
    Column("pool", Text),
    Column("reason", Text, nullable=False),
    Column("sentence", JSONB, nullable=False),
    instant_column("held_at"),
    instant_column("due_at"),  # when the wait breaks its promise and an alert is raised
    instant_column("released_at", null=True),
    Column("release", Text),
    instant_column("next_try_at", null=True),  # the first moment that may release it
    Column("releases", JSONB, nullable=False, server_default="[]"),  # all that may
    Index("holds_one_open", "lead_id", unique=True, postgresql_where=text("released_at is null")),
    Index("holds_open_idx", "held_at", "id", postgresql_where=text("released_at is null")),
    # The one above, by pool: those that wait are the last of all that the next ones hold.
    Index("holds_open_pool_idx", "pool", "held_at", "id", postgresql_where=text("released_at is null")),
    Index("holds_held_idx", "held_at", "id"),
    Index("holds_pool_idx", "pool", "held_at", "id", postgresql_where=text("pool is not null")),
    Index("holds_work_idx", "work", "held_at", "id", postgresql_where=text("work is not null")),
    Index("holds_reason_idx", "reason", "held_at", "id"),
    Index("holds_due_idx", "next_try_at", postgresql_where=text("released_at is null and next_try_at is not null")),
)

#: One row per ledger. `pool` is the ledger's name, here and below: that of its pool, unless several pools share one.
pool_ledgers = Table(
    "pool_ledgers",
    metadata,
    Column("pool", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("ledger", JSONB, nullable=False),
    Column("waiting_since", JSONB, nullable=False),  # rep key -> instant of the last turn
    Column("skips", JSONB, nullable=False, server_default=text("'{}'")),  # rep key -> id of the open skip
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("pool", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column(
        "kind", Text, CheckConstraint("kind in ('assign','credit','adjust','restore')", name="kind"), nullable=False
    ),
    Column("decision_id", ForeignKey("decisions.id")),
    Column("rep_id", ForeignKey("reps.id")),
    Column("entry", JSONB, nullable=False),
    Column("reason", JSONB(none_as_null=True)),  # `Message.as_json`
    instant_column("at"),
    # A decision takes one turn; it is taken back and given again in turns, under the ledger's lock.
    Index("ledger_entries_once_key", "decision_id", unique=True, postgresql_where=text("kind = 'assign'")),
    Index("ledger_entries_decision_idx", "decision_id"),
    Index("ledger_entries_rep_id_idx", "rep_id", postgresql_where=text("rep_id is not null")),
)

#: Turns to be passed over once; the open ones are also on the ledger's row, which every turn locks and reads.
skips = Table(
    "skips",
    metadata,
    id_column(),
    Column("ledger", Text, nullable=False),
    Column("rep_id", ForeignKey("reps.id"), nullable=False, index=True),
    Column("reason", Text, CheckConstraint("length(trim(reason)) > 0", name="reason"), nullable=False),
    Column("cost_seq", BigInteger),  # the ledger's entry that booked the turn as taken; null where it costs none
    Column("asked_by", Text, nullable=False),
    instant_column("created_at"),
    instant_column("used_at", null=True),
    Column("decision_id", ForeignKey("decisions.id")),
    instant_column("cancelled_at", null=True),
    CheckConstraint("(used_at is null) = (decision_id is null)", name="use"),
    CheckConstraint("used_at is null or cancelled_at is null", name="end"),
    Index(
        "skips_one_open",
        "ledger",
        "rep_id",
        unique=True,
        postgresql_where=text("used_at is null and cancelled_at is null"),
    ),
    Index("skips_decision_id_idx", "decision_id", postgresql_where=text("decision_id is not null")),
)
