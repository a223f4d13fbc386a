"""The leads repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.nurture import NurtureStay
from pointsman.domain.leads.phones import Phone
from pointsman.domain.messages.message import Message
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports.routing.policies import LiveVersions


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A lead as stored. `facts` has the non-personal facts ("company.employees": 120) and no `lead.email` etc.

    `known_at` says for each field when its value was true, so that a late event never overwrites a newer one.
    """

    id: UUID
    email: str | None
    email_key: str | None
    shown_email_key: str | None  # of an address that it shows, and that another lead went by when this one got it
    first_name: str | None
    last_name: str | None
    phone: str | None  # as given
    phone_key: str | None  # in E.164
    facts: Mapping[str, FactValue]
    stage: str
    account_id: UUID | None
    match: Mapping[str, Any]
    nurture_until: datetime | None  # the end of its cool-off
    nurture_reason: Mapping[str, Any] | None  # `Message.as_json`
    version: int
    created_at: datetime
    updated_at: datetime
    known_at: Mapping[str, str] = field(default_factory=dict)
    account_name: str | None = None
    account_domain: str | None = None
    account_status: str | None = None
    account_owner: str | None = None  # rep key
    parent_id: UUID | None = None
    parent_name: str | None = None  # of the parent account; its domain when it has no name
    parent_domain: str | None = None
    parent_owner: str | None = None  # rep key
    nurture_cause: str | None = None  # NurtureCause
    nurture_since: datetime | None = None
    merged_into: UUID | None = None  # the lead that this one is now
    merged_at: datetime | None = None
    do_not_contact_at: datetime | None = None  # since then told no more than what an appointment of their own calls for
    do_not_contact_by: str | None = None  # the actor who said so

    @property
    def do_not_contact(self) -> bool:
        return self.do_not_contact_at is not None

    @property
    def address_key(self) -> str | None:
        """The address that the lead shows, normalised, whether or not it goes by it."""
        return self.email_key or self.shown_email_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalId:
    """A lead's id in another system, as one sender says it: what two senders call 7 are two things.

    `sender` is "webhook" (the verified webhooks, which share the ids of the systems that their mappings name), "api" (the
    house's keys) or "partner:<supplier>".
    """

    sender: str
    source_system: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What identifies a person and their company, normalised; the rest of a `LeadWrite` is what is known about them."""

    email: str | None
    email_key: str | None
    external_id: ExternalId | None
    domain: str | None  # the company's registrable domain, never a free-mail one
    domain_from: str | None  # "company.domain" or "email"
    company_name: str | None
    company_key: str | None
    account_status: str | None
    account_owner: str | None  # the key of a rep on the roster
    parent_domain: str | None = None  # the registrable domain of the company that the company belongs to
    name_blocks: tuple[str, ...] = ()  # of the company's name
    phone: Phone | None = None  # one that can be called


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadWrite:
    """A lead to be stored."""

    id: UUID
    account_id: UUID  # of the account, if one must be made
    audit_id: UUID
    account_audit_id: UUID
    actor: str
    at: datetime
    person: Person
    first_name: str | None
    last_name: str | None
    phone: str | None
    phone_key: str | None
    facts: Mapping[str, FactValue]
    known_at: Mapping[str, str]
    may_change_account: bool = True  # whether the sender may say something new of an account that is known
    learns_domain: bool = False  # an account that is known by this name alone is to get the domain first
    learn_audit_id: UUID | None = None
    account: UUID | None = None  # the account that an alike name leads to; else by domain or equal name
    match: Mapping[str, Any] = field(default_factory=dict)  # what to say of the account beside how it was found


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLead:
    """A lead that an event names, and by what. `by_phone`: the number is this lead's alone."""

    row: LeadRow
    by_external_id: bool
    by_email: bool
    by_phone: bool
    has_external_id: bool  # of any system
    has_id_of_source: bool  # of the event's sender and source system


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadChange:
    """New values of a known lead whose row is locked; None leaves a column as it is."""

    lead_id: UUID
    write: LeadWrite
    email: str | None
    email_key: str | None
    shown_email_key: str | None
    keep_account: UUID | None  # the account stays; its status and owner may change
    match: Mapping[str, Any]
    add_identity: bool
    audit_after: Mapping[str, Any]
    new_phone_of: Visibility | None = (
        None  # the speaker, where the number named no lead that it sees and is to be this one's
    )


class Leads(Protocol):
    async def get(self, lead_id: UUID, *, lock: bool = False) -> LeadRow | None:
        """`lock` holds the row until the transaction ends, so that one lead is decided once at a time.

        Raises Conflict "lead-merged" for a lock on a lead that is another one now: nothing writes to it any more.
        """
        ...

    async def set_stage(
        self,
        lead_id: UUID,
        stage: str,
        *,
        at: datetime,
        nurture: NurtureStay | None = None,
        nurture_reason: Message | None = None,
    ) -> None:
        """`nurture` and its reason are for the stage of that name; any other stage ends them."""
        ...

    async def set_contact(self, lead_id: UUID, *, ended_at: datetime | None, by: str | None, at: datetime) -> None:
        """Since when the lead, whose row is locked, is not to be contacted; None: it may be."""
        ...

    async def get_many(self, lead_ids: Sequence[UUID]) -> Mapping[UUID, LeadRow]:
        """Those of them that there are, by id."""
        ...

    async def due_from_nurture(
        self, *, until: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[tuple[datetime, UUID]]:
        """(due at, lead): in nurture since their outcome was "later", and due by `until`; the longest due first."""
        ...

    async def create(
        self, write: LeadWrite, *, sees: Visibility, by_phone: bool = True
    ) -> tuple[LeadRow, LiveVersions] | None:
        """A new lead with its account, identity and audit line, locked; None when the person is known already,
        or while an account of its company's name lacks the domain that it is to learn.

        By its phone number a caller that does not see all leads knows those that it brought in; without `by_phone` none
        is known by it.
        Raises LostRace when another transaction made the same person at the same moment.
        """
        ...

    async def find_and_lock(self, person: Person, *, sees: Visibility) -> Sequence[FoundLead]:
        """The leads of the person's email, external id and phone number, locked.

        By an email, a caller that does not see all leads finds the lead of its own that shows it before the one that goes by it.

        What names a merged lead finds the lead that it is now. Raises LostRace when one was merged meanwhile.
        """
        ...

    async def give_identity(self, named: ExternalId, lead_id: UUID, *, to: UUID) -> None:
        """The id of this lead, which is locked, finds the lead `to`. Raises LostRace when it finds a third one by now."""
        ...

    async def change(self, change: LeadChange) -> LeadRow:
        """Store a known lead's new values. Raises LostRace when its id, email or new number went to another lead meanwhile."""
        ...

    async def identities(self, lead_id: UUID) -> Sequence[ExternalId]:
        """Where else the lead is known."""
        ...

    async def is_with(self, lead_id: UUID, sees: Visibility) -> bool:
        """Whether a rep whose leads the caller sees has the lead now; or none has it, and the caller brought it in."""
        ...

    async def is_visible(self, lead_id: UUID, *, sees: Visibility) -> bool:
        """Whether the lead exists, and the caller sees it."""
        ...

    async def holder(self, lead_id: UUID) -> Mapping[str, Any] | None:
        """The lead's current assignment: rep (key), work, pool, assigned_at, decision_id."""
        ...
