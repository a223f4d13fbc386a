"""What one routing is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import Decision
from pointsman.services.ports import Actor
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import RoutingContext

#: The trigger of a decision about a lead that comes back from nurture, if the rules have it.
RE_ENTRY = "re-entry"

_TRIGGERS: Mapping[str, Message] = {
    "intake": say("reason.intake"),
    "retry": say("reason.retry"),
    "drain": say("reason.drain"),
    "merge": say("reason.merge"),
    "re-entry": say("reason.re-entry"),
    "returned": say("reason.returned"),
    "customer-news": say("reason.customer-news"),
    "handed-over": say("reason.handed-over"),
    "gate-failed": say("reason.gate-failed"),
    "booked": say("reason.booked"),
    "rescheduled": say("reason.rescheduled"),
    "reassign": say("reason.reassign"),
    "rejected": say("reason.rejected"),
    "sent-back": say("reason.sent-back"),
}


def trigger_words(trigger: str) -> Message:
    """Why a lead was routed, for the audit."""
    return _TRIGGERS.get(trigger) or as_written(trigger)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReversal:
    """The turn of this decision is to be taken back before a new one is given."""

    decision_id: UUID
    reason: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRequest:
    """A lead to be routed, why, and all that the caller knows of it already."""

    lead: LeadRow  # its row is locked
    purpose: Work | None  # only rules for this work may match; None, at intake: every rule
    trigger: str
    actor: Actor
    calendars: Mapping[
        str, CalendarState
    ]  # those that were read for this decision, by rep; see `with_closer_calendars`
    gate_check_id: UUID | None = None  # the only check that counts; None: the latest pass of each gate
    past_holders: frozenset[str] = frozenset()  # reps who may not get the lead
    context: RoutingContext | None = None  # what this transaction knows of the lead; None: it is read
    turn_reversal: TurnReversal | None = None
    why: Message | None = None  # for the audit: what brought the lead here
    requested_time: RequestedTime | None = None  # the rep must be free for an appointment then


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingResult:
    """What became of a lead; `changed` is False when it waits on, for the same reason as before."""

    decision_id: UUID
    decision: Decision
    assignment_id: UUID | None
    rep: Rep | None
    changed: bool = True
