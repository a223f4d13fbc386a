"""Pools, read out: who is in, how leads are shared, and how appointments are offered."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.messages.message import Arg, Message, rep_name, say, supplier_name
from pointsman.domain.policy.document import Member, Pool
from pointsman.domain.policy.invitations import InvitationRules
from pointsman.domain.policy.pools import CREATE_MEETING, BookingRules, DistributionMethod, RampStep, Ranking
from pointsman.domain.policy_words.sections import PolicySection, Statements
from pointsman.domain.policy_words.terms import CONFIRMATIONS, INVITERS, OFFERS, asked, tell_description
from pointsman.domain.policy_words.values import length_message, quoted
from pointsman.domain.roster.roles import Work, work_name

_METHODS: Mapping[DistributionMethod, Message] = {
    DistributionMethod.FAIR: say("readout.method-fair"),
    DistributionMethod.LEAST_LOADED: say("readout.method-least-loaded"),
    DistributionMethod.SOONEST: say("readout.method-soonest"),
    DistributionMethod.OWNER: say("readout.method-owner"),
    DistributionMethod.RANKED: say("readout.method-ranked"),
}
#: Lengths of time of booking, in the order in which they are told.
_LENGTHS: Mapping[str, str] = {
    "duration": "readout.duration",
    "slot_grid": "readout.slot-grid",
    "minimum_notice": "readout.minimum-notice",
    "horizon": "readout.horizon",
    "buffer_before": "readout.buffer-before",
    "buffer_after": "readout.buffer-after",
    "slot_hold_for": "readout.slot-hold",
    "confirm_within": "readout.confirm-within",
}
#: Of those that may be nothing.
_NONE: Mapping[str, str] = {
    "minimum_notice": "readout.no-minimum-notice",
    "buffer_before": "readout.no-buffer-before",
    "buffer_after": "readout.no-buffer-after",
}
#: Works whose leads end in an appointment: their booking is told whole, that of others where it is not the default.
_BOOKED = frozenset({Work.CLOSING, Work.SOLUTION_DESIGN})


def read_pool(name: str, pool: Pool) -> PolicySection:
    """One section; what is usual for a pool of this work goes without saying."""
    told = Statements(f"pools.{name}")
    told.tell("work", say("readout.pool-work", work=work_name(pool.work)))
    told.tell("method", _METHODS[pool.method])
    if pool.members:
        told.tell("members", say("readout.members", members=tuple(_member(member) for member in pool.members)))
    else:
        told.tell("members", say("readout.no-members"))
    for i, match in enumerate(pool.match):
        told.tell(f"match[{i}]", say("readout.match", lead=match.lead, rep=match.rep))
    if pool.requires is not None:
        told.tell("requires", say("readout.pool-requires", condition=asked(pool.requires)))
    if pool.immediate:
        told.tell("immediate", say("readout.immediate"))
    told.tell("time_zone", say("readout.time-zone", zone=pool.time_zone))
    told.tell_unless("ledger", pool.ledger, None, "readout.ledger", ledger=pool.ledger)
    for supplier, percent in pool.shares.items():
        text = say("readout.share", supplier=supplier_name(supplier), count=percent)
        told.tell(f"shares.{supplier}", text)
    for i, step in enumerate(pool.ramp_up):
        told.tell(f"ramp_up[{i}]", _ramp_step(step))
    _tell_ranking(told, pool.ranking, whole=pool.method is DistributionMethod.RANKED)
    _tell_booking(told, pool.booking, whole=pool.work in _BOOKED)
    _tell_invitations(told, pool.invitations)
    tell_description(told, pool.description)
    return told.section(say("readout.pool", name=name))


def _ramp_step(step: RampStep) -> Message:
    if not step.after:
        return say("readout.ramp-up-start", count=step.percent)
    return say("readout.ramp-up", span=length_message(step.after), count=step.percent)


def _member(member: Member) -> Arg:
    rep = rep_name(member.rep)
    return rep if member.weight is None else say("readout.member", rep=rep, weight=member.weight)


def _tell_ranking(told: Statements, ranking: Ranking, *, whole: bool) -> None:
    usual = Ranking()
    for i, wish in enumerate(ranking.prefer):
        text = say("readout.prefer", lead=wish.lead, rep=wish.rep, count=wish.points)
        told.tell(f"ranking.prefer[{i}]", text)
    ahead, behind = ranking.max_turns_ahead, ranking.max_turns_behind
    if whole or ahead != usual.max_turns_ahead:
        told.tell("ranking.max_turns_ahead", say("readout.turns-ahead", count=ahead))
    if whole or behind != usual.max_turns_behind:
        told.tell("ranking.max_turns_behind", say("readout.turns-behind", count=behind))


def _tell_booking(told: Statements, booking: BookingRules, *, whole: bool) -> None:
    usual = BookingRules()

    def tell(field: str, key: str, **args: Any) -> None:
        if whole or getattr(booking, field) != getattr(usual, field):
            told.tell(f"booking.{field}", say(key, **args))

    for field, key in _LENGTHS.items():
        length = getattr(booking, field)
        if not length and field in _NONE:
            tell(field, _NONE[field])
        else:
            tell(field, key, span=length_message(length))
    tell("slots_shown", "readout.slots-shown", count=booking.slots_shown)
    tell("offer", "readout.offer", offer=OFFERS[booking.offer])
    tell("confirmation", "readout.confirmation", confirmation=CONFIRMATIONS[booking.confirmation])
    if booking.companion_pools:
        told.tell("booking.companion_pools", say("readout.companions", pools=tuple(booking.companion_pools)))
    if booking.conference == CREATE_MEETING:
        told.tell("booking.conference", say("readout.conference-made"))
    elif booking.conference is not None:
        told.tell("booking.conference", say("readout.conference", link=quoted(booking.conference)))
    for language, text in booking.purpose.items():
        key = "readout.purpose-de" if language == "de" else "readout.purpose-en"
        told.tell(f"booking.purpose.{language}", say(key, text=quoted(text)))


def _tell_invitations(told: Statements, given: InvitationRules) -> None:
    """Each setting that is not the usual one: nothing is sent."""
    usual = InvitationRules()
    if given.by is not usual.by:
        told.tell("invitations.by", say("readout.invited", inviter=INVITERS[given.by]))
    told.tell_unless(
        "invitations.connection", given.connection, None, "readout.mail-connection", connection=given.connection
    )
    if given.sender is not None:
        told.tell("invitations.sender", say("readout.mail-sender", text=quoted(given.sender)))
    if given.reply_to is not None:
        told.tell("invitations.reply_to", say("readout.mail-reply-to", text=quoted(given.reply_to)))
    if given.reminders:
        spans = tuple(length_message(span) for span in given.reminders)
        told.tell("invitations.reminders", say("readout.reminders", spans=spans))
    for message, by_language in given.texts.items():
        for language, words in by_language.items():
            for part, text in (("subject", words.subject), ("body", words.body)):
                if text is not None:
                    step = f"invitations.texts.{message}.{language}.{part}"
                    told.tell(step, say("readout.message-text", setting=step, text=quoted(text)))
