"""What the use cases need from outside; the edges implement it, the tests fake it."""

from pointsman.services.ports.database_errors import (
    ConstraintRefused,
    DatabasePoolExhausted,
    DatabaseUnavailable,
    LostRace,
    SchemaUnusable,
)
from pointsman.services.ports.env import WORKER, Actor, Clock, Env, IdFactory, Secrets
from pointsman.services.ports.tx import Tx, UnitOfWork
from pointsman.services.ports.vendors.calendars import (
    CalendarEvent,
    CalendarGateway,
    ConnectionRef,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
)

__all__ = [
    "WORKER",
    "Actor",
    "CalendarEvent",
    "CalendarGateway",
    "Clock",
    "ConnectionRef",
    "ConstraintRefused",
    "DatabasePoolExhausted",
    "DatabaseUnavailable",
    "Env",
    "IdFactory",
    "LostRace",
    "SchemaUnusable",
    "Secrets",
    "Tx",
    "UnitOfWork",
    "VendorError",
    "VendorEvent",
    "VendorReauthError",
    "VendorRejectedError",
    "VendorRetryableError",
    "VendorSlotTakenError",
    "VendorUnansweredError",
]
