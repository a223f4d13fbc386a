"""A lead's record in a CRM, and its owner there: the rep who leads the lead's appointment, else the one who has the lead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.calendar_event import lead_name
from pointsman.services.deliveries.fields.outward import FieldsReceipt, OwedFields, owed_fields, refused_fields
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.records.lead_record import person_key
from pointsman.services.deliveries.records.owners import record_owner
from pointsman.services.deliveries.records.told import (
    has_new_address,
    has_same_owner,
    last_known,
    may_be_unnamed,
    may_have_owner,
    record_id,
    told_record,
)
from pointsman.services.deliveries.records.values import RecordText, record_values
from pointsman.services.ports import VendorReceipt, VendorRejectedError
from pointsman.services.ports.booking.connections import OnRelease
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.crm import CrmPerson, CrmReceipt, UnknownCrmOwnerError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """The record of this lead, by the id that the CRM gave it, and the key of the rep who owns it."""

    lead: LeadRow
    id: str | None
    owner: str | None


async def render(claimed: Claimed) -> Call | None:
    """The lead as it is now, however late the CRM hears of it; nothing where it knows that, and told of no change since.

    An owner that was told stands there: it is told again where the lead goes to another, or the policy has it set back.
    """
    record = await _record(claimed)
    if record is None:
        return None
    takes_owner_away = record.owner is None and _takes_owner_away(claimed, record)
    # A record that was another lead's is told of nothing but its owner.
    stands = record.lead.merged_into is None
    says = await record_values(claimed, record.lead) if stands else RecordText()
    owed = await _owed_fields(claimed, record) if stands else None
    has_news = owed is not None and owed.are_news
    has_more = record.owner is not None or takes_owner_away or bool(says.values)
    if not has_more and not has_news:
        return None
    owner = await record_owner(claimed, record.owner) if record.owner is not None else None
    told = told_record(owner=owner.told if owner else None, address=record.lead.email, values=says.compared)
    keeps_owner = await _keeps_owner(claimed, told)
    if keeps_owner and not has_news and await _is_known(claimed, told, has_values=bool(says.values)):
        return None
    await claimed.tx.deliveries.note_told(claimed.delivery.id, told)
    before = last_told(claimed)
    person = CrmPerson(
        key=claimed.delivery.key,
        sequence=claimed.delivery.sequence,
        email=record.lead.email,
        phone=record.lead.phone_key,
        name=lead_name(record.lead, claimed.reader),
        id=record.id,
        has_new_address=record.lead.id == claimed.lead.id and has_new_address(before, told),
        owner=owner.asked if owner else None,
        takes_owner_away=takes_owner_away and not keeps_owner,
        keeps_owner=keeps_owner,
        fields=says.values,
    )
    if owed is None or not has_news:
        return _put(claimed, person, record.owner)
    return _with_fields(claimed, person, record.owner, owed, has_more=has_more)


async def _owed_fields(claimed: Claimed, record: _Record) -> OwedFields | None:
    return await owed_fields(claimed.env, claimed.tx, claimed.connection.id, claimed.fields, record.lead, record.id)


def _with_fields(claimed: Claimed, person: CrmPerson, owner: str | None, owed: OwedFields, *, has_more: bool) -> Call:
    """Read the record first, and write those mapped fields that are to be ours; without `has_more` only for their sake.

    A field that was renamed or taken away there since it was looked at is left out, and is looked at again: an owner does not
    wait for a field.
    """
    crm, ref, clock = claimed.env.crm, claimed.connection, claimed.env.clock

    async def put() -> VendorReceipt | None:
        there = await crm.read_person(ref, person)
        choices = owed.choices(there, now=clock())
        values, left_out = owed.written(choices), frozenset[str]()
        if not values and not has_more:
            return None
        known = replace(person, id=there.id if there is not None else person.id)
        try:
            receipt = await _put(claimed, replace(known, fields={**person.fields, **values}), owner)()
        except UnknownCrmOwnerError:
            raise
        except VendorRejectedError:
            left_out = refused_fields(values, await crm.person_fields(ref))
            if not left_out:
                raise
            rest = {name: value for name, value in values.items() if name not in left_out}
            receipt = await _put(claimed, replace(known, fields={**person.fields, **rest}), owner)()
        return (
            FieldsReceipt.of(receipt, owed, choices, left_out=left_out) if isinstance(receipt, CrmReceipt) else receipt
        )

    return put


def _put(claimed: Claimed, person: CrmPerson, owner: str | None) -> Call:
    crm, ref = claimed.env.crm, claimed.connection

    async def put() -> VendorReceipt | None:
        try:
            return await crm.put_person(ref, person)
        except UnknownCrmOwnerError as fault:
            raise UnknownCrmOwnerError(
                str(fault), told=say("vendor.unknown-owner", rep=rep_name(owner or ""))
            ) from fault

    return put


def last_told(claimed: Claimed) -> str | None:
    """What the CRM was told before of the lead."""
    return next((one.told for one in reversed(claimed.owed) if one.status == "done" and one.told), None)


async def _keeps_owner(claimed: Claimed, told: str) -> bool:
    """Whether this owner was told before, and whatever others made of it is to stay."""
    last = last_known(claimed.owed, besides=claimed.delivery.id)
    if last is None or last.vendor_id is None or not has_same_owner(last.told, told):
        return False
    if await claimed.tx.crm_owners.wants_revert(claimed.connection.id, claimed.delivery.lead_id):
        return False
    assert last.done_at is not None, "what was told is done"
    current = await claimed.tx.decisions.current_assignment(claimed.delivery.lead_id)
    was_given_anew = current is not None and current.assigned_at > last.done_at
    return not (was_given_anew and await _has_news(claimed, last))


async def _is_known(claimed: Claimed, told: str, *, has_values: bool) -> bool:
    """Whether this is what stands there. Fields that are told beside the owner may be others since the CRM told of a change."""
    last = last_known(claimed.owed, besides=claimed.delivery.id)
    if last is None or last.told != told or last.vendor_id is None or last.done_at is None:
        return False
    return not has_values or not await _has_news(claimed, last)


async def _has_news(claimed: Claimed, last: DeliveryRow) -> bool:
    """Whether the CRM told of a change by others since then."""
    assert last.vendor_id is not None, "the record has a name"
    assert last.done_at is not None, "it is done"
    return await claimed.tx.events.has_news(claimed.connection.id, about=last.vendor_id, since=last.done_at)


def _takes_owner_away(claimed: Claimed, record: _Record) -> bool:
    """Whether an owner of our making stands there, and is to go; an owner that others set stays."""
    keeps = claimed.on_release is OnRelease.KEEP and record.lead.merged_into is None
    return not keeps and may_have_owner(claimed.owed, besides=claimed.delivery.id)


async def _record(claimed: Claimed) -> _Record | None:
    """The record to bring to what stands now; None where another lead's delivery says it.

    Of a lead that was merged it is the survivor's, where both are one record in the CRM, else it is nobody's any more.
    """
    own, lead = record_id(claimed.owed), claimed.lead
    if lead.merged_into is None:
        known = await _id_of(claimed, lead, claimed.owed, besides=claimed.delivery.id)
        return _Record(lead=lead, id=known, owner=await _owner(claimed, lead))
    survivor = await claimed.tx.leads.get(lead.merged_into)
    if survivor is None or (own is None and survivor.email == lead.email):
        return None
    if own is None:  # it may have been made by a call that was never answered
        return _Record(lead=lead, id=None, owner=None)
    owed = await claimed.tx.deliveries.of_thing(*_thing(claimed, survivor.id))
    if survivor.email == lead.email and may_be_unnamed(owed):
        return None  # the survivor's own delivery finds it by its address
    if own == await _id_of(claimed, survivor, owed):
        return _Record(lead=survivor, id=own, owner=await _owner(claimed, survivor))
    return _Record(lead=lead, id=own, owner=None)


async def _id_of(
    claimed: Claimed, lead: LeadRow, owed: Sequence[DeliveryRow], *, besides: UUID | None = None
) -> str | None:
    """The record of the lead itself, of which `owed` tells, else that of a lead that was merged into it.

    None where it may have one that no answer named: that one is looked for, and no other takes its place.
    """
    own = record_id(owed)
    if own is not None or may_be_unnamed(owed, besides=besides):
        return own
    return await _inherited(claimed, lead)


async def _inherited(claimed: Claimed, lead: LeadRow) -> str | None:
    """The record of a lead that was merged into this one, which is this one's from then on."""
    for merged in await claimed.tx.merges.merged_leads(lead.id):
        owed = await claimed.tx.deliveries.of_thing(*_thing(claimed, merged))
        if (found := record_id(owed)) is not None:
            return found
    return None


def _thing(claimed: Claimed, lead_id: UUID) -> tuple[UUID, str, DeliveryKind, str]:
    return claimed.connection.id, "", DeliveryKind.PERSON, person_key(lead_id)


async def crm_person(claimed: Claimed) -> CrmPerson | None:
    """The lead as a CRM should know it; None without an address."""
    return await known_person(claimed, claimed.lead) if claimed.lead.email else None


async def record_told_last(claimed: Claimed, lead_id: UUID) -> DeliveryRow | None:
    """The latest that this CRM is, or was, to be told of the lead's record."""
    owed = await claimed.tx.deliveries.of_thing(*_thing(claimed, lead_id))
    return owed[-1] if owed else None


async def known_person(claimed: Claimed, lead: LeadRow) -> CrmPerson:
    """The lead by what the CRM knows it by, its record's id where it has one; with the sequence that was told of it last."""
    owed = await claimed.tx.deliveries.of_thing(*_thing(claimed, lead.id))
    return CrmPerson(
        key=person_key(lead.id),
        sequence=owed[-1].sequence if owed else 0,
        id=await _id_of(claimed, lead, owed),
        email=lead.email,
        phone=lead.phone_key,
        name=lead_name(lead, claimed.reader),
    )


async def _owner(claimed: Claimed, lead: LeadRow) -> str | None:
    """The key of the lead's owner: the rep who leads its appointment, else the one who has the lead."""
    booked = await claimed.tx.appointments.active_for_lead(lead.id)
    if booked is not None:
        return booked.rep_key
    current = await claimed.tx.decisions.current_assignment(lead.id)
    return current.rep if current is not None else None
