"""Whether the database still keeps the promises by itself: the role that serves, and the guards. For `doctor`."""

from dataclasses import dataclass

import psycopg

from pointsman.domain.messages.message import Message, say

#: Every trigger that guards, by table. `tests/integration/db/test_guard_check.py` compares it with the migrations.
GUARDS = frozenset(
    {
        "accounts.accounts_merge_guard",
        "accounts.accounts_parent_guard",
        "appointment_companions.companions_match",
        "appointment_events.appointment_events_keep",
        "appointments.appointments_fixed",
        "appointments.appointments_own_their_time",
        "assignments.assignments_guard",
        "assignments.assignments_keep",
        "audit.audit_keep",
        "decisions.decisions_keep",
        "evidence.evidence_keep",
        "gate_checks.gate_checks_guard",
        "gate_checks.gate_checks_keep",
        "leads.leads_created_once",
        "leads.leads_merge_guard",
        "ledger_entries.ledger_entries_keep",
        "overrides.overrides_guard",
        "overrides.overrides_keep",
        "policies.policies_guard",
        "policy_publications.policy_publications_keep",
        "reps.reps_recorded",
        "reps.reps_role_guard",
        "reservations.reservations_gap",
        "reservations.reservations_guard",
        "reservations.reservations_match",
        "role_works.role_works_guard",
        "role_works.role_works_recorded",
        "roster_versions.roster_versions_agree",
        "roster_versions.roster_versions_keep",
        "skips.skips_keep",
    }
)

_ROLE = """
select r.rolname, r.rolsuper,
    exists (select from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname = 'assignments'
          and pg_has_role(r.oid, c.relowner, 'member')) as is_owner,
    has_table_privilege('audit', 'delete') or has_table_privilege('audit', 'update')
        or has_table_privilege('assignments', 'truncate') as may_rewrite,
    has_schema_privilege(current_schema(), 'create') as may_create,
    has_database_privilege(current_database(), 'temporary') as may_hide,
    current_setting('session_replication_role') <> 'origin' as passes_guards
from pg_roles r where r.rolname = current_user
"""
_TRIGGERS = """
select c.relname || '.' || t.tgname, t.tgenabled in ('O', 'A') from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = current_schema()::regnamespace and not t.tgisinternal
"""
_LOOSE = """
select p.proname from pg_proc p
where p.pronamespace = current_schema()::regnamespace and starts_with(p.proname, 'pointsman_')
  and not (p.prosecdef and coalesce(array_to_string(p.proconfig, ' '), '') ~ 'search_path=pg_catalog, .*, pg_temp')
order by 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReport:
    """The role that serves; `excess` says what it may do beyond that, `faults` what is wrong with guards, a phrase each."""

    role: str
    excess: tuple[Message, ...]
    faults: tuple[Message, ...]


def check_guards(connection: psycopg.Connection) -> GuardReport:
    """Look as the role of this connection, in a migrated database."""
    row = connection.execute(_ROLE).fetchone()
    assert row is not None, "the role of a connection exists"
    role, is_super, is_owner, may_rewrite, may_create, may_hide, passes_guards = row
    excess = {
        say("guard.superuser"): is_super,
        say("guard.owner"): is_owner and not is_super,
        say("guard.history"): may_rewrite and not (is_super or is_owner),
        say("guard.tables"): may_create and not (is_super or is_owner),
        say("guard.temporary"): may_hide and not (is_super or is_owner),
        say("guard.passes"): passes_guards,
    }
    triggers: dict[str, bool] = dict(connection.execute(_TRIGGERS).fetchall())
    faults = [say("guard.missing", name=name) for name in sorted(GUARDS - triggers.keys())]
    faults += [say("guard.off", name=name) for name, is_on in sorted(triggers.items()) if not is_on]
    faults += [say("guard.as-caller", name=name) for (name,) in connection.execute(_LOOSE)]
    return GuardReport(role=role, excess=tuple(name for name, found in excess.items() if found), faults=tuple(faults))
