"""What a rule has the CRM do for a lead that it gave to a rep: a task, a place on a list, fields of the record.

Each is told once, and never again once it was answered: what people change of it there stands.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.kinds.person import known_person, record_told_last
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.records.owners import record_owner
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError, PutOffError
from pointsman.services.ports import VendorReceipt
from pointsman.services.ports.booking.deliveries import DeliveryError
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.crm import CrmPerson, CrmTask, UnknownCrmOwnerError

_WAIT, _LONG_WAIT = timedelta(seconds=5), timedelta(minutes=1)


async def render_task(claimed: Claimed) -> Call | None:
    """A task for the rep of the decision, as long as the lead is assigned by that decision."""
    lead, action, delivery = await _lead(claimed), _action(claimed), claimed.delivery
    current = await claimed.tx.decisions.current_assignment(lead.id)
    if current is None or str(current.decision_id) != action["decision"]:
        return None
    person = await _person(claimed, lead)
    if person is None:
        return None
    crm, ref = claimed.env.crm, claimed.connection
    task = CrmTask(
        key=delivery.key,
        sequence=delivery.sequence,
        due=datetime.fromisoformat(action["due"]),
        title=action["subject"],
        text=action["text"],
        owner=(await record_owner(claimed, current.rep)).asked,
    )

    async def put() -> VendorReceipt:
        try:
            return await crm.put_task(ref, person, task)
        except UnknownCrmOwnerError as fault:
            told = say("vendor.unknown-owner", rep=rep_name(current.rep))
            raise UnknownCrmOwnerError(str(fault), told=told) from fault

    return put


async def render_membership(claimed: Claimed) -> Call | None:
    """The lead's place on a list, also once another rep has the lead. Raises OwnRefusalError without an address."""
    lead = await _lead(claimed)
    person = await _person(claimed, lead)
    if person is None:
        return None
    if not lead.email:
        raise OwnRefusalError(say("vendor.no-address"))
    crm, ref = claimed.env.crm, claimed.connection
    key, place = claimed.delivery.key, _action(claimed)["list"]
    return lambda: crm.put_membership(ref, person, key=key, programme=place)


async def render_fields(claimed: Claimed) -> Call | None:
    """The fields of the record, but for those that a later decision sets."""
    lead, wanted = await _lead(claimed), _action(claimed)["set"]
    later = await claimed.tx.deliveries.fields_set_since(claimed.delivery)
    fields = {name: value for name, value in wanted.items() if name not in later}
    person = await _person(claimed, lead)
    if not fields or person is None:
        return None
    crm, ref = claimed.env.crm, claimed.connection
    return lambda: crm.put_fields(ref, person, fields)


async def _lead(claimed: Claimed) -> LeadRow:
    """The lead, or the one that it was merged into."""
    lead = claimed.lead
    survivor = await claimed.tx.leads.get(lead.merged_into) if lead.merged_into is not None else None
    return survivor or lead


async def _person(claimed: Claimed, lead: LeadRow) -> CrmPerson | None:
    """By its record there, which is made for an owner alone: None where there is none to come.

    Raises PutOffError while it is still to be made, and OwnRefusalError where that failed.
    """
    person = await known_person(claimed, lead)
    if person.id is not None:
        return person
    told = await record_told_last(claimed, lead.id)
    if told is not None and told.status == "pending":
        wait = _WAIT if told.error_code is None else _LONG_WAIT
        raise PutOffError(say("vendor.record-first"), until=claimed.env.clock() + wait, code=DeliveryError.RECORD_FIRST)
    if told is not None and told.status == "dead":
        raise OwnRefusalError(say("vendor.no-record"))
    return None


def _action(claimed: Claimed) -> Mapping[str, Any]:
    assert claimed.delivery.action is not None, "the table keeps it with each of these kinds"
    return claimed.delivery.action
