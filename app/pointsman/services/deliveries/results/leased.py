"""A delivery as the worker has it that makes the call."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.backoff import DELIVERY_RETRY_FOR
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow

_OF_USE_UNTIL_THEN = frozenset({DeliveryKind.APPOINTMENT, DeliveryKind.NOTICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedDelivery:
    """A delivery under this worker's lease, said with `sequence`. From `used_until` on its event, or mail, is of no use.

    `told` is the state that a notice tells, or an event. A lead's record is always of use, and has no such time.
    """

    delivery: DeliveryRow
    connection: ConnectionRow
    lease: UUID
    used_until: datetime | None
    sequence: int
    told: str | None = None

    def is_past_use(self, now: datetime) -> bool:
        """Whether what it says is of no use any more."""
        return self.used_until is not None and self.used_until <= now

    def is_too_old(self, now: datetime) -> bool:
        """Whether it is given up: by its age, and never by how often it was tried."""
        past_use = self.delivery.kind not in _OF_USE_UNTIL_THEN or self.is_past_use(now)
        return past_use and now - self.delivery.owed_at >= DELIVERY_RETRY_FOR
