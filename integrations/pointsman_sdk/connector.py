"""Connector: what every connector is, and which Protocol stands for which capability."""

from typing import Protocol, runtime_checkable

from pointsman_sdk.abilities.calendars import Busy, Calendars
from pointsman_sdk.abilities.directory import Fields, Owners
from pointsman_sdk.abilities.intake import Intake
from pointsman_sdk.abilities.watches import Watches
from pointsman_sdk.kinds.activities import Activities
from pointsman_sdk.kinds.appointments import Appointments
from pointsman_sdk.kinds.outreach import Notices, Programmes, Tasks
from pointsman_sdk.kinds.people import Accounts, People
from pointsman_sdk.manifest import Capability, Manifest


@runtime_checkable
class Connector(Protocol):
    """One configured connection to one vendor account.

    What it can do lies in attributes, named as the capability: `connector.appointments.put(...)`. Capabilities share their
    verbs, so that one object cannot have them all.
    """

    manifest: Manifest

    async def check(self) -> None:
        """One cheap authenticated call, made before a connection is saved. Raises what is wrong."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds. The lent world is not its to close."""
        ...


PROTOCOLS: dict[Capability, type] = {
    Capability.CALENDARS: Calendars,
    Capability.BUSY: Busy,
    Capability.APPOINTMENTS: Appointments,
    Capability.WATCHES: Watches,
    Capability.PEOPLE: People,
    Capability.ACCOUNTS: Accounts,
    Capability.OWNERS: Owners,
    Capability.ACTIVITIES: Activities,
    Capability.FIELDS: Fields,
    Capability.TASKS: Tasks,
    Capability.PROGRAMMES: Programmes,
    Capability.NOTICES: Notices,
    Capability.INTAKE: Intake,
}


def implemented(connector: object) -> frozenset[Capability]:
    """The capabilities whose every method the connector has; these must be the ones it declares."""
    return frozenset(
        capability
        for capability, protocol in PROTOCOLS.items()
        if isinstance(getattr(connector, capability, None), protocol)
    )
