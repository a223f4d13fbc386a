"""What a lead and its person are to the statements: the parameters of `CREATE`, `CHANGE`, `FIND` and `TELL_ACCOUNT`."""

import json
from typing import Any
from uuid import UUID

from pointsman.db.leads.lead_rows import facts_json
from pointsman.domain.leads.senders import bringer_of
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports.leads.leads import ExternalId, LeadWrite, Person


def seen_match(sees: Visibility) -> str:
    """What `match` has of the leads that a number may find for this caller."""
    return json.dumps({"brought_by": bringer_of(sees.supplier, sees.rep)} if sees.is_limited else {})


def own_email_key(person: Person, sees: Visibility) -> str | None:
    """The email by which a caller's own leads are looked for, even where another lead goes by it; None where it sees all."""
    return person.email_key if sees.is_limited else None


def external_id_values(given: ExternalId | None) -> dict[str, str | None]:
    return {
        "sender": given.sender if given else None,
        "source_system": given.source_system if given else None,
        "external_id": given.external_id if given else None,
    }


def account_names(write: LeadWrite, keep: UUID | None) -> dict[str, Any]:
    """By what the account is looked for: the one to keep, else the domain, else the name."""
    person = write.person
    return {
        "keep_account": keep,
        "named_domain": None if keep else person.domain,
        "named_key": None if keep or person.domain else person.company_key,
        "learn_key": person.company_key if write.learns_domain and not keep else None,
    }


def write_values(write: LeadWrite) -> dict[str, Any]:
    person = write.person
    return {
        "id": write.id,
        **account_names(write, write.account),
        "account_id": write.account_id,
        "audit_id": write.audit_id,
        "account_audit_id": write.account_audit_id,
        "actor": write.actor,
        "at": write.at,
        "email": person.email,
        "email_key": person.email_key,
        **external_id_values(person.external_id),
        "domain": person.domain,
        "domain_from": person.domain_from,
        "company_name": person.company_name,
        "company_key": person.company_key,
        "name_blocks": list(person.name_blocks),
        "match_more": json.dumps(write.match),
        "account_status": person.account_status,
        "account_owner": person.account_owner,
        "first_name": write.first_name,
        "last_name": write.last_name,
        "phone": write.phone,
        "phone_key": write.phone_key,
        "facts": facts_json(write.facts),
        "known_at": json.dumps(write.known_at),
    }
