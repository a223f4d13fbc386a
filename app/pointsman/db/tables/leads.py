"""Tables of leads and accounts."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from pointsman.db.tables.base import INSTANT, id_column, instant_column, metadata

accounts = Table(
    "accounts",
    metadata,
    id_column(),
    Column("name", Text),
    Column("name_key", Text),
    Column("domain", Text),
    Column("status", Text, nullable=False, server_default="prospect"),
    Column("owner_rep_id", ForeignKey("reps.id")),
    Column("parent_id", ForeignKey("accounts.id"), index=True),  # no circles: a trigger says so
    Column("name_blocks", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # alike names share one
    Column("merged_into", ForeignKey("accounts.id"), index=True),  # its name and domain lead there from then on
    instant_column("merged_at", null=True),
    instant_column("created_at"),
    # At most five that were said of its domain beside `name`, which stays: a form's spelling renames no company.
    Column("other_names", ARRAY(Text)),
    # Kept, since a search reads it of each row that its index finds, and folding takes longer than reading.
    Column(
        "searched",
        Text,
        Computed(
            "searched_text(name || coalesce(', ' || other_names[1], '')"
            " || coalesce(', ' || other_names[2], '') || coalesce(', ' || other_names[3], '')"
            " || coalesce(', ' || other_names[4], '') || coalesce(', ' || other_names[5], ''))",
            persisted=True,
        ),
    ),
    CheckConstraint("(merged_into is null) = (merged_at is null)", name="merge"),
    Index("accounts_name_blocks_idx", "name_blocks", postgresql_using="gin"),
    Index("accounts_domain_key", "domain", unique=True),
    Index("accounts_name_key_idx", "name_key"),
    Index("accounts_name_without_domain_key", "name_key", unique=True, postgresql_where=text("domain is null")),
    Index(
        "accounts_owner_rep_id_idx",
        "owner_rep_id",
        "created_at",
        "id",
        postgresql_where=text("owner_rep_id is not null"),
    ),
    Index("accounts_created_idx", "created_at", "id"),
    Index("accounts_status_idx", "status", "created_at", "id"),
    Index(
        "accounts_text_idx",
        "searched",
        postgresql_using="gin",
        postgresql_ops={"searched": "gin_trgm_ops"},
    ),
)

leads = Table(
    "leads",
    metadata,
    id_column(),
    Column("email", Text),  # as given
    Column("email_key", Text),  # normalised
    # The same of an address that the lead shows and does not go by: another lead did when a partner or rep said it of this one.
    Column("shown_email_key", Text),
    instant_column("shown_email_since", null=True),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("phone", Text),  # as given
    Column("phone_key", Text),  # E.164; several leads may have one number
    Column("phone_sharer", UUID),  # the lead's own id, unless no other lead had the number when it got it
    Column("facts", JSONB, nullable=False),  # everything else the rules know, without personal data
    Column("known_at", JSONB, nullable=False, server_default=text("'{}'")),  # field -> the instant its value was true
    Column("stage", Text, nullable=False),
    Column("account_id", ForeignKey("accounts.id")),
    Column("match", JSONB, nullable=False),  # how person and account were matched, with ties
    Column(
        "nurture_cause",
        Text,
        CheckConstraint("nurture_cause in ('rule','refused','lost','later','day-passed')", name="nurture_cause"),
    ),
    instant_column("nurture_since", null=True),
    Column("nurture_until", INSTANT),  # the end of its cool-off
    Column("nurture_reason", JSONB(none_as_null=True)),  # `Message.as_json`
    instant_column("do_not_contact_at", null=True),  # since then told no more than their appointments call for
    Column("do_not_contact_by", Text),
    Column("merged_into", ForeignKey("leads.id")),  # its email and external ids lead there from then on
    instant_column("merged_at", null=True),
    Column("version", Integer, nullable=False),
    instant_column("created_at"),
    instant_column("updated_at"),
    # At most five "first last address" that it had before; null while none was replaced. Not for a partner's or rep's eyes.
    Column("other_names", ARRAY(Text)),
    # No function of ours around it: PostgreSQL would parse that one anew at each write.
    Column(
        "searched",
        Text,
        Computed(
            "searched_text(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '')"
            " || coalesce(', ' || other_names[1], '')"
            " || coalesce(', ' || other_names[2], '') || coalesce(', ' || other_names[3], '')"
            " || coalesce(', ' || other_names[4], '') || coalesce(', ' || other_names[5], ''))",
            persisted=True,
        ),
    ),
    CheckConstraint("(merged_into is null) = (merged_at is null)", name="merge"),
    CheckConstraint("(do_not_contact_at is null) = (do_not_contact_by is null)", name="do_not_contact"),
    CheckConstraint("(nurture_cause is null) = (nurture_since is null)", name="nurture"),
    CheckConstraint("stage <> 'nurture' or nurture_cause is not null", name="nurture_stage"),
    CheckConstraint("email_key is null or shown_email_key is null", name="one_email"),
    CheckConstraint("(shown_email_key is null) = (shown_email_since is null)", name="shown_email"),
    Index("leads_merged_into_idx", "merged_into", postgresql_where=text("merged_into is not null")),
    Index("leads_email_key", "email_key", unique=True),
    Index("leads_shown_email_idx", "shown_email_key", postgresql_where=text("shown_email_key is not null")),
    # Two who make a lead of one new number at the same moment: the later is refused.
    Index(
        "leads_phone_key",
        "phone_key",
        "phone_sharer",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("phone_key is not null"),
    ),
    Index("leads_created_idx", "created_at", "id"),
    Index("leads_updated_idx", "updated_at"),
    Index("leads_stage_idx", "stage", "created_at", "id"),
    Index("leads_account_id_idx", "account_id", "created_at", "id"),
    Index("leads_source_idx", text("(facts ->> 'lead.source')"), "created_at", "id"),
    # Letters of names and addresses, and of nothing else that is known of a person.
    Index(
        "leads_text_idx",
        "searched",
        postgresql_using="gin",
        postgresql_ops={"searched": "gin_trgm_ops"},
    ),
    Index("leads_nurture_until_idx", "nurture_until", postgresql_where=text("nurture_cause = 'later'")),
)

lead_identities = Table(
    "lead_identities",
    metadata,
    Column("sender", Text, nullable=False),  # "webhook", "api", "partner:<supplier>": each has ids of its own
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("lead_id", ForeignKey("leads.id"), nullable=False, index=True),
    PrimaryKeyConstraint("external_id", "source", "sender"),  # people know an id, and seldom under whose name it came
)
