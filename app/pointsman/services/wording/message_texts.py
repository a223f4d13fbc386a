"""What buyers are told, as a text to be rendered: the policy's, or ours where it says none; and the values of its names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsman.domain.messages.message import say
from pointsman.domain.policy.invitations import BuyerMessage, InvitationRules, MessageWords, TextLanguage, TextName
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.wording.arguments import locale_tag
from pointsman.services.wording.catalogue import load_catalogue
from pointsman.services.wording.rendering import MessageReader, render
from pointsman.services.wording.texts import render_line

_OURS: Mapping[BuyerMessage, tuple[str, str]] = {
    BuyerMessage.CONFIRMATION: ("message.confirmation-subject", "message.confirmation-body"),
    BuyerMessage.CHANGE: ("message.change-subject", "message.change-body"),
    BuyerMessage.CANCELLATION: ("message.cancellation-subject", "message.cancellation-body"),
    BuyerMessage.REMINDER: ("message.reminder-subject", "message.reminder-body"),
}


@dataclass(frozen=True, slots=True)
class MessageText:
    """A message's texts, for `render_line` and for `render_text` and `render_html`."""

    subject: str
    body: str


_JOINS = " ,;:|/-\N{EN DASH}\N{EM DASH}\N{MIDDLE DOT}\N{BULLET}"


def text_of(invitations: InvitationRules, message: BuyerMessage, language: TextLanguage) -> MessageText:
    """The author's words in this language; what the policy does not say in it is ours."""
    given = invitations.texts.get(message, {}).get(language, MessageWords())
    subject, body = _OURS[message]
    ours = load_catalogue(language)
    return MessageText(given.subject or ours.open_text(subject), given.body or ours.open_text(body))


def sender_of(invitations: InvitationRules, values: Mapping[TextName, str]) -> str:
    """The name that mail comes from; where the policy says none, the rep's.

    What joins names falls away at the ends, where there was no name: "Ben Roth, " of a house that has none set.
    """
    return render_line(invitations.sender or f"{{{{ {TextName.REP} }}}}", values).strip(_JOINS)


def purpose_of(rules: BookingRules, language: TextLanguage) -> str:
    """What an appointment is for, in the buyer's language as far as the policy says it."""
    return rules.purpose_in(language) or render(say("invitation.meeting"), MessageReader(language=language))


def time_values(start: datetime, length: timedelta, *, zone: str, language: TextLanguage) -> dict[TextName, str]:
    """The names that tell when, on the buyer's clock in `zone`."""
    from pointsman.services.wording import locale_formats as formats  # noqa: PLC0415  # Babel takes long to import

    tag = locale_tag(language)
    return {
        TextName.DAY: formats.format_day(start, zone=zone, language=tag),
        TextName.TIME: formats.format_clock(start, zone=zone, language=tag),
        TextName.TIME_ZONE: formats.format_zone(start, zone=zone, language=tag),
        TextName.DURATION: formats.length_in_words(length, language=tag),
    }
