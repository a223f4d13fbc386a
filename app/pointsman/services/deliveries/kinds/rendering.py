"""Rendering: from a delivery to the call that brings the vendor to what stands in the database now."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pointsman.domain.field_mapping.mapped import MappedField
from pointsman.domain.leads.placeholders import company_named
from pointsman.domain.policy.invitations import Inviter
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.codes.registered_domains import matching_lists
from pointsman.services.deliveries.calendar_event import (
    event_reader,
    invitation_title,
    lead_language,
    meeting_title,
    shared_text,
)
from pointsman.services.deliveries.enqueue import participants_of
from pointsman.services.policies.cache import RoutingConfig
from pointsman.services.ports import ConnectionRef, Env, Tx, VendorReceipt
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.connections import OnRelease, RecordValue
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.texts import SharedText
from pointsman.services.wording.rendering import MessageReader

Call = Callable[[], Awaitable[VendorReceipt | None]]
"""Made inside the transaction of the claim, run outside of it. Raises a `VendorError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claimed delivery, and what stands in the database as it is claimed.

    `owed` is all that was ever owed about this thing, in order; the delivery is the last of it. `is_switched_on`: the
    connection was not switched off by an admin; `is_in_use`: nor is it out of use, so that the call is made. `booked` is None
    of a lead's record; `on_release`, `record` and `fields` are the connection's word.
    """

    env: Env
    tx: Tx
    delivery: DeliveryRow
    connection: ConnectionRef
    booked: AppointmentRow | None
    lead: LeadRow
    config: RoutingConfig
    owed: Sequence[DeliveryRow]
    lease: UUID
    is_switched_on: bool = True
    is_in_use: bool = True
    on_release: OnRelease = OnRelease.CLEAR
    record: Mapping[RecordValue, str] = field(default_factory=dict)
    fields: tuple[MappedField, ...] = ()

    @property
    def appointment(self) -> AppointmentRow:
        """The appointment that the delivery is about; never asked of a lead's record."""
        assert self.booked is not None, "a lead's record is about no appointment"
        return self.booked

    @property
    def reader(self) -> MessageReader:
        """The rep of the delivery; of a lead's record everybody who works in this language."""
        return event_reader(self.config.roster, self.delivery.rep_id, language=self.env.language)

    @property
    def title(self) -> SharedText:
        """By the company that the lead itself gives; "privat" and the like are none.

        Where the vendor of the calendar invites, the buyer reads the leader's event, too: it is called as an invitation.
        """
        given = self.lead.facts.get("company.name")
        placeholders = matching_lists(self.config.policy.policy.matching).placeholder_keys
        company = str(given) if company_named(given, placeholders) else None
        row, leader = self.appointment, self.config.roster.by_id(self.appointment.rep_id)
        if row.invited_by != Inviter.CALENDAR or leader is None or leader.id != self.delivery.rep_id:
            return meeting_title(company, self.reader)
        pool = self.config.policy.policy.pools.get(row.invitation_pool or "")
        rules, language = pool.booking if pool else BookingRules(), lead_language(self.lead)
        return invitation_title(rules, leader.name, self.env.organisation, language=language, company=company)

    @property
    def shared(self) -> SharedText:
        reps = self.config.roster.reps
        names = [reps[key].name for _, key in participants_of(self.appointment) if key in reps]
        return shared_text(names, MessageReader(language=lead_language(self.lead)))


Render = Callable[[Claimed], Awaitable[Call | None]]
"""The call that says what stands now; None when there is nothing to say (any more).

Raises OwnRefusalError for what can be said no more, and should have been; PutOffError for what may not be said yet.
"""
