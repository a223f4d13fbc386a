"""WebDAV's XML: the few bodies that we send."""

from datetime import UTC, datetime

from pointsman_sdk import Slot

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
PRINCIPAL_QUERY = f"<D:propfind {_NAMESPACES}><D:prop><D:current-user-principal/></D:prop></D:propfind>"
KIND_QUERY = (
    f"<D:propfind {_NAMESPACES}><D:prop><D:resourcetype/><C:supported-calendar-component-set/></D:prop></D:propfind>"
)
ZONE_QUERY = f"<D:propfind {_NAMESPACES}><D:prop><C:calendar-timezone/><C:calendar-timezone-id/></D:prop></D:propfind>"


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
