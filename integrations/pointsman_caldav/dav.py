"""WebDAV's XML: the few bodies we send, and answers read as what they are, untrusted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from pointsman_sdk import Rejected, Slot

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_CHUNK = 4096

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
PRINCIPAL_QUERY = f"<D:propfind {_NAMESPACES}><D:prop><D:current-user-principal/></D:prop></D:propfind>"


def stamp(moment: datetime) -> str:
    """A moment as iCalendar writes UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _range(window: Slot) -> str:
    return f'start="{stamp(window.start)}" end="{stamp(window.end)}"'


def free_busy_query(window: Slot) -> str:
    """The body that asks for the busy times of a calendar."""
    return f"<C:free-busy-query {_NAMESPACES}><C:time-range {_range(window)}/></C:free-busy-query>"


def event_query(window: Slot, *, expand: bool) -> str:
    """The body that asks for the events of a window; `expand` has the server write out what recurs."""
    shape = f"<C:expand {_range(window)}/>" if expand else ""
    return (
        f"<C:calendar-query {_NAMESPACES}>"
        f"<D:prop><D:getetag/><C:calendar-data>{shape}</C:calendar-data></D:prop>"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f"<C:time-range {_range(window)}/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )


class _PlainTree(TreeBuilder):
    """Builds a tree. Refuses documents that define entities or point at others."""

    def doctype(self, *_: object) -> None:
        raise Rejected("the server's answer has a document type declaration, which WebDAV never needs")


def parse(body: bytes) -> Element:
    """The root of an XML answer; Rejected when it is not well-formed or has a DTD."""
    parser = XMLParser(target=_PlainTree())  # noqa: S314  # refuses every DTD, and the host bounds the size
    try:
        # In pieces: a raised Rejected takes effect at the end of a piece, before a DTD could be put to use.
        for start in range(0, len(body), _CHUNK):
            parser.feed(body[start : start + _CHUNK])
        root = parser.close()
    except (ParseError, ValueError, LookupError):
        raise Rejected("the server's answer is not well-formed XML") from None
    assert isinstance(root, Element)
    return root


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One event resource out of a multistatus."""

    etag: str
    data: str


def found_events(body: bytes) -> Iterator[Found]:
    """Every resource of a calendar-query. Rejected when the server left one out: what is hidden may be busy."""
    root = _multistatus(body)
    for response in root.iter(f"{DAV}response"):
        status = response.findtext(f"{DAV}status", "")
        if status and " 200 " not in f"{status} ":
            raise Rejected("the server did not return every event it found")
        for propstat in response.iter(f"{DAV}propstat"):
            data = propstat.find(f"{DAV}prop/{CALDAV}calendar-data")
            if data is None:
                continue
            if " 200 " not in f"{propstat.findtext(f'{DAV}status', '')} ":
                raise Rejected("the server keeps the content of an event to itself")
            yield Found(etag=propstat.findtext(f"{DAV}prop/{DAV}getetag", ""), data=data.text or "")


def is_signed_in(body: bytes) -> bool:
    """Whether the answer to PRINCIPAL_QUERY names somebody."""
    root = _multistatus(body)
    return root.find(f".//{DAV}current-user-principal/{DAV}unauthenticated") is None


def precondition(body: bytes) -> str:
    """The name of the precondition that failed, or nothing: servers differ in whether they say."""
    try:
        root = parse(body)
    except Rejected:
        return ""
    return root[0].tag.rpartition("}")[2] if root.tag == f"{DAV}error" and len(root) else ""


def _multistatus(body: bytes) -> Element:
    root = parse(body)
    if root.tag != f"{DAV}multistatus":
        raise Rejected("the server's answer is not a WebDAV multistatus")
    return root
