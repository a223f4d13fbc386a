"""What the use cases need from outside; the edges implement it, the tests fake it."""

from pointsman.services.ports.database_errors import (
    ConstraintRefused,
    DatabaseBusy,
    DatabasePoolExhausted,
    DatabaseUnavailable,
    LockTimedOut,
    LostRace,
    RosterOutdated,
    SchemaUnusable,
    StatementCancelled,
    StatementTimedOut,
)
from pointsman.services.ports.env import WORKER, Actor, Clock, Env, IdFactory, Secrets
from pointsman.services.ports.tx import Tx, UnitOfWork
from pointsman.services.ports.vendors.calendar_events import CalendarEvent, EventGuest, VendorEvent
from pointsman.services.ports.vendors.calendars import CalendarGateway
from pointsman.services.ports.vendors.connections import ConnectionRef, VendorReceipt
from pointsman.services.ports.vendors.errors import (
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
    VendorWaitError,
)

__all__ = [
    "WORKER",
    "Actor",
    "CalendarEvent",
    "CalendarGateway",
    "Clock",
    "ConnectionRef",
    "ConstraintRefused",
    "DatabaseBusy",
    "DatabasePoolExhausted",
    "DatabaseUnavailable",
    "Env",
    "EventGuest",
    "IdFactory",
    "LockTimedOut",
    "LostRace",
    "RosterOutdated",
    "SchemaUnusable",
    "Secrets",
    "StatementCancelled",
    "StatementTimedOut",
    "Tx",
    "UnitOfWork",
    "VendorError",
    "VendorEvent",
    "VendorReauthError",
    "VendorReceipt",
    "VendorRejectedError",
    "VendorRetryableError",
    "VendorSlotTakenError",
    "VendorUnansweredError",
    "VendorWaitError",
]
