"""Activities: meetings on a contact's record. HubSpot writes to no guest of them."""

from pointsman_hubspot.api.objects import Found
from pointsman_hubspot.api.shape import instant, line, rich, written_instant
from pointsman_hubspot.desk import Desk, sequence_of
from pointsman_hubspot.engagements import Engagements
from pointsman_hubspot.people import OWNER
from pointsman_sdk import Activity, ActivityStatus, RemoteRecord, Slot, Standing

KIND = "meetings"
START, END, OUTCOME = "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome"
TITLE, SHARED, PRIVATE = "hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes"
LOCATION, LINK, MOMENT = "hs_meeting_location", "hs_meeting_external_url", "hs_timestamp"
OUTCOMES = {
    ActivityStatus.PLANNED: "SCHEDULED",
    ActivityStatus.ATTENDED: "COMPLETED",
    ActivityStatus.NO_SHOW: "NO_SHOW",
    ActivityStatus.CANCELLED: "CANCELED",
}
PROPERTIES = (MOMENT, START, END, TITLE, SHARED, PRIVATE, LOCATION, LINK, OUTCOME, OWNER)


class HubSpotActivities:
    """The owner is the closer. What the customer may read is the description, the evidence stands in the internal notes."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._kept = desk, Engagements(desk, KIND, PROPERTIES)

    async def put(self, thing: Activity) -> RemoteRecord:
        slot = thing.slot.utc()
        state = {
            MOMENT: written_instant(slot.start),
            START: written_instant(slot.start),
            END: written_instant(slot.end),
            TITLE: line(thing.title),
            SHARED: rich(thing.shared),
            PRIVATE: rich(thing.private),
            LINK: line(thing.join_url or ""),
            OUTCOME: OUTCOMES[thing.status],
        }
        if thing.join_url is not None:
            state[LOCATION] = line(thing.join_url)
        if thing.owner is not None:
            state[OWNER] = thing.owner
        found = await self._kept.bring(
            thing.key, thing.sequence, state, first={}, person=thing.person, account=thing.account
        )
        return await self._record(found, thing.key)

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        found = await self._kept.find(key)
        return None if found is None else await self._record(found, key)

    async def drop(self, place: str, key: str) -> None:  # noqa: ARG002  # a CRM is one place
        await self._kept.take_away(key)

    async def _record(self, found: Found, key: str) -> RemoteRecord:
        values = found.properties
        return RemoteRecord(
            key=key,
            place="",
            id=found.id,
            version=found.updated,
            sequence=sequence_of(found),
            owner=values.get(OWNER),
            slot=_slot(found),
            standing=Standing.CANCELLED if values.get(OUTCOME) == "CANCELED" else Standing.CONFIRMED,
            title=values.get(TITLE, ""),
            join_url=values.get(LINK),
            url=(await self._desk.portal()).page_of(KIND, found.id),
            fields=tuple(sorted((name, value) for name, value in values.items() if name in PROPERTIES)),
        )


def _slot(found: Found) -> Slot | None:
    """When it is; None where others made something else of its times."""
    try:
        return Slot(instant(found.properties.get(START)), instant(found.properties.get(END)))
    except (ValueError, TypeError, OverflowError):
        return None
