"""Events that stand again where they stood before we moved them: one by its owner's hand, many at once by a vendor's backup."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pointsman.domain.booking.calendar_diff import EventComparison, EventState, said_by_rep
from pointsman.domain.messages.message import message_from_json
from pointsman.services.ports import Env
from pointsman.services.ports.booking.deliveries import PlacedEvent

#: What a conflict says of an event that was put back together with others.
PUT_BACK = "calendar.put-back"


async def find_moved_back(
    env: Env, wanted: Sequence[PlacedEvent], found: Mapping[str, EventComparison]
) -> frozenset[str]:
    """The keys of events that begin where their appointment began at an earlier time."""
    moved = [item for item in wanted if found[item.key].state is EventState.MOVED]
    if not moved:
        return frozenset()
    async with env.uow() as tx:
        began = {
            item.key: [line.detail for line in await tx.appointments.history(item.appointment_id)] for item in moved
        }
    return frozenset(item.key for item in moved if _begins(found[item.key]) in map(_began_before, began[item.key]))


def is_put_back(item: PlacedEvent) -> bool:
    """Whether it is on record as one that was put back together with others."""
    return message_from_json(said_by_rep(item.conflict).get(item.rep_key)).key == PUT_BACK


def _begins(compared: EventComparison) -> datetime | None:
    return compared.moved_to.start.replace(microsecond=0) if compared.moved_to else None


def _began_before(detail: Mapping[str, Mapping[str, str]]) -> datetime | None:
    """Not None where the act moved the appointment. Calendars keep whole seconds."""
    told = detail.get("before", {}).get("start")
    return datetime.fromisoformat(told).replace(microsecond=0) if told else None
