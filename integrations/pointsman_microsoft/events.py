"""Events: an appointment written for Graph, and what is read back of a copy that others may have edited.

What is ours stands in named properties of the event (Graph, "singleValueLegacyExtendedProperty"): our key, our state, the host's
link to a meeting, and our guests where they are many. They are shown where
they are asked for ($expand), and no guest is sent them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from pointsman_microsoft.graph.shape import text, text_or_none
from pointsman_microsoft.graph.times import slot_of
from pointsman_microsoft.words import MEETING_LINE, guests_of, letters, mark, text_of, title_of
from pointsman_sdk import CREATE_MEETING, Appointment, Rejected, RemoteRecord, Slot, Standing, check_key

_SET = "6f0b2d1e-6f6a-4c55-9a35-8f2c5a0f6d31"  # of our named properties
_NAMES = ("pm_key", "pm_state", "pm_link", "pm_link_rest", "pm_guests")
KEY, STATE, LINK, LINK_REST, GUESTS = (f"String {{{_SET}}} Name {name}" for name in _NAMES)
EXPAND = "singleValueExtendedProperties($filter={})".format(
    " or ".join(f"id eq '{one}'" for one in (KEY, STATE, LINK, LINK_REST, GUESTS))
)
_LONGEST = 250  # of one property: Exchange cuts a text after 255 characters where it shows many items
_NO_LINK = "-"  # an empty text is none
FIELDS = (
    "id,changeKey,subject,body,start,end,isAllDay,isCancelled,showAs,type,seriesMasterId,attendees,location,isOnlineMeeting,onlineMeeting,"
    "webLink,createdDateTime,recurrence"
)
_MOST_MARKS = 12  # of guests in the state, so that it is no longer than a property
_MANY = "*"  # stands before a mark of all guests together, whose own are in `GUESTS`


def by_key(key: str) -> str:
    """The filter for one key. Graph compares without regard to capitals, so that what comes is to be compared again."""
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{key}')"


def transaction_id(key: str, generation: int) -> str:
    """What keeps an event single at its creation. An id is used up with its event: one that vanished is made under the next."""
    return str(uuid5(UUID(_SET), f"{key}/{generation}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What we wrote last. The texts are marks, by which an edit of their owner's is seen; `private`: the private text too.

    `guests` are marks of ours. Not `whole`: they are more than this reading showed, and the event has to be read by itself.
    """

    sequence: int | None = None
    title: str = ""
    length: int = 0
    text: str = ""
    private: bool = False
    guests: tuple[str, ...] = ()
    whole: bool = True

    @classmethod
    def of(cls, thing: Appointment, *, shown: bool) -> "State":
        body = letters(text_of(thing, shown=shown))
        return cls(
            sequence=thing.sequence,
            title=mark(title_of(thing)),
            length=len(body),
            text=mark(body),
            private=bool(thing.private) and not shown,
            guests=tuple(sorted(mark(one.casefold()) for one in guests_of(thing))),
        )

    @classmethod
    def read(cls, value: str | None, guests: str | None = None) -> "State":
        """Without a sequence where there is none that can be read. `guests` is what stands of them beside it."""
        parts = (value or "").split(";")
        if len(parts) != 6 or not all(
            one.isascii() and one.isdigit() and len(one) < 12 for one in (parts[0], parts[2])
        ):
            return cls()
        beside, many = guests or "", parts[5].startswith(_MANY)
        whole = not many or parts[5] == f"{_MANY}{mark(beside)}"
        marks = beside if many else parts[5]
        return cls(
            sequence=int(parts[0]),
            title=parts[1],
            length=int(parts[2]),
            text=parts[3],
            private=parts[4] == "p",
            guests=tuple(one for one in marks.split(",") if one) if whole else (),
            whole=whole,
        )

    def __str__(self) -> str:
        private, beside = "p" if self.private else "", self.guests_beside()
        guests = ",".join(self.guests) if beside is None else f"{_MANY}{mark(beside)}"
        return f"{self.sequence};{self.title};{self.length};{self.text};{private};{guests}"

    def guests_beside(self) -> str | None:
        """The marks of guests who are too many for the state; None of fewer."""
        return ",".join(self.guests) if len(self.guests) > _MOST_MARKS else None

    def has_text(self, body: str, *, online: bool) -> bool:
        """Whether a body still is what we wrote, and below it no more than Teams' part."""
        found = letters(body)
        rest = found[self.length :]
        return mark(found[: self.length]) == self.text and (not rest or (online and rest.startswith(MEETING_LINE)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event as Graph has it.

    `series` is the id of the series that its owner made of it, or to which this time of it belongs, and `clock` the zone by which
    that keeps its hour. `broken`: nothing stands where the series begins.
    """

    id: str
    etag: str
    version: str
    title: str
    body: str
    slot: Slot
    certain: bool
    tentative: bool
    cancelled: bool
    attendees: tuple[Any, ...]
    location: str
    online: bool
    join_url: str | None
    web: str | None
    made: str
    state: State
    link: str | None
    series: str | None = None
    clock: str | None = None
    broken: bool = False

    @classmethod
    def of(cls, row: Any, state: State | None = None, link: str | None = None) -> "Stored":
        """Of an answer to a read; of one to a write, which shows no properties of ours, with those that were written."""
        if state is None:
            state, link = State.read(property_in(row, STATE), property_in(row, GUESTS)), link_in(row)
        version = text(row["changeKey"])
        return cls(
            id=text(row["id"]),
            etag=text_or_none(row.get("@odata.etag")) or f'W/"{version}"',
            version=version,
            title=text_or_none(row.get("subject")) or "",
            body=text_or_none((row.get("body") or {}).get("content")) or "",
            slot=slot_of(row),
            certain=row.get("isAllDay") is not True,
            tentative=row.get("showAs") == "tentative",
            cancelled=row.get("isCancelled") is True,
            attendees=_attendees_in(row),
            location=text_or_none((row.get("location") or {}).get("displayName")) or "",
            online=row.get("isOnlineMeeting") is True,
            join_url=text_or_none((row.get("onlineMeeting") or {}).get("joinUrl")),
            web=text_or_none(row.get("webLink")),
            made=made_at(row),
            state=state,
            link=link,
            series=_series_of(row),
            clock=_clock_of(row),
        )

    def record(self, place: str, key: str) -> RemoteRecord:
        standing = Standing.TENTATIVE if self.tentative else Standing.CONFIRMED
        return RemoteRecord(
            key=key,
            place=place,
            id=self.id,
            version=self.version,
            sequence=self.state.sequence,
            slot=self.slot,
            certain=self.certain,
            repeats=self.series is not None,
            standing=Standing.CANCELLED if self.cancelled else standing,
            title=self.title,
            join_url=self.link or self.join_url,
            url=self.web,
        )

    def others(self) -> list[Any]:
        """The attendees who are no guests of ours: its owner asked them."""
        return [one for one in self.attendees if mark(address_of(one)) not in self.state.guests]


def _series_of(row: Mapping[str, Any]) -> str | None:
    """None of a single event (Graph, "event resource type": type, seriesMasterId)."""
    kind = text_or_none(row.get("type")) or "singleInstance"
    if kind == "singleInstance":
        return None
    return text(row["id"]) if kind == "seriesMaster" else text_or_none(row.get("seriesMasterId")) or text(row["id"])


def _clock_of(row: Mapping[str, Any]) -> str | None:
    """None of a single event, and where Graph does not say (Graph, "recurrenceRange resource type")."""
    return text_or_none(((row.get("recurrence") or {}).get("range") or {}).get("recurrenceTimeZone"))


def link_of(thing: Appointment) -> str | None:
    """The host's own link to a meeting. Rejected for one that is longer than can be kept."""
    link = thing.meeting if thing.meeting != CREATE_MEETING else None
    if link is not None and len(link) > 2 * _LONGEST:
        raise Rejected(f"the meeting's link is longer than {2 * _LONGEST} characters")
    return link or None


def properties(
    state: State, link: str | None, *, before: str | None = None, key: str | None = None
) -> list[dict[str, str]]:
    """Our named properties as they are to be, where the link `before` stands there."""
    values = {STATE: str(state)} | ({} if key is None else {KEY: key})
    if (guests := state.guests_beside()) is not None:
        values[GUESTS] = guests
    if link != before:
        values |= {LINK: (link or "")[:_LONGEST] or _NO_LINK, LINK_REST: (link or "")[_LONGEST:] or _NO_LINK}
    return [{"id": name, "value": value} for name, value in values.items()]


def link_in(row: Mapping[str, Any]) -> str | None:
    """The host's link, of both of its parts."""
    parts = [property_in(row, name) for name in (LINK, LINK_REST)]
    return "".join(part for part in parts if part and part != _NO_LINK) or None


def attendee(email: str, name: str) -> dict[str, Any]:
    return {"emailAddress": {"address": email, "name": name or email}, "type": "required"}


def address_of(row: Any) -> str:
    """Of an attendee; "" for one without, as Graph has shown (microsoft-graph-docs issue 4477)."""
    return (text_or_none((row.get("emailAddress") or {}).get("address")) or "").casefold()


def _attendees_in(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """As they are, since they are written back. Raises where the address of one could not be read later."""
    found = tuple(row.get("attendees") or ())
    for one in found:
        address_of(one)
    return found


def made_at(row: Any) -> str:
    """When it was made, and its id, so that of two copies one is the first for everybody."""
    return f"{text_or_none(row.get('createdDateTime')) or ''} {text(row['id'])}"


def property_in(row: Mapping[str, Any], name: str) -> str | None:
    """The value of a named property. Graph may write the id's GUID in other capitals."""
    for one in row.get("singleValueExtendedProperties") or ():
        if text(one["id"]).casefold() == name.casefold():
            return text(one["value"])
    return None


def key_in(row: Mapping[str, Any]) -> str | None:
    """Our key of an event; None for one of others. ValueError is no way to say so: others may write what they like there."""
    found = property_in(row, KEY)
    try:
        return None if found is None else check_key(found)
    except ValueError:
        return None
