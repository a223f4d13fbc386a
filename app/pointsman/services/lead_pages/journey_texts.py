"""What each entry of a journey says: a message, from the row that it is told from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pointsman.domain.booking.lifecycle import MeetingAct
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.leads.nurture import NurtureCause
from pointsman.domain.messages.message import (
    Arg,
    Message,
    as_written,
    connection_name,
    message_from_json,
    rep_name,
    say,
)
from pointsman.domain.policy_words.terms import KINDS
from pointsman.domain.roster.roles import Work, work_name
from pointsman.services.lead_pages.journey_deliveries import delivery_text
from pointsman.services.ports.leads.journeys import JourneyKind, JourneyRow

_WORKS = frozenset(Work)
_EVENTS = {"done": "journey.event", "dead": "journey.event-dead"}
_COMPANIES = {
    "email": say("journey.company-by-email"),
    "company.domain": say("journey.company-by-domain"),
    "name": say("journey.company-by-name"),
    "alike-name": say("journey.company-by-alike-name"),
}
_KNOWN_BY = {
    "external_id": say("journey.known-by-external-id"),
    "email": say("journey.known-by-email"),
    "phone": say("journey.known-by-phone"),
}
_CAUSES = {
    "rule": say("journey.nurture-by-rule"),
    "refused": say("journey.nurture-refused"),
    "lost": say("journey.nurture-lost"),
    "later": say("journey.nurture-later"),
}
_ACTS = {
    "book": "journey.booked",
    "confirm": "journey.confirmed",
    "reschedule": "journey.moved",
    "reassign": "journey.appointment-to",
    "cancel": "journey.called-off",
    "lapse": "journey.lapsed",
    "accept": "journey.accepted",
    "attended": "journey.attended",
    "no_show": "journey.no-show",
    "conflict": "journey.calendar-disagrees",
    "agrees": "journey.calendar-agrees",
    "dismiss_conflict": "journey.conflict-dismissed",
    "meeting_link": "journey.meeting-link",
}
_CHANGED = "journey.appointment-changed"
_TIMED = ("book", "reschedule")
_REJECTS = {
    "wrong_segment": say("journey.reject-wrong-segment"),
    "wrong_buyer": say("journey.reject-wrong-buyer"),
    "wrong_value": say("journey.reject-wrong-value"),
    "not_qualified": say("journey.reject-not-qualified"),
    "duplicate": say("journey.reject-duplicate"),
}
_OUTCOMES = {"won": "journey.outcome-won", "lost": "journey.outcome-lost", "later": "journey.outcome-later"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A row, and how much of it is told; `zones` are those of the reps."""

    row: JourneyRow
    with_reasons: bool
    zones: Mapping[str, str]

    @property
    def about(self) -> Mapping[str, Any]:
        return self.row.about

    @property
    def rep(self) -> Arg:
        return rep_name(self.about["rep"])

    @property
    def work(self) -> Arg:
        return work_words(self.about["work"])

    def at(self, name: str) -> datetime:
        return datetime.fromisoformat(self.about[name])


def journey_text(row: JourneyRow, *, with_reasons: bool, zones: Mapping[str, str]) -> Message:
    """What an entry says; `zones` are those of the reps, in which appointments stand where a reader has no zone.

    Without reasons it says no more than where the lead is, and not through which system it came or by which rule.
    """
    return _TEXTS[JourneyKind(row.kind)](_Told(row=row, with_reasons=with_reasons, zones=zones))


def work_words(work: str) -> Arg:
    """The work as it follows "for" in a sentence."""
    return work_name(Work(work)) if work in _WORKS else as_written(work)


def requirement_words(what: str) -> Message:
    """What a gate requires: a kind of evidence, or one name of it."""
    return say("lead-page.requirement", what=what)


def kind_words(kind: str) -> Message:
    """A kind of evidence as it follows "the lead is"; one of a later release as it stands."""
    return KINDS[EvidenceKind(kind)] if kind in tuple(EvidenceKind) else as_written(kind)


def stored_words(stored: object) -> Message:
    """A sentence as decisions keep it: a message, or the text that it was."""
    return message_from_json(stored) if isinstance(stored, Mapping) else as_written(str(stored))


def _event(told: _Told) -> Message:
    sender = as_written(str(told.about.get("title") or told.about.get("intake")))
    return say(_EVENTS.get(told.about["status"], "journey.event-waits"), sender=sender)


def _created(told: _Told) -> Message:
    if not told.with_reasons:
        return say("journey.created-plain")
    company = _COMPANIES.get(told.about.get("account") or "", say("journey.company-none"))
    return say("journey.created", sender=_sender(told), company=company)


def _news(told: _Told) -> Message:
    known = _KNOWN_BY.get(told.about.get("person") or "", say("journey.known-by-id"))
    return say("journey.news", sender=_sender(told), known=known, count=told.about.get("fields") or 0)


def _sender(told: _Told) -> Arg:
    kind, _, key = str(told.about["actor"]).partition(":")
    match kind:
        case "intake":
            return as_written(told.about.get("title") or key)
        case "key":
            return say("journey.sender-key", key=as_written(told.about.get("key_name") or key))
        case "cli":
            return say("actor.command-line")
        case _:
            return say("journey.sender-service")


def _merged(told: _Told) -> Message:
    return say("journey.merged-away" if told.about["lead"] == str(told.row.lead_id) else "journey.merged")


def _contact(told: _Told) -> Message:
    is_ended = told.row.kind == JourneyKind.CONTACT_ENDED
    if not told.with_reasons:
        return say("journey.contact-ended-plain" if is_ended else "journey.contact-allowed-plain")
    return say("journey.contact-ended" if is_ended else "journey.contact-allowed", sender=_sender(told))


def _evidence(told: _Told) -> Message:
    if denied := told.about.get("denied"):
        return say("journey.evidence-denied", denied=tuple(denied))
    return say("journey.evidence", kinds=tuple(words for kind, words in KINDS.items() if kind in told.about["kinds"]))


def _gate(told: _Told) -> Message:
    about = told.about
    setter = rep_name(about["setter"]) if about.get("setter") else say("journey.some-setter")
    if about["passed"]:
        return say("journey.gate-passed", setter=setter, work=told.work)
    reasons = [say("journey.gate-missing", missing=tuple(about["missing"]))] if about["missing"] else []
    reasons += [say("journey.gate-denied", denied=tuple(about["refused"]))] if about["refused"] else []
    reasons = reasons or [say("journey.gate-condition")]
    return say("journey.gate-shut", setter=setter, work=told.work, reasons=tuple(reasons))


def _decided(told: _Told) -> Message:
    if told.with_reasons:
        return stored_words(told.about["summary"])
    if told.about["outcome"] == "assigned":
        return _assigned(told)
    return say("journey.decided-held" if told.about["outcome"] == "held" else "journey.decided-nurture")


def _assigned(told: _Told) -> Message:
    return say("journey.assigned", rep=told.rep, work=told.work)


def _held(told: _Told) -> Message:
    return say("journey.held", due=told.at("due_at"))


def _released(told: _Told) -> Message:
    return say("journey.released", length=told.row.at - told.at("held_at"))


def _override(told: _Told) -> Message:
    return say("journey.override", rep=told.rep, work=told.work, until=told.at("expires_at"))


def _nurture(told: _Told) -> Message:
    cause = told.about.get("cause") or "rule"
    if cause == NurtureCause.DAY_PASSED:
        return say("journey.nurture-day-passed")
    cause = _CAUSES.get(cause, as_written(str(cause)))
    if told.about.get("until") is None:
        return say("journey.nurture", cause=cause)
    return say("journey.nurture-until", cause=cause, until=told.at("until"))


def _appointment(told: _Told) -> Message:
    act, start, code = told.about["act"], told.about.get("start"), told.about.get("code")
    if act == "reject":
        return say("journey.rejected", rep=told.rep, code=_REJECTS.get(code or "", as_written(str(code))))
    if act == "outcome":
        return say(_OUTCOMES.get(told.about.get("outcome") or "", "journey.outcome-other"))
    if act == "cancel" and told.about["by"] == "prospect":
        return say("journey.called-off-by-buyer")
    key = _ACTS.get(act, _CHANGED) if start or act not in _TIMED else _CHANGED
    zone = told.zones.get(told.about["rep"], "UTC")
    where = as_written(told.about["join_url"]) if act == MeetingAct.LINKED else None
    return say(key, rep=told.rep, start=to_local_time(told.at("start"), zone) if start else None, url=where)


def _booking_link(told: _Told) -> Message:
    return say("journey.booking-link", until=told.at("expires_at"))


def _owner_changed(told: _Told) -> Message:
    why = message_from_json(told.about["summary"])
    return say("journey.owner-changed", connection=connection_name(told.about["connection"]), why=why)


_TEXTS: Mapping[JourneyKind, Callable[[_Told], Message]] = {
    JourneyKind.EVENT: _event,
    JourneyKind.CREATED: _created,
    JourneyKind.NEWS: _news,
    JourneyKind.MERGED: _merged,
    JourneyKind.CONTACT_ENDED: _contact,
    JourneyKind.CONTACT_ALLOWED: _contact,
    JourneyKind.EVIDENCE: _evidence,
    JourneyKind.GATE: _gate,
    JourneyKind.OVERRIDE: _override,
    JourneyKind.APPOINTMENT: _appointment,
    JourneyKind.UNTOLD: lambda told: say("journey.untold", rep=told.rep),
    JourneyKind.NURTURE: _nurture,
    JourneyKind.WON: lambda _: say("journey.won"),
    JourneyKind.CLOSED: lambda _: say("journey.closed"),
    JourneyKind.DECIDED: _decided,
    JourneyKind.ASSIGNED: _assigned,
    JourneyKind.HELD: _held,
    JourneyKind.RELEASED: _released,
    JourneyKind.DELIVERY: lambda told: delivery_text(told.about),
    JourneyKind.OWNER_CHANGED: _owner_changed,
    JourneyKind.BOOKING_LINK: _booking_link,
}
