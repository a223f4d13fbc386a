"""What the live checks put into a sandbox: things that are plainly a check's, under a key of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pointsman_sdk import (
    Activity,
    Appointment,
    Capability,
    Connector,
    Contact,
    Membership,
    PersonBy,
    Slot,
    Task,
)

TITLE = "Check of a connection: may be deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What may be written to. Kinds whose place is None are left out.

    `calendar` is the vendor's own address, `zone` that of its owner; `person` the address of somebody in the CRM; `programme` the
    vendor's own id. `key` names all that is put, `now` is aware.
    """

    key: str
    now: datetime
    calendar: str | None = None
    zone: str = "UTC"
    person: str | None = None
    programme: str | None = None

    def slot(self, state: int) -> Slot:
        """A quarter of an hour a month from now, by night; another one for each state."""
        start = (self.now + timedelta(days=30)).replace(hour=2, minute=15 * state, second=0, microsecond=0)
        return Slot(start, start + timedelta(minutes=15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind that can be taken away again. `made` is the thing in a state, for a person's id in the CRM where one is needed."""

    capability: Capability
    place: Callable[[Sandbox], str]
    made: Callable[[Sandbox, str, int], Any]
    lacks: Callable[[Sandbox], str | None]  # what has to be named for it, None when all is

    def of(self, connector: Connector) -> Any:
        """The connector's attribute."""
        return getattr(connector, self.capability)


async def person_in_crm(connector: Connector, sandbox: Sandbox) -> str:
    """The id of the sandbox's person. LookupError where the CRM does not have it."""
    people: Any = getattr(connector, Capability.PEOPLE, None)
    found = await people.find(PersonBy(email=sandbox.person)) if people is not None else None
    if found is None:
        raise LookupError("the CRM has no such person")
    return str(found.id)


def _appointment(box: Sandbox, _person: str, state: int) -> Appointment:
    return Appointment(key=box.key, sequence=state, place=box.calendar or "", slot=box.slot(state), title=TITLE)


def _activity(box: Sandbox, person: str, state: int) -> Activity:
    return Activity(key=box.key, sequence=state, person=person, slot=box.slot(state), title=TITLE)


def _task(box: Sandbox, person: str, state: int) -> Task:
    due = box.slot(state).start
    return Task(key=box.key, sequence=state, person=person, due=due, title=TITLE)


def _membership(box: Sandbox, _person: str, state: int) -> Membership:
    contact = Contact(email=box.person or "", name=TITLE)
    return Membership(key=box.key, sequence=state, place=box.programme or "", person=contact)


def _without(name: str, *wanted: str | None) -> str | None:
    return None if all(wanted) else name


KINDS = (
    Kind(
        capability=Capability.APPOINTMENTS,
        place=lambda box: box.calendar or "",
        made=_appointment,
        lacks=lambda box: _without("calendar", box.calendar),
    ),
    Kind(
        capability=Capability.ACTIVITIES,
        place=lambda _box: "",
        made=_activity,
        lacks=lambda box: _without("person", box.person),
    ),
    Kind(
        capability=Capability.TASKS,
        place=lambda _box: "",
        made=_task,
        lacks=lambda box: _without("person", box.person),
    ),
    Kind(
        capability=Capability.PROGRAMMES,
        place=lambda box: box.programme or "",
        made=_membership,
        lacks=lambda box: _without("programme", box.programme) or _without("person", box.person),
    ),
)
NEED_A_PERSON = frozenset({Capability.ACTIVITIES, Capability.TASKS})
