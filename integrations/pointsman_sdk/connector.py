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
from pointsman_sdk.manifest import Capability, Limits, Manifest


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


@runtime_checkable
class Subjects(Protocol):
    """A connector whose vendor counts calls by the mailbox, or the user, for which they are made (`Limits.per` SUBJECT)."""

    def subject_of(self, capability: Capability, place: str | None) -> str | None:
        """The one for which a call about this place is made; None: the connection's own limits are all there is.

        Asked before the call, so without one. The place None stands for what is asked of no single one: a list, or the busy
        times of several.
        """
        ...


@runtime_checkable
class Paced(Protocol):
    """A connector of which a connection says, by its configuration, what the vendor stands: another plan has other limits."""

    limits: Limits


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


def subject_of(connector: object, capability: Capability, place: str | None) -> str | None:
    """As the connector says; None where it counts none."""
    return connector.subject_of(capability, place) if isinstance(connector, Subjects) else None


def limits_of(connector: Connector) -> Limits:
    """The connection's own limits, where it has such; else those that the manifest says of all."""
    declared = connector.manifest.limits
    own = connector.limits if isinstance(connector, Paced) else None
    return own if isinstance(own, Limits) and own.per is declared.per else declared


def implemented(connector: object) -> frozenset[Capability]:
    """The capabilities whose every method the connector has; these must be the ones it declares."""
    return frozenset(
        capability
        for capability, protocol in PROTOCOLS.items()
        if isinstance(getattr(connector, capability, None), protocol)
    )
