"""Leads and decisions as callers write and read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.timestamps import Timestamp
from pointsman.api.http.warnings import FieldWarningDoc
from pointsman.api.intake.decision_doc import DecisionDoc
from pointsman.domain.leads.facts import FactValue
from pointsman.services.intake.api_lead import EvidenceInput
from pointsman.services.ports.leads.leads import ExternalId, LeadRow
from pointsman.services.wording.rendering import MessageReader
from pointsman.services.wording.stored import reason_text, render_stored

_Word = Annotated[str, StringConstraints(min_length=1, max_length=255)]

EXAMPLE: dict[str, Any] = {
    "email": "mara.vogel@nordlicht.example",
    "first_name": "Mara",
    "last_name": "Vogel",
    "external_id": "contact-4711",
    "source_system": "website",
    "fields": {
        "lead.country": "DE",
        "lead.language": "de",
        "lead.source": "demo_form",
        "company.name": "Nordlicht GmbH",
        "company.employees": 120,
    },
}


class EvidenceIn(BaseModel):
    """One finding about the buyer's readiness."""

    model_config = ConfigDict(extra="forbid")

    name: _Word = Field(
        description="One of the policy's `evidence.names`; without those, need, authority, fit, intent, urgency or offer_known.",
        examples=["need"],
    )
    value: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] = Field(
        description="What was found out. What shows or says nothing (`-`, `n/a`, `tbd`, `keine`) is refused.",
        examples=["replace spreadsheets"],
    )
    affirmed: StrictBool = Field(default=True, description="False records that the buyer said no.")
    source: _Word | None = Field(
        default=None,
        description="The system or person that found out, in a word of the caller's own; default: the rep or partner of the "
        "key, else `api`. Not the name of a rep, unless the key may hand over.",
        examples=["form:demo"],
    )
    observed_at: Timestamp | None = None
    expires_at: Timestamp | None = None

    def given(self) -> EvidenceInput:
        return EvidenceInput(**self.model_dump())


class LeadIn(BaseModel):
    """A lead: an email, a phone number, or an external id with its source system; and whatever else is known."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    email: Annotated[str, StringConstraints(max_length=320)] | None = None
    external_id: _Word | None = None
    source_system: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="The system that gave the external id; default: `api`."
    )
    first_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    last_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    phone: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None,
        description="As people write it: 0171 1234567 is read by `lead.country`, else by `company.country`.",
        examples=["+49 171 1234567"],
    )
    fields: dict[Annotated[str, StringConstraints(max_length=200)], Any] = Field(
        default_factory=dict, max_length=500, description="Known fields, and the policy's own as `custom.<name>`."
    )
    evidence: Annotated[list[EvidenceIn], Field(max_length=50)] = Field(default_factory=list)
    occurred_at: Timestamp | None = Field(
        default=None,
        description="When all this was true; default: now. Older news never overwrites newer. A time ahead is taken as now, "
        "with a warning.",
    )


class AccountDoc(BaseModel):
    """The lead's company."""

    id: UUID
    name: str | None
    domain: str | None
    status: str
    owner: str | None = Field(description="The rep who owns it.")
    parent_id: UUID | None = Field(description="The account that it belongs to.")
    parent_owner: str | None = Field(description="The rep who owns that one.")


class HolderDoc(BaseModel):
    """The rep who has the lead now."""

    rep: str | None = Field(description="Null to a partner's key where it is no rep of its own.", examples=["lena"])
    work: str
    pool: str | None
    assigned_at: datetime
    decision_id: UUID | None

    @staticmethod
    def of(holder: Mapping[str, Any] | None, reader: MessageReader) -> "HolderDoc | None":
        if holder is None:
            return None
        return HolderDoc.model_validate({**holder, "rep": reader.shown_rep(holder["rep"])})


class LeadDoc(BaseModel):
    """A lead as stored."""

    id: UUID
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None = Field(
        description="In E.164; as it was written, where no number that can be called is read in it."
    )
    phone_as_written: str | None
    fields: dict[str, FactValue]
    stage: str = Field(description="new, working, held, nurture, closing, booked, won or closed", examples=["working"])
    account: AccountDoc | None = Field(description="A partner's key does not read it.")
    match: dict[str, Any] = Field(
        description="How person and account were found, with ties. An account of an alike name comes with `confidence` and "
        "`why`; `suggestions` are accounts that a human may merge it with."
    )
    merged_into: UUID | None = Field(description="The lead that this one is now: GET /v1/leads/{merged_into}.")
    merged_at: datetime | None
    nurture_cause: str | None = Field(
        description="In nurture: rule, refused, lost, later, or day-passed (that day came, and the rules kept the lead). "
        "A lead that a rule put there comes back as soon as it may."
    )
    nurture_since: datetime | None
    nurture_until: datetime | None = Field(description="The end of its cool-off; null where a rule put it there.")
    nurture_reason: str | None = Field(description="The same in words.")
    do_not_contact: bool = Field(
        description="It gets what belongs to an appointment of its own, and nothing else: PUT /v1/leads/{id}/do-not-contact."
    )
    do_not_contact_at: datetime | None
    do_not_contact_by: str | None = Field(description="The actor who said so; a partner's key does not read it.")
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def of(row: LeadRow, reader: MessageReader, *, partner: bool = False) -> "LeadDoc":
        """`partner` leaves out the company as the house knows it, and how person and company were found."""
        return LeadDoc(**lead_values(row, reader, partner=partner))


class ExternalIdDoc(BaseModel):
    """A lead's id in another system, as one sender says it."""

    sender: str = Field(description="webhook, api or partner:<supplier>: what two senders call 7 are two things.")
    source_system: str
    external_id: str


class FullLeadDoc(LeadDoc):
    """A lead with who holds it and where else it is known."""

    holder: HolderDoc | None
    external_ids: list[ExternalIdDoc]
    merged: list[UUID] = Field(description="The leads that were merged into this one; each can still be read.")

    @staticmethod
    def full(
        row: LeadRow,
        reader: MessageReader,
        holder: "HolderDoc | None",
        identities: Sequence[ExternalId],
        merged: Sequence[UUID] = (),
        *,
        partner: bool = False,
    ) -> "FullLeadDoc":
        return FullLeadDoc(
            **lead_values(row, reader, partner=partner),
            holder=holder,
            external_ids=[
                ExternalIdDoc(sender=one.sender, source_system=one.source_system, external_id=one.external_id)
                for one in identities
            ],
            merged=list(merged),
        )


class LeadSubmissionDoc(BaseModel):
    """The lead and the decision; `decision` is null when nothing had to be decided, and `note` says why."""

    lead: LeadDoc
    created: bool
    holder: HolderDoc | None = Field(description="The rep who has the lead now, of a known lead as well.")
    decision: DecisionDoc | None
    note: str | None
    warnings: list[FieldWarningDoc] = Field(description="What was left out, or is kept and does not count.")


class PartnerSubmissionDoc(BaseModel):
    """The answer to a partner: the same for known and unknown people."""

    note: str
    lead: LeadDoc | None = Field(description="Where one of the partner's reps has it now.")
    holder: HolderDoc | None = Field(description="That rep.")
    decision: DecisionDoc | None = Field(description="Where the lead is told, and something had to be decided.")
    warnings: list[FieldWarningDoc]


def lead_values(row: LeadRow, reader: MessageReader, *, partner: bool) -> dict[str, Any]:
    account = None
    if row.account_id is not None and not partner:
        account = AccountDoc(
            id=row.account_id,
            name=row.account_name,
            domain=row.account_domain,
            status=row.account_status or "prospect",
            owner=row.account_owner,
            parent_id=row.parent_id,
            parent_owner=row.parent_owner,
        )
    return {
        "id": row.id,
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "phone": row.phone_key or row.phone,
        "phone_as_written": row.phone,
        "fields": dict(row.facts),
        "stage": row.stage,
        "account": account,
        "match": {} if partner else render_stored(row.match, reader),
        "merged_into": row.merged_into,
        "merged_at": row.merged_at,
        "nurture_cause": None if partner else row.nurture_cause,
        "nurture_since": row.nurture_since,
        "nurture_until": row.nurture_until,
        "nurture_reason": reason_text(None if partner else row.nurture_reason, reader),
        "do_not_contact": row.do_not_contact,
        "do_not_contact_at": row.do_not_contact_at,
        "do_not_contact_by": None if partner else row.do_not_contact_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
