"""The words of an appointment: what the closer reads before the call, and what the buyer may read."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.messages.message import Message, as_written, rep_name, say
from pointsman.domain.policy.invitations import Inviter
from pointsman.domain.policy.pools import CREATE_MEETING, BookingRules
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.text.lines import one_line, without_links
from pointsman.services.ports import CalendarEvent, EventGuest
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.texts import PrivateText, SharedText
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.rendering import FALLBACK_LANGUAGE, MessageReader, render


def event_key(appointment_id: UUID, rep_id: UUID) -> str:
    """The event's name at the vendor: the same for every op and every retry."""
    return f"pm-{appointment_id}-{rep_id.hex[-8:]}"


def appointment_id_of_event(key: str) -> UUID | None:
    """The appointment that an event with this key is for; None for a key that is not of our making."""
    try:
        return UUID(key.removeprefix("pm-").rpartition("-")[0])
    except ValueError:
        return None


def event_reader(roster: Roster, rep_id: UUID | None, *, language: str) -> MessageReader:
    """How the rep reads: in `language` if the rep speaks it or none of ours, else in one of the rep's; in the rep's zone.

    Without a rep: in `language`.
    """
    names = {rep_name(rep.key): rep.name for rep in roster.reps.values()}
    reader = roster.by_id(rep_id) if rep_id is not None else None
    if reader is None:
        return MessageReader(language=language, names=names)
    speaks = {tag.partition("-")[0].lower() for tag in reader.skills.get("languages", ())}
    spoken = next((known for known in (language, *LANGUAGES) if known in speaks), language)
    return MessageReader(language=spoken, zone=reader.time_zone, names=names)


def build_event(
    row: AppointmentRow,
    lead: LeadRow,
    delivery: DeliveryRow,
    *,
    title: SharedText,
    shared: SharedText,
    reader: MessageReader,
) -> CalendarEvent:
    """The event as it should stand now in the calendar of the delivery's rep, as `reader` reads it.

    The buyer is a guest of the leader's event alone: one invitation each.
    """
    guest = EventGuest(email=lead.email or "", name=guest_name(lead) or lead.email or "")
    return CalendarEvent(
        key=delivery.key,
        calendar=delivery.calendar,
        start=row.starts_at,
        end=row.ends_at,
        title=title,
        shared=shared,
        private=describe_appointment(row, lead, reader, also=_others(row, delivery.rep_id)),
        guests=(guest,) if lead.email and delivery.rep_id == row.rep_id else (),
        sequence=max(row.sequence, delivery.sequence),
        tentative=row.status == AppointmentStatus.REQUESTED,
        meeting=CREATE_MEETING if row.vendor_meeting and delivery.rep_id == row.rep_id else row.join_url,
        invites=row.invited_by == Inviter.CALENDAR and row.status != AppointmentStatus.REQUESTED,
    )


def meeting_title(company: str | None, reader: MessageReader) -> SharedText:
    """What the rep reads that it is called: by the company, if one is known."""
    named = _shown_company(company)
    said = say("event.meeting-with", company=as_written(named)) if named else say("event.meeting")
    return SharedText(one_line(render(said, reader)))


def invitation_title(
    rules: BookingRules, name: str, organisation: str, *, language: str, company: str | None = None
) -> SharedText:
    """What the buyer reads that it is called: its purpose, who comes, and whose they are.

    `company` is the buyer's, where the rep reads the same title in a calendar of many.
    """
    given = rules.purpose_in("de" if language == "de" else "en")
    purpose = as_written(given) if given else say("invitation.meeting")
    said = say("invitation.summary", purpose=purpose, name=as_written(name))
    if organisation:
        said = say(
            "invitation.summary-of", purpose=purpose, name=as_written(name), organisation=as_written(organisation)
        )
    named = _shown_company(company)
    if named:
        said = say("event.for-both", title=said, company=as_written(named))
    return SharedText(one_line(render(said, MessageReader(language=language))))


def shared_text(
    names: Sequence[str], reader: MessageReader, *, join_url: str | None = None, url: str | None = None
) -> SharedText:
    """Names from our side, where it takes place, and where the buyer may change the appointment."""
    lines = [render(say("invitation.with", names=tuple(map(as_written, names))), reader)]
    if join_url is not None:
        lines += [render(say("invitation.join", url=as_written(join_url)), reader)]
    if url is not None:
        lines += ["", render(say("invitation.change", url=as_written(url)), reader)]
    return SharedText("\n".join(lines))


def describe_appointment(
    row: AppointmentRow, lead: LeadRow, reader: MessageReader, *, also: Sequence[Message] = ()
) -> PrivateText:
    """The lead, the setter who says that the lead is ready, and the evidence, with the policy's labels of then.

    A line each, whatever was said: nobody's words make lines of their own, or look as another's.
    """
    name = as_written(lead_name(lead, reader))
    person = say("event.with", name=name)
    if lead.email:
        person = say("event.with-address", name=name, email=as_written(lead.email))
    said = [person, *_phone(lead)]
    said += [say("event.setter", rep=rep_name(row.setter_key))] if row.setter_key else []
    said += also
    lines = [render(line, reader) for line in said]
    findings = row.gate_snapshot.get("evidence", [])
    if findings:
        lines += ["", render(say("event.ready"), reader)]
        lines += [_finding(item, reader.language) for item in findings]
    lines += ["", render(say("event.appointment", appointment=str(row.id)), reader)]
    return PrivateText("\n".join(map(one_line, lines)))


def _shown_company(company: str | None) -> str:
    """As the vendor of a calendar may mail it."""
    return without_links(one_line(company), may_be_host=True) if company else ""


def _others(row: AppointmentRow, rep_id: UUID | None) -> list[Message]:
    """The other participants, a line each, in the event of this rep."""
    led = [] if rep_id == row.rep_id else [say("event.led", rep=rep_name(row.rep_key))]
    others = [item for item in row.companions if item.rep_id != rep_id]
    return led + [say("event.also", rep=rep_name(item.rep_key), work=work_name(Work(item.work))) for item in others]


def _phone(lead: LeadRow) -> list[Message]:
    """The number to call; what the lead wrote stands behind it, which may have more than one."""
    if not lead.phone:
        return []
    if lead.phone_key in (None, lead.phone):
        return [say("event.phone", phone=as_written(lead.phone))]
    return [say("event.phone-as-sent", phone=as_written(lead.phone_key or ""), sent=as_written(lead.phone))]


def _finding(item: Mapping[str, Any], language: str) -> str:
    # What was said comes last, so that it cannot claim who said it.
    label = item.get("labels", {}).get(language) or item["name"]
    return f"- {label} ({item['source']}, {str(item['observed_at'])[:10]}): {item['value']}"


def guest_name(lead: LeadRow) -> str:
    """What the lead calls itself, as the vendor of a calendar, or a calendar file, may show it; empty where that is nothing."""
    return without_links(one_line(" ".join(part for part in (lead.first_name, lead.last_name) if part)))


def lead_name(lead: LeadRow, reader: MessageReader) -> str:
    """What the lead is called, as far as is known."""
    known = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    return known or lead.email or render(say("event.prospect"), reader)


def lead_language(lead: LeadRow) -> str:
    """In which of our languages the lead reads."""
    return "de" if lead.facts.get("lead.language") == "de" else FALLBACK_LANGUAGE
