"""WebDAV's XML: the few bodies that we send."""

from datetime import UTC, datetime

from pointsman_sdk import Slot

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
PRINCIPAL_QUERY = f"<D:propfind {_NAMESPACES}><D:prop><D:current-user-principal/></D:prop></D:propfind>"
KIND_QUERY = (
    f"<D:propfind {_NAMESPACES}><D:prop><D:resourcetype/><C:supported-calendar-component-set/></D:prop></D:propfind>"
)


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
