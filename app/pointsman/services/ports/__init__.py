"""What the use cases need from outside; the edges implement it, the tests fake it."""

from pointsman.services.ports.calendars import (
    CalendarEvent,
    CalendarFault,
    CalendarGateway,
    ConnectionRef,
    EventReceipt,
    FaultAmbiguous,
    FaultReauth,
    FaultRejected,
    FaultRetry,
    FaultSlotTaken,
)
from pointsman.services.ports.env import Actor, Clock, Env, Ids, Secrets
from pointsman.services.ports.faults import Crowded, LostRace, Refused, Unreachable
from pointsman.services.ports.tx import Tx, UnitOfWork

__all__ = [
    "Actor",
    "CalendarEvent",
    "CalendarFault",
    "CalendarGateway",
    "Clock",
    "ConnectionRef",
    "Crowded",
    "Env",
    "EventReceipt",
    "FaultAmbiguous",
    "FaultReauth",
    "FaultRejected",
    "FaultRetry",
    "FaultSlotTaken",
    "Ids",
    "LostRace",
    "Refused",
    "Secrets",
    "Tx",
    "UnitOfWork",
    "Unreachable",
]
