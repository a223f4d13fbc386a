"""Where an appointment takes place: in a room of the house's own, or in a meeting that is made for it."""

from dataclasses import dataclass

from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.pools import CREATE_MEETING
from pointsman.services.ports.booking.appointments import AppointmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlace:
    """The columns of `AppointmentRow` that say so."""

    join_url: str | None = None
    vendor_meeting: bool = False


def meeting_place(policy: Policy, pool: str | None) -> MeetingPlace:
    """As the pool has it now."""
    found = policy.pools.get(pool or "")
    conference = found.booking.conference if found is not None else None
    if conference == CREATE_MEETING:
        return MeetingPlace(vendor_meeting=True)
    return MeetingPlace(join_url=conference)


def place_after(policy: Policy, pool: str | None, row: AppointmentRow, *, handed_on: bool) -> MeetingPlace:
    """Where it takes place after a change: as before, also at another time, and under another rep as the pool has it.

    A meeting that was made in the calendar of the rep who led it goes with that event, and its host: another is made.
    """
    if not handed_on or (pool or "") not in policy.pools:
        made = row.vendor_meeting and handed_on
        return MeetingPlace(join_url=None if made else row.join_url, vendor_meeting=row.vendor_meeting)
    return meeting_place(policy, pool)
