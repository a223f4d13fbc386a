"""Which properties changed: as the events say, and as histories do where a record is further than its events.

The host keeps one event for each state of a record. So an event that is read in a state which others led to, whose events are
still on their way, has to tell of their changes, too: those events are no news any more when they come.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pointsman_hubspot.api.objects import Found, Objects
from pointsman_hubspot.api.shape import instant, shaped
from pointsman_hubspot.intake.events import JOINED, Told
from pointsman_sdk import Event


def is_join(event: Event) -> bool:
    """Whether it tells who joined a list: that changes no property."""
    return Told.by(event.key).event.endswith(JOINED)


def changed_at(found: Found) -> datetime | None:
    try:
        return instant(found.updated)
    except ValueError:
        return None


async def changes_of(
    events: Sequence[Event], contacts: Mapping[str, Found | None], objects: Objects, watched: Iterable[str]
) -> Mapping[str, list[str]]:
    """The names by what the events are about, each once."""
    changed = defaultdict[str, dict[str, None]](dict)
    times = defaultdict[str, list[datetime]](list)
    for one in events:
        if (name := Told.by(one.key).changed) and not is_join(one):
            changed[one.about or ""][name] = None
        if one.occurred_at is not None:
            times[one.about or ""].append(one.occurred_at)
    ahead = [about for about, told in times.items() if _is_ahead(contacts.get(about), max(told))]
    names = tuple(watched)
    read = await objects.read_many("contacts", ahead, properties=(), history=names) if ahead and names else {}
    for about, found in read.items():
        if found is not None:
            changed[about] |= dict.fromkeys(_changed_since(found, min(times[about])))
    return defaultdict(list, {about: list(found) for about, found in changed.items()})


def _is_ahead(found: Found | None, told: datetime) -> bool:
    changed = changed_at(found) if found is not None else None
    return changed is not None and changed > told


def _changed_since(found: Found, moment: datetime) -> list[str]:
    return [
        name
        for name, entries in found.history.items()
        if shaped(lambda listed: any(instant(one["timestamp"]) >= moment for one in listed), entries)
    ]
