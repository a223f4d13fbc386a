"""What a pool sends its buyers about their appointments: by which way, when, and in which words."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.dates.durations import Duration
from pointsman.domain.messages.form_faults import EMAIL
from pointsman.domain.messages.mail_addresses import refuse_reply_address
from pointsman.domain.policy.operands import Identifier, PolicyModel
from pointsman.domain.text.lines import ACTING, hidden_sign

LONGEST_LINE = 200
LONGEST_BODY = 4_000
MAX_REMINDERS = 3
SHORTEST_REMINDER, LONGEST_REMINDER = timedelta(minutes=10), timedelta(days=14)


class TextName(StrEnum):
    """What a text may name, as `{{ name }}`. `TEXT_NAMES` says what each stands for."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    NAME = "name"
    COMPANY = "company"
    REP = "rep"
    REPS = "reps"
    PURPOSE = "purpose"
    DAY = "day"
    TIME = "time"
    TIME_ZONE = "time_zone"
    DURATION = "duration"
    JOIN_URL = "join_url"
    CHANGE_URL = "change_url"
    ORGANISATION = "organisation"


TEXT_NAMES = MappingProxyType(
    {
        TextName.FIRST_NAME: "The buyer's first name, where it is known.",
        TextName.LAST_NAME: "The buyer's last name, where it is known.",
        TextName.NAME: "The buyer's first and last name, as far as they are known.",
        TextName.COMPANY: "The buyer's company, where it is known.",
        TextName.REP: "The name of the rep who leads the appointment.",
        TextName.REPS: "The names of all reps who come: Anna Weber and Tom Berg.",
        TextName.PURPOSE: "What the appointment is for: the pool's booking.purpose, else Meeting or Termin.",
        TextName.DAY: "The day on the buyer's calendar: Wednesday, 25 November 2026.",
        TextName.TIME: "The time on the buyer's clock: 10:00, in German 10:00 Uhr.",
        TextName.TIME_ZONE: "The zone of that clock: CET, in German MEZ.",
        TextName.DURATION: "How long it takes: 30 minutes.",
        TextName.JOIN_URL: "The link to the video conference, where there is one.",
        TextName.CHANGE_URL: "The link by which the buyer moves the appointment or calls it off, where there is one.",
        TextName.ORGANISATION: "What your organisation is called (setting POINTSMAN_ORGANISATION).",
    }
)
#: What the name that mail comes from may say: our own words alone, or a form could send in another's name.
SENDER_NAMES = frozenset({TextName.REP, TextName.REPS, TextName.PURPOSE, TextName.ORGANISATION})


class TextFaultKind(StrEnum):
    """What can be wrong with a text."""

    UNKNOWN_NAME = "unknown-name"
    FORBIDDEN = "forbidden"  # anything but a name, an if and its endif
    UNCLOSED = "unclosed"  # an if without its endif, or braces without their end
    UNOPENED = "unopened"  # an endif without its if
    TOO_DEEP = "too-deep"
    LITERAL = "literal"  # looks like a name in other brackets, and is sent as it stands: the one that is no error


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFault:
    """One fault of a text, the line of the text that has it (from 1), and what stands there."""

    line: int
    kind: TextFaultKind
    given: str


#: Finds the faults of a text that may use these names.
TextCheck = Callable[[str, Collection[TextName]], Sequence[TextFault]]


class Inviter(StrEnum):
    """Which way an invitation goes."""

    MAIL = "mail"  # we write it
    CALENDAR = "calendar"  # the vendor of the rep's calendar, where it can; else we do
    NOBODY = "nobody"


class BuyerMessage(StrEnum):
    """What a buyer is told."""

    CONFIRMATION = "confirmation"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    REMINDER = "reminder"


TextLanguage = Literal["de", "en"]


def _says_something(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank-text", "it says nothing: write a text, or leave it out for ours")
    return text


def _lines(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if ACTING.search(plain.replace("\t", " ")):
        raise PydanticCustomError(
            "acting-text", "it has a control, or a sign that turns the direction of text: take it out"
        )
    return plain


def _line(text: str) -> str:
    """One line, every sign of which is seen: mail programs disagree about the others in a header."""
    if "\n" in text or "\r" in text:
        raise PydanticCustomError("second-line", "it has a second line: write one")
    if ACTING.search(text):
        return _lines(text)
    if (sign := hidden_sign(text)) is not None:
        raise PydanticCustomError(
            "hidden-sign", "a sign in it is not seen ({sign}): delete the text and type it by hand", {"sign": sign}
        )
    return text


_NAMES = "Names: " + ", ".join(f"{{{{ {name} }}}}" for name in TextName)
_EXPLAINED = f"{_NAMES}. What depends on one: {{% if join_url %}}…{{% endif %}}."
LineText = Annotated[
    StrictStr,
    StringConstraints(max_length=LONGEST_LINE),
    AfterValidator(_line),
    AfterValidator(_says_something),
]
BodyText = Annotated[
    StrictStr, StringConstraints(max_length=LONGEST_BODY), AfterValidator(_lines), AfterValidator(_says_something)
]


class MessageWords(PolicyModel):
    """The author's words for a message in one language; what is left out is ours.

    Nothing but names and what depends on one.
    """

    subject: LineText | None = Field(default=None, description=_EXPLAINED)
    body: BodyText | None = Field(default=None, description=_EXPLAINED)


def _only_said(
    texts: dict[BuyerMessage, dict[TextLanguage, MessageWords]],
) -> dict[BuyerMessage, dict[TextLanguage, MessageWords]]:
    """Without what holds no words, which is the same as nothing."""
    said = {
        message: {language: words for language, words in given.items() if words.subject or words.body}
        for message, given in texts.items()
    }
    return {message: given for message, given in said.items() if given}


def _each_once(spans: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    """The longest first."""
    if len(set(spans)) < len(spans):
        raise PydanticCustomError("reminder-twice", "a reminder is listed twice: keep one")
    if not all(SHORTEST_REMINDER <= span <= LONGEST_REMINDER for span in spans):
        raise PydanticCustomError("reminder-range", "a reminder goes out 10m to 14d before the appointment")
    return tuple(sorted(spans, reverse=True))


class InvitationRules(PolicyModel):
    """What buyers are sent about appointments with this pool's reps. Nothing, unless it says so."""

    by: Inviter = Inviter.NOBODY
    connection: Identifier | None = None  # what sends the mail, also where a rep's calendar cannot invite
    sender: LineText | None = Field(
        default=None,
        description=f"The name that mail comes from; without it the rep's. It may name {', '.join(sorted(SENDER_NAMES))}.",
    )
    reply_to: (
        Annotated[StrictStr, StringConstraints(pattern=EMAIL, max_length=254), AfterValidator(refuse_reply_address)]
        | None
    ) = None  # else the rep's
    reminders: Annotated[tuple[Duration, ...], Field(max_length=MAX_REMINDERS), AfterValidator(_each_once)] = ()
    texts: Annotated[dict[BuyerMessage, dict[TextLanguage, MessageWords]], AfterValidator(_only_said)] = Field(
        default_factory=dict,
        description="Your words by message and language. " + " ".join(f"{n}: {s}" for n, s in TEXT_NAMES.items()),
    )

    @property
    def mails(self) -> bool:
        """Whether mail may go out."""
        return self.by is not Inviter.NOBODY and self.connection is not None

    @model_validator(mode="after")
    def _mail_has_a_way(self) -> Self:
        needs = self.by is Inviter.MAIL or (self.by is Inviter.CALENDAR and self.reminders)
        if needs and self.connection is None:
            raise PydanticCustomError(
                "mail-without-connection", "mail needs a connection that sends it: add 'connection: KEY'"
            )
        return self
