"""The first tables."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0101"
down_revision = None
branch_labels = None
depends_on = None

SEARCH_TEXT = Path(__file__).with_name("search_text.sql")


def upgrade() -> None:
    # Equality on uuid inside an exclusion constraint needs it; every managed PostgreSQL offers it.
    op.execute("create extension if not exists btree_gist")
    # Finds names and addresses by some of their letters.
    op.execute("create extension if not exists pg_trgm")
    op.execute(SEARCH_TEXT.read_text().replace(":", r"\:"))
    op.create_table(
        "alerts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("raised_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("alerts_pkey")),
    )
    op.create_index(
        "alerts_open_idx", "alerts", ["raised_at", "id"], unique=False, postgresql_where=sa.text("resolved_at is null")
    )
    op.create_index("alerts_raised_idx", "alerts", ["raised_at", "id"], unique=False)
    op.create_index("alerts_code_idx", "alerts", ["code", "raised_at", "id"], unique=False)
    op.create_index("alerts_subject_idx", "alerts", ["subject", "raised_at", "id"], unique=False)
    op.create_index(
        "alerts_one_open", "alerts", ["code", "subject"], unique=True, postgresql_where=sa.text("resolved_at is null")
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    op.create_index("audit_at_idx", "audit", ["at", "id"], unique=False)
    op.create_index("audit_subject_idx", "audit", ["subject", "at", "id"], unique=False)
    op.create_index("audit_actor_idx", "audit", ["actor", "at", "id"], unique=False)
    op.create_index("audit_action_idx", "audit", ["action", "at", "id"], unique=False)
    op.create_table(
        "connections",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("pending", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("fault", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("max_reading_age_s", sa.Integer(), nullable=True),
        sa.Column("sync_owners", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("on_release", sa.Text(), server_default="clear", nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("users_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("field_faults", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("fields_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("max_reading_age_s between 5 and 3600", name=op.f("connections_max_reading_age_check")),
        sa.CheckConstraint("on_release in ('clear','keep')", name=op.f("connections_on_release_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("connections_pkey")),
        sa.UniqueConstraint("key", name=op.f("connections_key_key")),
    )
    op.create_table(
        "connection_pace",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("filled_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("calls", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("mean_s", sa.Double(), server_default=sa.text("0.5"), nullable=False),
        sa.Column("queue_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("probe", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("strikes", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_success_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("quota", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("connection_pace_connection_id_fkey")),
        sa.PrimaryKeyConstraint("connection_id", "subject", name=op.f("connection_pace_pkey")),
    )
    op.create_table(
        "connection_tokens",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("renewing_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("refused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("connection_tokens_connection_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("connection_tokens_pkey")),
    )
    op.create_index("connection_tokens_one", "connection_tokens", ["connection_id", "subject"], unique=True)
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("sign_ins_connection_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_ins_pkey")),
        sa.UniqueConstraint("state_hash", name=op.f("sign_ins_state_hash_key")),
    )
    op.create_index(op.f("sign_ins_connection_id_idx"), "sign_ins", ["connection_id"], unique=False)
    op.create_index("sign_ins_expires_idx", "sign_ins", ["expires_at"], unique=False)
    op.create_table(
        "connection_memory",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("connection_memory_connection_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("connection_memory_pkey")),
    )
    op.create_index("connection_memory_one", "connection_memory", ["connection_id", "name"], unique=True)
    op.create_table(
        "idempotency",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "route", "key", name=op.f("idempotency_pkey")),
    )
    op.create_index("idempotency_created_idx", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "intakes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=True),
        sa.Column("verifier", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sample", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('lead','handover')", name=op.f("intakes_kind_check")),
        sa.ForeignKeyConstraint(["connection"], ["connections.key"], name=op.f("intakes_connection_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("intakes_pkey")),
        sa.UniqueConstraint("key", name=op.f("intakes_key_key")),
    )
    op.create_index(op.f("intakes_connection_idx"), "intakes", ["connection"], unique=False)
    op.create_table(
        "intake_feeds",
        sa.Column("intake_id", sa.UUID(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("complete_to", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("lease", sa.UUID(), nullable=True),
        sa.Column("leased_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("intake_feeds_intake_id_fkey")),
        sa.PrimaryKeyConstraint("intake_id", name=op.f("intake_feeds_pkey")),
    )
    op.create_index("intake_feeds_due_idx", "intake_feeds", ["next_at"], unique=False)
    op.create_table(
        "policies",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(source) <= 1000000", name=op.f("policies_source_check")),
        sa.CheckConstraint("state in ('draft','published','archived')", name=op.f("policies_state_check")),
        sa.PrimaryKeyConstraint("version", name=op.f("policies_pkey")),
    )
    op.create_index(
        "policies_one_published", "policies", ["state"], unique=True, postgresql_where=sa.text("state = 'published'")
    )
    op.create_table(
        "policy_publications",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("replaced", sa.BigInteger(), nullable=True),
        sa.Column("rollback_to", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind in ('published','rolled-back')", name=op.f("policy_publications_kind_check")),
        sa.ForeignKeyConstraint(
            ["rollback_to"], ["policies.version"], name=op.f("policy_publications_rollback_to_fkey")
        ),
        sa.ForeignKeyConstraint(["replaced"], ["policies.version"], name=op.f("policy_publications_replaced_fkey")),
        sa.ForeignKeyConstraint(["version"], ["policies.version"], name=op.f("policy_publications_version_fkey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("policy_publications_pkey")),
    )
    op.create_index(
        "policy_publications_rollback_to_idx",
        "policy_publications",
        ["rollback_to"],
        unique=False,
        postgresql_where=sa.text("rollback_to is not null"),
    )
    op.create_index(
        "policy_publications_replaced_idx",
        "policy_publications",
        ["replaced"],
        unique=False,
        postgresql_where=sa.text("replaced is not null"),
    )
    op.create_index("policy_publications_version_idx", "policy_publications", ["version", "seq"], unique=False)
    op.create_table(
        "pool_ledgers",
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("ledger", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("waiting_since", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("skips", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("pool", name=op.f("pool_ledgers_pkey")),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("roles_pkey")),
        sa.UniqueConstraint("name", name=op.f("roles_name_key")),
    )
    op.create_table(
        "roster_versions",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("roster_versions_pkey")),
    )
    op.create_table(
        "suppliers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("barred_domains", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("key <> 'in-house' or kind = 'in-house'", name=op.f("suppliers_in_house_check")),
        sa.CheckConstraint("kind in ('in-house','partner')", name=op.f("suppliers_kind_check")),
        sa.PrimaryKeyConstraint("key", name=op.f("suppliers_pkey")),
    )
    # Reps without a supplier are in-house. The service deletes no supplier, so that this one stays.
    op.execute("insert into suppliers (key, name, kind) values ('in-house', 'In-house', 'in-house')")
    op.create_table(
        "periodic_runs",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "first_started_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("succeeded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures_in_a_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("task", name=op.f("periodic_runs_pkey")),
    )
    op.create_table(
        "inbox_batches",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("intake_id", sa.UUID(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("inbox_batches_intake_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_batches_pkey")),
    )
    op.create_index(op.f("inbox_batches_intake_id_idx"), "inbox_batches", ["intake_id"], unique=False)
    op.create_table(
        "reps",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role_id", sa.UUID(), nullable=False),
        sa.Column("role_since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("working_hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "day_changes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("holidays", sa.Text(), nullable=True),
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("caps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("weight > 0", name=op.f("reps_weight_check")),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("reps_role_id_fkey")),
        sa.ForeignKeyConstraint(["supplier"], ["suppliers.key"], name=op.f("reps_supplier_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reps_pkey")),
        sa.UniqueConstraint("key", name=op.f("reps_key_key")),
    )
    op.create_index(op.f("reps_supplier_idx"), "reps", ["supplier"], unique=False)
    op.create_index(op.f("reps_role_id_idx"), "reps", ["role_id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=True),
        sa.Column("rep", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("rep is null or supplier is null", name=op.f("api_keys_one_binding_check")),
        sa.ForeignKeyConstraint(["rep"], ["reps.key"], name=op.f("api_keys_rep_fkey")),
        sa.ForeignKeyConstraint(["supplier"], ["suppliers.key"], name=op.f("api_keys_supplier_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
    )
    op.create_index(
        "api_keys_supplier_idx",
        "api_keys",
        ["supplier"],
        unique=False,
        postgresql_where=sa.text("supplier is not null"),
    )
    op.create_index("api_keys_rep_idx", "api_keys", ["rep"], unique=False, postgresql_where=sa.text("rep is not null"))
    op.create_table(
        "role_works",
        sa.Column("role_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "work in ('nurture','prospecting','qualification','closing','solution_design','customer_service','administration')",
            name=op.f("role_works_work_check"),
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("role_works_role_id_fkey")),
        sa.PrimaryKeyConstraint("role_id", "work", name=op.f("role_works_pkey")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="prospect", nullable=False),
        sa.Column("owner_rep_id", sa.UUID(), nullable=True),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("name_blocks", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("merged_into", sa.UUID(), nullable=True),
        sa.Column("merged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("other_names", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "searched",
            sa.Text(),
            sa.Computed(
                "searched_text(name || coalesce(', ' || other_names[1], '')"
                " || coalesce(', ' || other_names[2], '') || coalesce(', ' || other_names[3], '')"
                " || coalesce(', ' || other_names[4], '') || coalesce(', ' || other_names[5], ''))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(merged_into is null) = (merged_at is null)", name=op.f("accounts_merge_check")),
        sa.ForeignKeyConstraint(["merged_into"], ["accounts.id"], name=op.f("accounts_merged_into_fkey")),
        sa.ForeignKeyConstraint(["owner_rep_id"], ["reps.id"], name=op.f("accounts_owner_rep_id_fkey")),
        sa.ForeignKeyConstraint(["parent_id"], ["accounts.id"], name=op.f("accounts_parent_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_pkey")),
    )
    op.create_index(
        "accounts_owner_rep_id_idx",
        "accounts",
        ["owner_rep_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("owner_rep_id is not null"),
    )
    op.create_index("accounts_created_idx", "accounts", ["created_at", "id"], unique=False)
    op.create_index("accounts_status_idx", "accounts", ["status", "created_at", "id"], unique=False)
    op.create_index(
        "accounts_text_idx",
        "accounts",
        ["searched"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"searched": "gin_trgm_ops"},
    )
    op.create_index("accounts_domain_key", "accounts", ["domain"], unique=True)
    op.create_index(op.f("accounts_merged_into_idx"), "accounts", ["merged_into"], unique=False)
    op.create_index(op.f("accounts_parent_id_idx"), "accounts", ["parent_id"], unique=False)
    op.create_index("accounts_name_blocks_idx", "accounts", ["name_blocks"], unique=False, postgresql_using="gin")
    op.create_index("accounts_name_key_idx", "accounts", ["name_key"], unique=False)
    op.create_index(
        "accounts_name_without_domain_key",
        "accounts",
        ["name_key"],
        unique=True,
        postgresql_where=sa.text("domain is null"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("intake_id", sa.UUID(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.UUID(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), server_default="received", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("lead_id", sa.UUID(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("next_attempt_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("tried_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("unended_attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('unread','received','done','dead','refused')", name=op.f("inbox_status_check")),
        sa.CheckConstraint("(intake_id is null) <> (sender is null)", name=op.f("inbox_sender_check")),
        sa.ForeignKeyConstraint(["batch_id"], ["inbox_batches.id"], name=op.f("inbox_batch_id_fkey")),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("inbox_intake_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_pkey")),
    )
    op.create_index(
        "inbox_batch_id_idx", "inbox", ["batch_id"], unique=False, postgresql_where=sa.text("batch_id is not null")
    )
    op.create_index("inbox_dedupe_key", "inbox", ["dedupe_key", "intake_id"], unique=True)
    op.create_index(
        "inbox_about_key",
        "inbox",
        ["about", "version", "intake_id"],
        unique=True,
        postgresql_where=sa.text("about is not null and version is not null"),
    )
    op.create_index(
        "inbox_unread_idx",
        "inbox",
        ["intake_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("status = 'unread'"),
    )
    op.create_index(
        "inbox_own_write_idx",
        "inbox",
        ["intake_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("(result #>> '{note,key}') = 'arrival.own-write'"),
    )
    op.create_index("inbox_received_idx", "inbox", ["received_at", "id"], unique=False)
    op.create_index("inbox_status_idx", "inbox", ["status", "received_at", "id"], unique=False)
    op.create_index("inbox_intake_idx", "inbox", ["intake_id", "received_at", "id"], unique=False)
    op.create_index(
        "inbox_sender_idx",
        "inbox",
        ["sender", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("sender is not null"),
    )
    op.create_index(
        "inbox_lead_id_idx",
        "inbox",
        ["lead_id", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("lead_id is not null"),
    )
    op.create_index(
        "inbox_error_idx",
        "inbox",
        ["error_code", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("error_code is not null"),
    )
    op.create_index(
        "inbox_sender_key",
        "inbox",
        ["dedupe_key", "sender"],
        unique=True,
        postgresql_where=sa.text("sender is not null"),
    )
    op.create_index(
        "inbox_open_idx", "inbox", ["received_at"], unique=False, postgresql_where=sa.text("status <> 'done'")
    )
    op.create_index(
        "inbox_untried_idx",
        "inbox",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("status = 'received' and next_attempt_at is null"),
    )
    op.create_index(
        "inbox_due_idx", "inbox", ["next_attempt_at"], unique=False, postgresql_where=sa.text("status = 'received'")
    )
    op.create_table(
        "existing_leads",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("owed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("meetings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_to", sa.UUID(), nullable=True),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("existing_leads_connection_id_fkey")),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("existing_leads_pkey")),
    )
    op.create_index(
        "existing_leads_open_idx",
        "existing_leads",
        ["began_at"],
        unique=False,
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_table(
        "rep_calendars",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.Column("watch_state", sa.Text(), nullable=True),
        sa.Column("watch_began_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("watch_renew_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outdated_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("doubted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("rep_calendars_connection_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("rep_calendars_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("rep_calendars_pkey")),
    )
    op.create_index(op.f("rep_calendars_connection_id_idx"), "rep_calendars", ["connection_id"], unique=False)
    op.create_index(
        "rep_calendars_one_write", "rep_calendars", ["rep_id"], unique=True, postgresql_where=sa.text("writes")
    )
    op.create_index("rep_calendars_rep_key", "rep_calendars", ["rep_id", "connection_id", "calendar"], unique=True)
    op.create_table(
        "rep_users",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active','inactive','gone','missing')", name=op.f("rep_users_state_check")),
        sa.CheckConstraint(
            "(user_id is null) = (state = 'missing') and (user_id is null) = (confirmed_at is null)",
            name=op.f("rep_users_user_check"),
        ),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("rep_users_connection_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("rep_users_rep_id_fkey")),
        sa.PrimaryKeyConstraint("connection_id", "rep_id", name=op.f("rep_users_pkey")),
    )
    op.create_index(op.f("rep_users_rep_id_idx"), "rep_users", ["rep_id"], unique=False)
    op.create_index("rep_users_user_key", "rep_users", ["connection_id", "user_id"], unique=True)
    op.create_table(
        "missing_events",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("missing_events_connection_id_fkey")),
        sa.PrimaryKeyConstraint("connection_id", "calendar", "key", name=op.f("missing_events_pkey")),
    )
    op.create_table(
        "time_off",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("time_off_order_check")),
        sa.CheckConstraint("first_day is null or last_day >= first_day", name=op.f("time_off_days_check")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("time_off_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("time_off_pkey")),
    )
    op.create_index(op.f("time_off_rep_id_idx"), "time_off", ["rep_id"], unique=False)
    op.create_table(
        "calendar_reads",
        sa.Column("rep_calendar_id", sa.UUID(), nullable=False),
        sa.Column("window_start", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("window_end", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("busy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("keyed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("read_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("owner_zone", sa.Text(), nullable=True),
        sa.Column("owner_email", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rep_calendar_id"],
            ["rep_calendars.id"],
            name=op.f("calendar_reads_rep_calendar_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rep_calendar_id", name=op.f("calendar_reads_pkey")),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("shown_email_key", sa.Text(), nullable=True),
        sa.Column("shown_email_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.Text(), nullable=True),
        sa.Column("phone_sharer", sa.UUID(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("known_at", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("match", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("nurture_cause", sa.Text(), nullable=True),
        sa.Column("nurture_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("nurture_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("nurture_reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("do_not_contact_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("do_not_contact_by", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.UUID(), nullable=True),
        sa.Column("merged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("other_names", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "searched",
            sa.Text(),
            sa.Computed(
                "searched_text(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '')"
                " || coalesce(', ' || other_names[1], '')"
                " || coalesce(', ' || other_names[2], '') || coalesce(', ' || other_names[3], '')"
                " || coalesce(', ' || other_names[4], '') || coalesce(', ' || other_names[5], ''))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(do_not_contact_at is null) = (do_not_contact_by is null)", name=op.f("leads_do_not_contact_check")
        ),
        sa.CheckConstraint("(merged_into is null) = (merged_at is null)", name=op.f("leads_merge_check")),
        sa.CheckConstraint("(nurture_cause is null) = (nurture_since is null)", name=op.f("leads_nurture_check")),
        sa.CheckConstraint("stage <> 'nurture' or nurture_cause is not null", name=op.f("leads_nurture_stage_check")),
        sa.CheckConstraint("email_key is null or shown_email_key is null", name=op.f("leads_one_email_check")),
        sa.CheckConstraint(
            "(shown_email_key is null) = (shown_email_since is null)", name=op.f("leads_shown_email_check")
        ),
        sa.CheckConstraint(
            "nurture_cause in ('rule','refused','lost','later','day-passed')", name=op.f("leads_nurture_cause_check")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("leads_account_id_fkey")),
        sa.ForeignKeyConstraint(["merged_into"], ["leads.id"], name=op.f("leads_merged_into_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("leads_pkey")),
    )
    op.create_index("leads_account_id_idx", "leads", ["account_id", "created_at", "id"], unique=False)
    op.create_index("leads_updated_idx", "leads", ["updated_at"], unique=False)
    op.create_index("leads_stage_idx", "leads", ["stage", "created_at", "id"], unique=False)
    op.create_index(
        "leads_source_idx",
        "leads",
        [sa.literal_column("(facts ->> 'lead.source')"), "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "leads_text_idx",
        "leads",
        ["searched"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"searched": "gin_trgm_ops"},
    )
    op.create_index("leads_email_key", "leads", ["email_key"], unique=True)
    op.create_index(
        "leads_shown_email_idx",
        "leads",
        ["shown_email_key"],
        unique=False,
        postgresql_where=sa.text("shown_email_key is not null"),
    )
    op.create_index(
        "leads_merged_into_idx",
        "leads",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.create_index(
        "leads_phone_key",
        "leads",
        ["phone_key", "phone_sharer"],
        unique=True,
        postgresql_where=sa.text("phone_key is not null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("leads_created_idx", "leads", ["created_at", "id"], unique=False)
    op.create_index(
        "leads_nurture_until_idx",
        "leads",
        ["nurture_until"],
        unique=False,
        postgresql_where=sa.text("nurture_cause = 'later'"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("work", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("rep_id", sa.UUID(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("roster_version", sa.BigInteger(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs_digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("outcome in ('assigned','held','nurture')", name=op.f("decisions_outcome_check")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("decisions_lead_id_fkey")),
        sa.ForeignKeyConstraint(["policy_version"], ["policies.version"], name=op.f("decisions_policy_version_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("decisions_rep_id_fkey")),
        sa.ForeignKeyConstraint(
            ["roster_version"], ["roster_versions.version"], name=op.f("decisions_roster_version_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("decisions_pkey")),
    )
    op.create_index("decisions_at_idx", "decisions", ["at", "id"], unique=False)
    op.create_index(
        "decisions_rep_id_idx",
        "decisions",
        ["rep_id", "at", "id"],
        unique=False,
        postgresql_where=sa.text("rep_id is not null"),
    )
    op.create_index(
        "decisions_rule_idx",
        "decisions",
        ["rule", "at", "id"],
        unique=False,
        postgresql_where=sa.text("rule is not null"),
    )
    op.create_index(
        "decisions_pool_idx",
        "decisions",
        ["pool", "at", "id"],
        unique=False,
        postgresql_where=sa.text("pool is not null"),
    )
    op.create_index(
        "decisions_work_idx",
        "decisions",
        ["work", "at", "id"],
        unique=False,
        postgresql_where=sa.text("work is not null"),
    )
    op.create_index("decisions_outcome_idx", "decisions", ["outcome", "at", "id"], unique=False)
    op.create_index(
        "decisions_hold_reason_idx",
        "decisions",
        ["hold_reason", "at", "id"],
        unique=False,
        postgresql_where=sa.text("hold_reason is not null"),
    )
    op.create_index("decisions_policy_version_idx", "decisions", ["policy_version", "at", "id"], unique=False)
    op.create_index(op.f("decisions_roster_version_idx"), "decisions", ["roster_version"], unique=False)
    op.create_index("decisions_lead_idx", "decisions", ["lead_id", "at"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("affirmed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("origin", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('qualified','motivated','educated')", name=op.f("evidence_kind_check")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("evidence_lead_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("evidence_pkey")),
    )
    op.create_index(op.f("evidence_lead_id_idx"), "evidence", ["lead_id"], unique=False)
    op.create_table(
        "gate_checks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("setter_rep_id", sa.UUID(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("passed = (expires_at is not null)", name=op.f("gate_checks_expiry_check")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("gate_checks_lead_id_fkey")),
        sa.ForeignKeyConstraint(["policy_version"], ["policies.version"], name=op.f("gate_checks_policy_version_fkey")),
        sa.ForeignKeyConstraint(["setter_rep_id"], ["reps.id"], name=op.f("gate_checks_setter_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("gate_checks_pkey")),
    )
    op.create_index(
        "gate_checks_setter_rep_id_idx",
        "gate_checks",
        ["setter_rep_id"],
        unique=False,
        postgresql_where=sa.text("setter_rep_id is not null"),
    )
    op.create_index(op.f("gate_checks_policy_version_idx"), "gate_checks", ["policy_version"], unique=False)
    op.create_index("gate_checks_lead_idx", "gate_checks", ["lead_id", "work", "checked_at"], unique=False)
    op.create_table(
        "lead_identities",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("lead_identities_lead_id_fkey")),
        sa.PrimaryKeyConstraint("external_id", "source", "sender", name=op.f("lead_identities_pkey")),
    )
    op.create_index(op.f("lead_identities_lead_id_idx"), "lead_identities", ["lead_id"], unique=False)
    op.create_table(
        "refused_words",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("bringer", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("refused_words_lead_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("refused_words_pkey")),
    )
    op.create_index("refused_words_email_key", "refused_words", ["email_key", "bringer"], unique=True)
    op.create_index(
        "refused_words_external_id_key",
        "refused_words",
        ["external_id", "source", "sender"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_index(op.f("refused_words_lead_id_idx"), "refused_words", ["lead_id"], unique=False)
    op.create_index(
        "refused_words_phone_idx",
        "refused_words",
        ["phone_key", "bringer"],
        unique=False,
        postgresql_where=sa.text("phone_key is not null"),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("length(trim(approver)) > 0", name=op.f("overrides_approver_check")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("overrides_reason_check")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("overrides_lead_id_fkey")),
        sa.CheckConstraint(
            "expires_at > created_at and expires_at <= created_at + interval '168 hours'",
            name=op.f("overrides_span_check"),
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("overrides_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("overrides_pkey")),
    )
    op.create_index(op.f("overrides_rep_id_idx"), "overrides", ["rep_id"], unique=False)
    op.create_index("overrides_lead_idx", "overrides", ["lead_id", "rep_id", "work"], unique=False)
    op.create_index("overrides_created_idx", "overrides", ["created_at", "id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("lead_created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("gate_check_id", sa.UUID(), nullable=True),
        sa.Column("override_id", sa.UUID(), nullable=True),
        sa.Column("assigned_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "work in ('nurture','prospecting','qualification','closing','solution_design','customer_service','administration')",
            name=op.f("assignments_work_check"),
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("assignments_decision_id_fkey")),
        sa.ForeignKeyConstraint(["gate_check_id"], ["gate_checks.id"], name=op.f("assignments_gate_check_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("assignments_lead_id_fkey")),
        sa.ForeignKeyConstraint(["override_id"], ["overrides.id"], name=op.f("assignments_override_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("assignments_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("assignments_pkey")),
        sa.UniqueConstraint("id", "lead_id", "rep_id", "work", name=op.f("assignments_id_key")),
    )
    op.create_index(
        "assignments_override_id_idx",
        "assignments",
        ["override_id"],
        unique=False,
        postgresql_where=sa.text("override_id is not null"),
    )
    op.create_index(
        "assignments_gate_check_id_idx",
        "assignments",
        ["gate_check_id"],
        unique=False,
        postgresql_where=sa.text("gate_check_id is not null"),
    )
    op.create_index(op.f("assignments_decision_id_idx"), "assignments", ["decision_id"], unique=False)
    op.create_index("assignments_lead_idx", "assignments", ["lead_id"], unique=False)
    op.create_index(
        "assignments_one_active", "assignments", ["lead_id"], unique=True, postgresql_where=sa.text("ended_at is null")
    )
    op.create_index(
        "assignments_open_idx",
        "assignments",
        ["rep_id", "lead_created_at", "lead_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "assignments_pool_idx",
        "assignments",
        ["pool", "lead_created_at", "lead_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "assignments_work_idx",
        "assignments",
        ["work", "lead_created_at", "lead_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "assignments_rule_idx",
        "assignments",
        ["rule", "lead_created_at", "lead_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("assignments_own_idx", "assignments", ["rep_id", "lead_created_at", "lead_id"], unique=False)
    op.create_index("assignments_rep_idx", "assignments", ["rep_id", "assigned_at"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=True),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sentence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("held_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("released_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("release", sa.Text(), nullable=True),
        sa.Column("next_try_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("releases", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("holds_decision_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("holds_lead_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("holds_pkey")),
    )
    op.create_index(
        "holds_open_idx", "holds", ["held_at", "id"], unique=False, postgresql_where=sa.text("released_at is null")
    )
    op.create_index(
        "holds_open_pool_idx",
        "holds",
        ["pool", "held_at", "id"],
        unique=False,
        postgresql_where=sa.text("released_at is null"),
    )
    op.create_index("holds_held_idx", "holds", ["held_at", "id"], unique=False)
    op.create_index(
        "holds_pool_idx", "holds", ["pool", "held_at", "id"], unique=False, postgresql_where=sa.text("pool is not null")
    )
    op.create_index(
        "holds_work_idx", "holds", ["work", "held_at", "id"], unique=False, postgresql_where=sa.text("work is not null")
    )
    op.create_index("holds_reason_idx", "holds", ["reason", "held_at", "id"], unique=False)
    op.create_index(op.f("holds_lead_id_idx"), "holds", ["lead_id"], unique=False)
    op.create_index(op.f("holds_decision_id_idx"), "holds", ["decision_id"], unique=False)
    op.create_index(
        "holds_one_open", "holds", ["lead_id"], unique=True, postgresql_where=sa.text("released_at is null")
    )
    op.create_index(
        "holds_due_idx",
        "holds",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("released_at is null and next_try_at is not null"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("rep_id", sa.UUID(), nullable=True),
        sa.Column("entry", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('assign','credit','adjust','restore')", name=op.f("ledger_entries_kind_check")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("ledger_entries_decision_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("ledger_entries_rep_id_fkey")),
        sa.PrimaryKeyConstraint("pool", "seq", name=op.f("ledger_entries_pkey")),
    )
    op.create_index(
        "ledger_entries_rep_id_idx",
        "ledger_entries",
        ["rep_id"],
        unique=False,
        postgresql_where=sa.text("rep_id is not null"),
    )
    op.create_index("ledger_entries_decision_idx", "ledger_entries", ["decision_id"], unique=False)
    op.create_index(
        "ledger_entries_once_key",
        "ledger_entries",
        ["decision_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'assign'"),
    )
    op.create_table(
        "skips",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cost_seq", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(used_at is null) = (decision_id is null)", name=op.f("skips_use_check")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("skips_reason_check")),
        sa.CheckConstraint("used_at is null or cancelled_at is null", name=op.f("skips_end_check")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("skips_decision_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("skips_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("skips_pkey")),
    )
    op.create_index(
        "skips_decision_id_idx",
        "skips",
        ["decision_id"],
        unique=False,
        postgresql_where=sa.text("decision_id is not null"),
    )
    op.create_index(op.f("skips_rep_id_idx"), "skips", ["rep_id"], unique=False)
    op.create_index(
        "skips_one_open",
        "skips",
        ["ledger", "rep_id"],
        unique=True,
        postgresql_where=sa.text("used_at is null and cancelled_at is null"),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confirm_by", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("accepted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reject_code", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("conflict", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("gate_check_id", sa.UUID(), nullable=True),
        sa.Column("override_id", sa.UUID(), nullable=True),
        sa.Column("gate_snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("setter_rep_id", sa.UUID(), nullable=True),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), server_default="nobody", nullable=False),
        sa.Column("invitation_pool", sa.Text(), nullable=True),
        sa.Column("join_url", sa.Text(), nullable=True),
        sa.Column("vendor_meeting", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("invited_by in ('mail','calendar','nobody')", name=op.f("appointments_invited_by_check")),
        sa.CheckConstraint(
            "status in ('requested','confirmed','attended','no_show','cancelled','rejected')",
            name=op.f("appointments_status_check"),
        ),
        sa.CheckConstraint(
            "(status = 'requested') = (confirm_by is not null)", name=op.f("appointments_confirm_by_check")
        ),
        sa.CheckConstraint(
            "(status = 'rejected') = (reject_code is not null)", name=op.f("appointments_reject_code_check")
        ),
        sa.CheckConstraint("outcome in ('won','lost','later')", name=op.f("appointments_outcome_check")),
        sa.CheckConstraint("outcome is null or status = 'attended'", name=op.f("appointments_outcome_attended_check")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("appointments_order_check")),
        sa.ForeignKeyConstraint(
            ["assignment_id", "lead_id", "rep_id", "work"],
            ["assignments.id", "assignments.lead_id", "assignments.rep_id", "assignments.work"],
            name=op.f("appointments_assignment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["gate_check_id"], ["gate_checks.id"], name=op.f("appointments_gate_check_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("appointments_lead_id_fkey")),
        sa.ForeignKeyConstraint(["override_id"], ["overrides.id"], name=op.f("appointments_override_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("appointments_rep_id_fkey")),
        sa.ForeignKeyConstraint(["setter_rep_id"], ["reps.id"], name=op.f("appointments_setter_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("appointments_pkey")),
    )
    op.create_index("appointments_starts_idx", "appointments", ["starts_at", "id"], unique=False)
    op.create_index("appointments_rep_starts_idx", "appointments", ["rep_id", "starts_at"], unique=False)
    op.create_index("appointments_created_idx", "appointments", ["created_at", "id"], unique=False)
    op.create_index("appointments_rep_id_idx", "appointments", ["rep_id", "created_at", "id"], unique=False)
    op.create_index(
        "appointments_pool_idx",
        "appointments",
        ["pool", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("pool is not null"),
    )
    op.create_index("appointments_status_idx", "appointments", ["status", "created_at", "id"], unique=False)
    op.create_index(
        "appointments_active_idx",
        "appointments",
        ["ends_at", "id"],
        unique=False,
        postgresql_where=sa.text("status in ('requested','confirmed')"),
    )
    op.create_index(
        "appointments_unlinked_idx",
        "appointments",
        ["id"],
        unique=False,
        postgresql_where=sa.text("vendor_meeting and join_url is null and status in ('requested','confirmed')"),
    )
    op.create_index(
        "appointments_setter_rep_id_idx",
        "appointments",
        ["setter_rep_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("setter_rep_id is not null"),
    )
    op.create_index(
        "appointments_override_id_idx",
        "appointments",
        ["override_id"],
        unique=False,
        postgresql_where=sa.text("override_id is not null"),
    )
    op.create_index(
        "appointments_gate_check_id_idx",
        "appointments",
        ["gate_check_id"],
        unique=False,
        postgresql_where=sa.text("gate_check_id is not null"),
    )
    op.create_index(op.f("appointments_assignment_id_idx"), "appointments", ["assignment_id"], unique=False)
    op.create_index(op.f("appointments_lead_id_idx"), "appointments", ["lead_id"], unique=False)
    op.create_index(
        "appointments_one_per_lead",
        "appointments",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("status in ('requested','confirmed')"),
    )
    op.create_table(
        "appointment_companions",
        sa.Column("appointment_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "work in ('nurture','prospecting','qualification','closing','solution_design','customer_service','administration')",
            name=op.f("appointment_companions_work_check"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("appointment_companions_appointment_id_fkey")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("appointment_companions_rep_id_fkey")),
        sa.PrimaryKeyConstraint("appointment_id", "rep_id", name=op.f("appointment_companions_pkey")),
    )
    op.create_index(op.f("appointment_companions_rep_id_idx"), "appointment_companions", ["rep_id"], unique=False)
    op.create_table(
        "appointment_events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("appointment_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("appointment_events_appointment_id_fkey")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("appointment_events_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("appointment_events_pkey")),
    )
    op.create_index(
        op.f("appointment_events_appointment_id_idx"), "appointment_events", ["appointment_id"], unique=False
    )
    op.create_index(op.f("appointment_events_rep_id_idx"), "appointment_events", ["rep_id"], unique=False)
    op.create_table(
        "booking_links",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("booking_links_lead_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("booking_links_pkey")),
    )
    op.create_index("booking_links_lead_idx", "booking_links", ["lead_id", "created_at"], unique=False)
    op.create_table(
        "lead_links",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("assignment_id", sa.UUID(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(assignment_id is null) <> (key_id is null)", name=op.f("lead_links_one_reader_check")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("lead_links_assignment_id_fkey")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("lead_links_key_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("lead_links_lead_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lead_links_pkey")),
    )
    op.create_index("lead_links_lead_idx", "lead_links", ["lead_id", "created_at"], unique=False)
    op.create_index(op.f("lead_links_assignment_id_idx"), "lead_links", ["assignment_id"], unique=False)
    op.create_index(op.f("lead_links_key_id_idx"), "lead_links", ["key_id"], unique=False)
    op.create_table(
        "slot_holds",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("released_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("slot_holds_order_check")),
        sa.CheckConstraint(
            "expires_at > created_at and expires_at <= created_at + interval '1 hour'",
            name=op.f("slot_holds_expiry_check"),
        ),
        sa.CheckConstraint("(released_at is null) = (release_reason is null)", name=op.f("slot_holds_release_check")),
        sa.CheckConstraint(
            "release_reason in ('booked','cancelled','expired','replaced')",
            name=op.f("slot_holds_release_reason_check"),
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("slot_holds_lead_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("slot_holds_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_holds_pkey")),
        sa.UniqueConstraint("id", "lead_id", "expires_at", name=op.f("slot_holds_id_key")),
    )
    op.create_index(op.f("slot_holds_rep_id_idx"), "slot_holds", ["rep_id"], unique=False)
    op.create_index(op.f("slot_holds_lead_id_idx"), "slot_holds", ["lead_id"], unique=False)
    op.create_index(
        "slot_holds_one_per_lead",
        "slot_holds",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("released_at is null"),
    )
    op.create_index(
        "slot_holds_open_idx",
        "slot_holds",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("released_at is null"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("appointment_id", sa.UUID(), nullable=True),
        sa.Column("rep_id", sa.UUID(), nullable=True),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("calendar", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("unsure", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("action", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("mailed_to", sa.Text(), nullable=True),
        sa.Column("mailed_key", sa.Text(), nullable=True),
        sa.Column("mailed_owner", sa.Text(), nullable=True),
        sa.Column("mailed_from", sa.Text(), nullable=True),
        sa.Column("mailed_as", sa.Text(), nullable=True),
        sa.Column("mailed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("owed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("next_attempt_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("lease", sa.UUID(), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("last_error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("vendor_id", sa.Text(), nullable=True),
        sa.Column("vendor_version", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('pending','done','superseded','dead')", name=op.f("deliveries_status_check")),
        sa.CheckConstraint(
            "kind in ('appointment','person','activity','task','membership','fields','notice')",
            name=op.f("deliveries_kind_check"),
        ),
        sa.CheckConstraint("wanted in ('put','drop')", name=op.f("deliveries_wanted_check")),
        sa.CheckConstraint(
            "(kind in ('person','task','membership','fields')) = (appointment_id is null) and (kind = 'person') = (rep_id is null)",
            name=op.f("deliveries_appointment_check"),
        ),
        sa.CheckConstraint(
            "(kind in ('task','membership','fields')) = (action is not null)", name=op.f("deliveries_action_check")
        ),
        sa.CheckConstraint(
            "said in ('confirmation','change','cancellation','reminder')", name=op.f("deliveries_said_check")
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("deliveries_appointment_id_fkey")),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("deliveries_connection_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("deliveries_lead_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("deliveries_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("deliveries_pkey")),
    )
    op.create_table(
        "crm_records",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("seen", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("crm_records_connection_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("crm_records_lead_id_fkey")),
        sa.PrimaryKeyConstraint("connection_id", "record_id", name=op.f("crm_records_pkey")),
    )
    op.create_index("crm_records_lead_idx", "crm_records", ["lead_id", "connection_id"], unique=False)
    op.create_index(
        "crm_records_due_idx",
        "crm_records",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index("deliveries_created_idx", "deliveries", ["created_at", "id"], unique=False)
    op.create_index(
        "deliveries_vendor_id_idx",
        "deliveries",
        ["vendor_id", "connection_id"],
        unique=False,
        postgresql_where=sa.text("vendor_id is not null"),
    )
    op.create_index("deliveries_connection_id_idx", "deliveries", ["connection_id", "created_at", "id"], unique=False)
    op.create_index("deliveries_status_idx", "deliveries", ["status", "created_at", "id"], unique=False)
    op.create_index("deliveries_kind_idx", "deliveries", ["kind", "created_at", "id"], unique=False)
    op.create_index(
        "deliveries_appointment_id_idx",
        "deliveries",
        ["appointment_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("appointment_id is not null"),
    )
    op.create_index("deliveries_lead_id_idx", "deliveries", ["lead_id", "created_at", "id"], unique=False)
    op.create_index(
        "deliveries_error_code_idx",
        "deliveries",
        ["error_code", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("error_code is not null"),
    )
    op.create_index(op.f("deliveries_rep_id_idx"), "deliveries", ["rep_id"], unique=False)
    op.create_index(
        "deliveries_maybe_twice_idx",
        "deliveries",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("kind = 'notice' and status = 'done' and unsure > 0"),
    )
    op.create_index(
        "deliveries_due_idx",
        "deliveries",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "deliveries_mailbox_idx",
        "deliveries",
        ["mailed_owner", "mailed_at"],
        unique=False,
        postgresql_where=sa.text("mailed_owner is not null"),
    )
    op.create_index(
        "deliveries_one_effect",
        "deliveries",
        ["key", "connection_id", "calendar", "kind", "sequence"],
        unique=True,
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("buffer_before", sa.Interval(), nullable=False),
        sa.Column("buffer_after", sa.Interval(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.UUID(), nullable=True),
        sa.Column("slot_hold_id", sa.UUID(), nullable=True),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("rep_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("active"),
            using="gist",
            name="reservations_no_overlap",
        ),
        sa.CheckConstraint(
            "work in ('nurture','prospecting','qualification','closing','solution_design','customer_service','administration')",
            name=op.f("reservations_work_check"),
        ),
        sa.CheckConstraint("kind in ('appointment','slot_hold')", name=op.f("reservations_kind_check")),
        sa.CheckConstraint(
            "(kind = 'appointment') = (appointment_id is not null)", name=op.f("reservations_appointment_check")
        ),
        sa.CheckConstraint(
            "(kind = 'slot_hold') = (expires_at is not null)", name=op.f("reservations_slot_hold_expires_check")
        ),
        sa.CheckConstraint(
            "(kind = 'slot_hold') = (slot_hold_id is not null)", name=op.f("reservations_slot_hold_check")
        ),
        sa.CheckConstraint(
            "buffer_before between interval '0' and interval '24 hours'", name=op.f("reservations_buffer_before_check")
        ),
        sa.CheckConstraint(
            "buffer_after between interval '0' and interval '24 hours'", name=op.f("reservations_buffer_after_check")
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("reservations_appointment_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("reservations_lead_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("reservations_rep_id_fkey")),
        sa.ForeignKeyConstraint(
            ["slot_hold_id", "lead_id", "expires_at"],
            ["slot_holds.id", "slot_holds.lead_id", "slot_holds.expires_at"],
            name=op.f("reservations_slot_hold_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reservations_pkey")),
    )
    op.create_index(op.f("reservations_rep_id_idx"), "reservations", ["rep_id"], unique=False)
    op.create_index(op.f("reservations_lead_id_idx"), "reservations", ["lead_id"], unique=False)
    op.create_index(op.f("reservations_appointment_id_idx"), "reservations", ["appointment_id"], unique=False)
    op.create_index(op.f("reservations_slot_hold_id_idx"), "reservations", ["slot_hold_id"], unique=False)
    op.create_table(
        "crm_owners",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("look_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("noticed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("crm_owners_connection_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("crm_owners_lead_id_fkey")),
        sa.PrimaryKeyConstraint("connection_id", "lead_id", name=op.f("crm_owners_pkey")),
    )
    op.create_index("crm_owners_record_idx", "crm_owners", ["record_id", "connection_id"], unique=False)
    op.create_index("crm_owners_lead_idx", "crm_owners", ["lead_id"], unique=False)
    op.create_index(
        "crm_owners_look_idx",
        "crm_owners",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("look_at is not null"),
    )
    op.create_table(
        "owner_changes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.UUID(), nullable=True),
        sa.Column("our_rep_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("message", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome in ('accepted','released','refused','not-allowed','no-rep','reverted','given-up','left','agreed')",
            name=op.f("owner_changes_outcome_check"),
        ),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("owner_changes_connection_id_fkey")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("owner_changes_lead_id_fkey")),
        sa.ForeignKeyConstraint(["our_rep_id"], ["reps.id"], name=op.f("owner_changes_our_rep_id_fkey")),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("owner_changes_rep_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("owner_changes_pkey")),
    )
    op.create_index("owner_changes_connection_idx", "owner_changes", ["connection_id", "at"], unique=False)
    op.create_index("owner_changes_lead_idx", "owner_changes", ["lead_id", "connection_id", "at", "id"], unique=False)
    op.create_index(op.f("owner_changes_our_rep_id_idx"), "owner_changes", ["our_rep_id"], unique=False)
    op.create_index(op.f("owner_changes_rep_id_idx"), "owner_changes", ["rep_id"], unique=False)


def downgrade() -> None:
    op.drop_table("owner_changes")
    op.drop_table("crm_owners")
    op.drop_index(op.f("reservations_slot_hold_id_idx"), table_name="reservations")
    op.drop_index(op.f("reservations_appointment_id_idx"), table_name="reservations")
    op.drop_table("reservations")
    op.drop_index("deliveries_one_effect", table_name="deliveries")
    op.drop_index(
        "deliveries_mailbox_idx", table_name="deliveries", postgresql_where=sa.text("mailed_owner is not null")
    )
    op.drop_index(
        "deliveries_maybe_twice_idx",
        table_name="deliveries",
        postgresql_where=sa.text("kind = 'notice' and status = 'done' and unsure > 0"),
    )
    op.drop_index("deliveries_due_idx", table_name="deliveries", postgresql_where=sa.text("status = 'pending'"))
    op.drop_index(
        "deliveries_error_code_idx", table_name="deliveries", postgresql_where=sa.text("error_code is not null")
    )
    op.drop_index("deliveries_lead_id_idx", table_name="deliveries")
    op.drop_index(
        "deliveries_appointment_id_idx",
        table_name="deliveries",
        postgresql_where=sa.text("appointment_id is not null"),
    )
    op.drop_index("deliveries_kind_idx", table_name="deliveries")
    op.drop_index("deliveries_status_idx", table_name="deliveries")
    op.drop_index("deliveries_connection_id_idx", table_name="deliveries")
    op.drop_index("deliveries_created_idx", table_name="deliveries")
    op.drop_index(
        "deliveries_vendor_id_idx", table_name="deliveries", postgresql_where=sa.text("vendor_id is not null")
    )
    op.drop_table("crm_records")
    op.drop_table("deliveries")
    op.drop_index("slot_holds_open_idx", table_name="slot_holds", postgresql_where=sa.text("released_at is null"))
    op.drop_index("slot_holds_one_per_lead", table_name="slot_holds", postgresql_where=sa.text("released_at is null"))
    op.drop_index(op.f("slot_holds_lead_id_idx"), table_name="slot_holds")
    op.drop_table("slot_holds")
    op.drop_index(op.f("lead_links_key_id_idx"), table_name="lead_links")
    op.drop_index(op.f("lead_links_assignment_id_idx"), table_name="lead_links")
    op.drop_index("lead_links_lead_idx", table_name="lead_links")
    op.drop_table("lead_links")
    op.drop_index("booking_links_lead_idx", table_name="booking_links")
    op.drop_table("booking_links")
    op.drop_index(op.f("appointment_events_rep_id_idx"), table_name="appointment_events")
    op.drop_index(op.f("appointment_events_appointment_id_idx"), table_name="appointment_events")
    op.drop_table("appointment_events")
    op.drop_table("appointment_companions")
    op.drop_index(
        "appointments_one_per_lead",
        table_name="appointments",
        postgresql_where=sa.text("status in ('requested','confirmed')"),
    )
    op.drop_index(op.f("appointments_lead_id_idx"), table_name="appointments")
    op.drop_index(
        "appointments_setter_rep_id_idx",
        table_name="appointments",
        postgresql_where=sa.text("setter_rep_id is not null"),
    )
    op.drop_index(
        "appointments_unlinked_idx",
        table_name="appointments",
        postgresql_where=sa.text("vendor_meeting and join_url is null and status in ('requested','confirmed')"),
    )
    op.drop_index(
        "appointments_active_idx",
        table_name="appointments",
        postgresql_where=sa.text("status in ('requested','confirmed')"),
    )
    op.drop_index("appointments_status_idx", table_name="appointments")
    op.drop_index("appointments_pool_idx", table_name="appointments", postgresql_where=sa.text("pool is not null"))
    op.drop_index("appointments_rep_id_idx", table_name="appointments")
    op.drop_index("appointments_created_idx", table_name="appointments")
    op.drop_index("appointments_rep_starts_idx", table_name="appointments")
    op.drop_index("appointments_starts_idx", table_name="appointments")
    op.drop_table("appointments")
    op.drop_index(
        "skips_one_open", table_name="skips", postgresql_where=sa.text("used_at is null and cancelled_at is null")
    )
    op.drop_table("skips")
    op.drop_index("ledger_entries_once_key", table_name="ledger_entries", postgresql_where=sa.text("kind = 'assign'"))
    op.drop_index("ledger_entries_decision_idx", table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_index(
        "holds_due_idx",
        table_name="holds",
        postgresql_where=sa.text("released_at is null and next_try_at is not null"),
    )
    op.drop_index("holds_one_open", table_name="holds", postgresql_where=sa.text("released_at is null"))
    op.drop_index("holds_reason_idx", table_name="holds")
    op.drop_index("holds_work_idx", table_name="holds", postgresql_where=sa.text("work is not null"))
    op.drop_index("holds_pool_idx", table_name="holds", postgresql_where=sa.text("pool is not null"))
    op.drop_index("holds_held_idx", table_name="holds")
    op.drop_index("holds_open_pool_idx", table_name="holds", postgresql_where=sa.text("released_at is null"))
    op.drop_index("holds_open_idx", table_name="holds", postgresql_where=sa.text("released_at is null"))
    op.drop_table("holds")
    op.drop_index("assignments_rep_idx", table_name="assignments")
    op.drop_index("assignments_own_idx", table_name="assignments")
    op.drop_index("assignments_rule_idx", table_name="assignments", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("assignments_open_idx", table_name="assignments", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("assignments_one_active", table_name="assignments", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("assignments_lead_idx", table_name="assignments")
    op.drop_table("assignments")
    op.drop_index("overrides_created_idx", table_name="overrides")
    op.drop_index("overrides_lead_idx", table_name="overrides")
    op.drop_table("overrides")
    op.drop_table("refused_words")
    op.drop_index(op.f("lead_identities_lead_id_idx"), table_name="lead_identities")
    op.drop_table("lead_identities")
    op.drop_index("gate_checks_lead_idx", table_name="gate_checks")
    op.drop_table("gate_checks")
    op.drop_index(op.f("evidence_lead_id_idx"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index("decisions_lead_idx", table_name="decisions")
    op.drop_index("decisions_policy_version_idx", table_name="decisions")
    op.drop_index(
        "decisions_hold_reason_idx", table_name="decisions", postgresql_where=sa.text("hold_reason is not null")
    )
    op.drop_index("decisions_outcome_idx", table_name="decisions")
    op.drop_index("decisions_work_idx", table_name="decisions", postgresql_where=sa.text("work is not null"))
    op.drop_index("decisions_pool_idx", table_name="decisions", postgresql_where=sa.text("pool is not null"))
    op.drop_index("decisions_rule_idx", table_name="decisions", postgresql_where=sa.text("rule is not null"))
    op.drop_index("decisions_rep_id_idx", table_name="decisions", postgresql_where=sa.text("rep_id is not null"))
    op.drop_index("decisions_at_idx", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("leads_phone_key", table_name="leads")
    op.drop_index("leads_shown_email_idx", table_name="leads", postgresql_where=sa.text("shown_email_key is not null"))
    op.drop_index("leads_email_key", table_name="leads")
    op.drop_index("leads_account_id_idx", table_name="leads")
    op.drop_table("leads")
    op.drop_table("calendar_reads")
    op.drop_table("missing_events")
    op.drop_index(op.f("time_off_rep_id_idx"), table_name="time_off")
    op.drop_table("time_off")
    op.drop_index("existing_leads_open_idx", table_name="existing_leads", postgresql_where=sa.text("done_at is null"))
    op.drop_table("existing_leads")
    op.drop_index("rep_users_user_key", table_name="rep_users")
    op.drop_index(op.f("rep_users_rep_id_idx"), table_name="rep_users")
    op.drop_table("rep_users")
    op.drop_index("rep_calendars_rep_key", table_name="rep_calendars")
    op.drop_index("rep_calendars_one_write", table_name="rep_calendars", postgresql_where=sa.text("writes"))
    op.drop_table("rep_calendars")
    op.drop_index("inbox_due_idx", table_name="inbox", postgresql_where=sa.text("status = 'received'"))
    op.drop_index(
        "inbox_untried_idx",
        table_name="inbox",
        postgresql_where=sa.text("status = 'received' and next_attempt_at is null"),
    )
    op.drop_index("inbox_open_idx", table_name="inbox", postgresql_where=sa.text("status <> 'done'"))
    op.drop_index("inbox_sender_key", table_name="inbox", postgresql_where=sa.text("sender is not null"))
    op.drop_index("inbox_unread_idx", table_name="inbox", postgresql_where=sa.text("status = 'unread'"))
    op.drop_index(
        "inbox_about_key",
        table_name="inbox",
        postgresql_where=sa.text("about is not null and version is not null"),
    )
    op.drop_index("inbox_dedupe_key", table_name="inbox")
    op.drop_index(
        "inbox_own_write_idx",
        table_name="inbox",
        postgresql_where=sa.text("(result #>> '{note,key}') = 'arrival.own-write'"),
    )
    op.drop_index("inbox_lead_id_idx", table_name="inbox", postgresql_where=sa.text("lead_id is not null"))
    op.drop_table("inbox")
    op.drop_index("accounts_name_key_idx", table_name="accounts")
    op.drop_index("accounts_domain_key", table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("role_works")
    op.drop_table("api_keys")
    op.drop_table("reps")
    op.drop_table("inbox_batches")
    op.drop_table("suppliers")
    op.drop_table("roster_versions")
    op.drop_table("roles")
    op.drop_table("pool_ledgers")
    op.drop_index("policy_publications_version_idx", table_name="policy_publications")
    op.drop_table("policy_publications")
    op.drop_index("policies_one_published", table_name="policies", postgresql_where=sa.text("state = 'published'"))
    op.drop_table("policies")
    op.drop_index("intake_feeds_due_idx", table_name="intake_feeds")
    op.drop_table("intake_feeds")
    op.drop_index(op.f("intakes_connection_idx"), table_name="intakes")
    op.drop_table("intakes")
    op.drop_table("idempotency")
    op.drop_table("connection_memory")
    op.drop_table("sign_ins")
    op.drop_table("connection_tokens")
    op.drop_table("connection_pace")
    op.drop_table("connections")
    op.drop_index("audit_subject_idx", table_name="audit")
    op.drop_index("audit_at_idx", table_name="audit")
    op.drop_table("audit")
    op.drop_table("periodic_runs")
    op.drop_index("alerts_one_open", table_name="alerts", postgresql_where=sa.text("resolved_at is null"))
    op.drop_index("alerts_subject_idx", table_name="alerts")
    op.drop_index("alerts_code_idx", table_name="alerts")
    op.drop_index("alerts_raised_idx", table_name="alerts")
    op.drop_index("alerts_open_idx", table_name="alerts", postgresql_where=sa.text("resolved_at is null"))
    op.drop_table("alerts")
    for function in ("with_former_names", "with_name", "folded_name", "search_patterns", "searched_text"):
        op.execute(f"drop function {function}")
