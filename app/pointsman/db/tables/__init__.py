"""All tables, as SQLAlchemy Core metadata; the migrations add what metadata cannot say (triggers, jobs).

Personal data lives in named columns only: `leads.email`, `first_name`, `last_name`, `phone`, `phone_key` and what is made of
them (`email_key`, `shown_email_key`, `searched`), `deliveries.mailed_to`, `mailed_key` and `mailed_owner` (where a
buyer's mail went), `lead_identities.external_id`, the same names in `refused_words`,
`reps.name`, `reps.email` (rep names also in what is derived: roster snapshots, decisions), `rep_calendars.calendar` (some
vendors name a calendar by its owner's address; so `deliveries.calendar`, `missing_events.calendar`, `connection_pace.subject`
and `connection_tokens.subject`), and in the raw `inbox.body`, `inbox_batches.body` and `idempotency.answer`, which have a
retention, with the vendor's own words for an event beside them, `inbox.dedupe_key`, `inbox.about` and `inbox.version`, which
may hold an address. Of what CRMs have of a lead, `crm_records.seen` has digests alone.
"""

from pointsman.db.tables.appointments import appointment_companions, appointment_events, appointments
from pointsman.db.tables.base import metadata
from pointsman.db.tables.connections import (
    calendar_reads,
    connections,
    existing_leads,
    missing_events,
    rep_calendars,
    rep_users,
)
from pointsman.db.tables.crm_owners import crm_owners, owner_changes
from pointsman.db.tables.deliveries import crm_records, deliveries
from pointsman.db.tables.intake import idempotency, inbox, inbox_batches, intake_feeds, intakes, refused_words
from pointsman.db.tables.leads import accounts, lead_identities, leads
from pointsman.db.tables.operations import alerts, api_keys, audit, periodic_runs
from pointsman.db.tables.pace import connection_pace
from pointsman.db.tables.reserved_time import reservations, slot_holds
from pointsman.db.tables.roster import reps, role_works, roles, roster_versions, suppliers, time_off
from pointsman.db.tables.routing import (
    assignments,
    decisions,
    evidence,
    gate_checks,
    holds,
    ledger_entries,
    overrides,
    policies,
    policy_publications,
    pool_ledgers,
    skips,
)
from pointsman.db.tables.sign_in import connection_memory, connection_tokens, sign_ins
from pointsman.db.tables.signed_links import booking_links, lead_links

__all__ = [
    "accounts",
    "alerts",
    "api_keys",
    "appointment_companions",
    "appointment_events",
    "appointments",
    "assignments",
    "audit",
    "booking_links",
    "calendar_reads",
    "connection_memory",
    "connection_pace",
    "connection_tokens",
    "connections",
    "crm_owners",
    "crm_records",
    "decisions",
    "deliveries",
    "evidence",
    "existing_leads",
    "gate_checks",
    "holds",
    "idempotency",
    "inbox",
    "inbox_batches",
    "intake_feeds",
    "intakes",
    "lead_identities",
    "lead_links",
    "leads",
    "ledger_entries",
    "metadata",
    "missing_events",
    "overrides",
    "owner_changes",
    "periodic_runs",
    "policies",
    "policy_publications",
    "pool_ledgers",
    "refused_words",
    "rep_calendars",
    "rep_users",
    "reps",
    "reservations",
    "role_works",
    "roles",
    "roster_versions",
    "sign_ins",
    "skips",
    "slot_holds",
    "suppliers",
    "time_off",
]
