"""One calendar of the vendor's, and when its events are."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_memory.vendor.items import Item, Shelf
from pointsman_memory.vendor.wire import instant
from pointsman_sdk import Slot


@dataclass(slots=True, kw_only=True)
class Calendar:
    """One calendar. `merged`: its busy times come as blocks without keys. `open` False: it may not be used."""

    id: str
    name: str = ""
    owner: str | None = None
    zone: str = "UTC"
    writable: bool = True
    merged: bool = False
    open: bool = True
    refuses_overlaps: bool = True
    writes_to_guests: bool = True  # else what would have it do so is refused
    shelf: Shelf
    log: list[str | None] = field(default_factory=list)
    forgotten: int = 0  # entries of the log before this one are not told any more

    def slot(self, item: Item) -> Slot:
        """When it is; whole days are those of the calendar's zone."""
        values = item.values
        if "first_day" not in values:
            return Slot(instant(values["start"]), instant(values["end"]))
        zone = ZoneInfo(self.zone)
        first, last = date.fromisoformat(values["first_day"]), date.fromisoformat(values["last_day"])
        return Slot(datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone))

    def slots(self, item: Item) -> list[Slot]:
        """When it is, each time that is left.

        A series keeps the wall clock of its `zone`, `weeks` times a week apart, without those whose numbers are `left_out`.
        """
        first, zone = self.slot(item), ZoneInfo(item.values.get("zone", self.zone))
        start, end = first.start.astimezone(zone), first.end.astimezone(zone)
        later = [timedelta(weeks=number) for number in range(1, int(item.values.get("weeks", 1)))]
        planned = [first, *(Slot(start + weeks, end + weeks) for weeks in later)]
        return [slot for number, slot in enumerate(planned) if number not in item.values.get("left_out", ())]

    def meets(self, item: Item, window: Slot) -> bool:
        return any(slot.overlaps(window) for slot in self.slots(item))

    def own(self) -> list[Item]:
        """The items that came with a key, by start."""
        return sorted((one for one in self.shelf.items.values() if one.key), key=lambda one: self.slot(one).utc().start)


def is_busy(item: Item) -> bool:
    """Whether it keeps the owner busy: not if it is shown as free, called off, or declined."""
    values = item.values
    return values.get("status") != "cancelled" and values.get("busy", True) and not values.get("declined", False)


def merged(slots: list[Slot]) -> list[dict[str, Any]]:
    """Blocks without a hint of what is in them."""
    blocks: list[list[datetime]] = []
    for slot in sorted(slots, key=lambda one: one.start):
        if blocks and slot.start <= blocks[-1][1]:
            blocks[-1][1] = max(blocks[-1][1], slot.end)
        else:
            blocks.append([slot.start, slot.end])
    return [{"start": start.isoformat(), "end": end.isoformat(), "key": None} for start, end in blocks]
