"""Connector: what every connector is, and which Protocol stands for which capability."""

from typing import Protocol, runtime_checkable

from pointsman_sdk.calendar import Calendar
from pointsman_sdk.crm import Crm
from pointsman_sdk.intake import Intake
from pointsman_sdk.manifest import Capability, Manifest
from pointsman_sdk.notify import Notify
from pointsman_sdk.nurture import Nurture


@runtime_checkable
class Connector(Protocol):
    """One configured connection to one vendor account."""

    manifest: Manifest

    async def check(self) -> None:
        """One cheap authenticated call, made before a connection is saved. Raises what is wrong."""
        ...


PROTOCOLS: dict[Capability, type] = {
    Capability.CALENDAR: Calendar,
    Capability.CRM: Crm,
    Capability.INTAKE: Intake,
    Capability.NURTURE: Nurture,
    Capability.NOTIFY: Notify,
}


def implemented(connector: object) -> frozenset[Capability]:
    """The capabilities whose every method the connector has; these must be the ones it declares."""
    return frozenset(capability for capability, protocol in PROTOCOLS.items() if isinstance(connector, protocol))
