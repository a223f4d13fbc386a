"""What `init` has to know, read from the words of flags and answers alike."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from pointsman.api.roster.request_bodies import Email
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.domain.messages.message import Message, say
from pointsman.domain.roster.roles import Work
from pointsman.services.wording.catalogue import catalogue_language

#: The works of each role that a first floor can have.
ROLES: dict[str, tuple[Work, ...]] = {
    "SDR": (Work.PROSPECTING, Work.QUALIFICATION),
    "Closer": (Work.CLOSING, Work.SOLUTION_DESIGN),
    "Founder": (Work.PROSPECTING, Work.QUALIFICATION, Work.CLOSING, Work.SOLUTION_DESIGN, Work.CUSTOMER_SERVICE),
}
OFFICE_HOURS = "09:00-17:00"
_OTHER_WORDS = {"gründer": "Founder", "gründerin": "Founder", "setter": "SDR"}
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)\s*-\s*((?:[01]\d|2[0-3]):[0-5]\d|24:00)")
_LONGEST_NAME = 200
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class WrongAnswer(Exception):
    """An answer that cannot be taken; `message` says what to write."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.key)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class RepAnswer:
    """A rep of the first floor; `hours` are those of each weekday, in the organisation's zone."""

    key: str
    name: str
    email: str
    role: str
    hours: tuple[str, str]

    def may(self, work: Work) -> bool:
        return work in ROLES[self.role]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAnswer:
    """A CalDAV server, and the path of each calendar on it by the rep's key."""

    url: str
    user: str
    password: str = field(repr=False)
    paths: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A first floor, as it is written into the files."""

    organisation: str
    zone: str
    language: str  # "de" or "en"
    reps: tuple[RepAnswer, ...]
    calendar: CalendarAnswer | None = None

    def reps_for(self, work: Work) -> list[RepAnswer]:
        return [rep for rep in self.reps if rep.may(work)]


def read_name(text: str) -> str:
    """A name of a person or an organisation, on one line."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise WrongAnswer(say("init.wrong-name"))
    return name


def read_email(text: str) -> str:
    try:
        return _EMAIL.validate_python(text.strip())
    except ValidationError:
        raise WrongAnswer(say("init.wrong-email", given=text[:60])) from None


def read_role(text: str) -> str:
    known = {role.casefold(): role for role in ROLES} | _OTHER_WORDS
    role = known.get(text.strip().casefold())
    if role is None:
        raise WrongAnswer(say("init.wrong-role", given=text[:60]))
    return role


def read_hours(text: str) -> tuple[str, str]:
    found = _HOURS.fullmatch(text.strip())
    if found is None or found[1] >= found[2]:
        raise WrongAnswer(say("init.wrong-hours", given=text[:60]))
    return found[1], found[2]


def read_zone(text: str) -> str:
    zone = text.strip()
    if not is_time_zone(zone):
        raise WrongAnswer(say("init.wrong-zone", given=zone[:60]))
    return zone


def read_language(text: str) -> str:
    language = catalogue_language(text)
    if language is None:
        raise WrongAnswer(say("init.wrong-language", given=text[:60]))
    return language


def read_own_email(text: str, others: Collection[RepAnswer]) -> str:
    """An address that none of the `others` has, in any case."""
    email = read_email(text)
    if taken := next((rep for rep in others if rep.email.casefold() == email.casefold()), None):
        raise WrongAnswer(say("init.address-taken", name=taken.name, email=email))
    return email


def read_rep(text: str, others: Collection[RepAnswer]) -> RepAnswer:
    """A rep as one flag writes it: "Lena Vogt, lena@firma.example, SDR" and perhaps ", 08:00-16:00"."""
    parts = [part.strip() for part in text.split(",")]
    if not 3 <= len(parts) <= 4:
        raise WrongAnswer(say("init.wrong-rep", given=text[:100]))
    hours = parts[3] if len(parts) > 3 else OFFICE_HOURS
    email = read_own_email(parts[1], others)
    return make_rep(read_name(parts[0]), email, read_role(parts[2]), read_hours(hours), others)


def make_rep(name: str, email: str, role: str, hours: tuple[str, str], others: Collection[RepAnswer]) -> RepAnswer:
    return RepAnswer(key=_key_of(name, [rep.key for rep in others]), name=name, email=email, role=role, hours=hours)


def require_floor(reps: Collection[RepAnswer]) -> None:
    """Raises WrongAnswer where no rep would take a lead that comes in."""
    if not any(rep.may(Work.QUALIFICATION) for rep in reps):
        raise WrongAnswer(say("init.no-setter"))


def refuse_unknown_calendar_reps(calendar: CalendarAnswer | None, known: Collection[str]) -> None:
    """Raises WrongAnswer for a calendar of a rep who is not on the roster."""
    if calendar and (unknown := sorted(calendar.paths.keys() - set(known))):
        raise WrongAnswer(say("init.wrong-calendar-rep", given=unknown[0][:60], known=tuple(known)))


def _key_of(name: str, taken: Collection[str]) -> str:
    """A short key that is not taken: the first name, the whole name, or that with a number."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_SPELT_OUT)).encode("ascii", "ignore").decode()
    words: list[str] = re.findall(r"[a-z0-9]+", plain)[:3] or ["rep"]
    whole = "-".join(words)[:60]
    return next(
        key for key in (words[0][:60], whole, *(f"{whole}-{n}" for n in range(2, len(taken) + 3))) if key not in taken
    )
