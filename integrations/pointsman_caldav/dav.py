"""WebDAV's XML: the few bodies that we send."""

from datetime import UTC, datetime
from html import escape

from pointsman_sdk import Slot

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
PRINCIPAL_QUERY = f"<D:propfind {_NAMESPACES}><D:prop><D:current-user-principal/></D:prop></D:propfind>"
_BARE_KIND = "<D:resourcetype/><C:supported-calendar-component-set/>"
_KIND = f"{_BARE_KIND}<C:calendar-timezone/><C:calendar-timezone-id/>"
BARE_KIND_QUERY = f"<D:propfind {_NAMESPACES}><D:prop>{_BARE_KIND}</D:prop></D:propfind>"
KIND_QUERY = f"<D:propfind {_NAMESPACES}><D:prop>{_KIND}</D:prop></D:propfind>"
HOME_QUERY = (
    f"<D:propfind {_NAMESPACES}><D:prop><C:calendar-home-set/><C:calendar-user-address-set/></D:prop></D:propfind>"
)
LIST_QUERY = (
    f"<D:propfind {_NAMESPACES}><D:prop>{_KIND}<D:displayname/><D:current-user-privilege-set/></D:prop></D:propfind>"
)
STATE_QUERY = (
    f'<D:propfind {_NAMESPACES} xmlns:S="http://calendarserver.org/ns/"><D:prop><D:sync-token/><S:getctag/></D:prop>'
    "</D:propfind>"
)


def stamp(moment: datetime) -> str:
    """A moment as iCalendar writes UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _range(window: Slot) -> str:
    return f'start="{stamp(window.start)}" end="{stamp(window.end)}"'


def free_busy_query(window: Slot) -> str:
    """The body that asks for the busy times of a calendar."""
    return f"<C:free-busy-query {_NAMESPACES}><C:time-range {_range(window)}/></C:free-busy-query>"


def event_query(window: Slot | None, *, having: str = "") -> str:
    """The body that asks for the events of a window, or for all, or for those with a property, as they were written.

    What recurs is not written out by the server: servers differ in how, and err.
    """
    chosen = f"<C:time-range {_range(window)}/>" if window else ""
    if having:
        chosen += f'<C:prop-filter name="{having}"/>'
    return (
        f"<C:calendar-query {_NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        f'<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">{chosen}</C:comp-filter></C:comp-filter>'
        "</C:filter></C:calendar-query>"
    )


def uid_query(uid: str) -> str:
    """The body that asks for the event with a UID. Servers find the text anywhere in it."""
    return (
        f"<C:calendar-query {_NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:prop-filter name="UID">'
        f'<C:text-match collation="i;octet">{escape(uid)}</C:text-match>'
        "</C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )


def sync_query(token: str) -> str:
    """The body that asks what changed in a collection since a token (RFC 6578)."""
    return (
        f"<D:sync-collection {_NAMESPACES}><D:sync-token>{escape(token)}</D:sync-token><D:sync-level>1</D:sync-level>"
        "<D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
