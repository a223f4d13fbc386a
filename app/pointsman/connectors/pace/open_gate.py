"""The gate of one process without a database."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.pace.outcomes import Admitted
from pointsman.connectors.pace.patience import Patience
from pointsman.connectors.pace.writings import Writings
from pointsman.domain.messages.message import Message
from pointsman.services.ports import VendorWaitError
from pointsman_sdk import Limits


class OpenGate(PaceGate):
    """Lets every call in, and keeps nothing: for one process without a database."""

    def __init__(self) -> None:
        """Nothing is asked of the world."""
        self._writings = Writings()

    async def enter(
        self,
        connection_id: UUID,  # noqa: ARG002  # as PaceGate
        limits: Limits,  # noqa: ARG002  # as PaceGate
        patience: Patience,  # noqa: ARG002  # as PaceGate
        *,
        deadline: timedelta,  # noqa: ARG002  # as PaceGate
        subject: str = "",  # noqa: ARG002  # as PaceGate
    ) -> Admitted | None:
        return None

    async def waiting(self, connection_id: UUID, subjects: Collection[str]) -> Mapping[str, VendorWaitError]:  # noqa: ARG002  # as PaceGate
        return {}

    async def hold(
        self,
        connection_id: UUID,  # noqa: ARG002  # as PaceGate
        subject: str,  # noqa: ARG002  # as PaceGate
        error: Message,  # noqa: ARG002  # as PaceGate
        wait: timedelta | None,  # noqa: ARG002  # as PaceGate
    ) -> datetime | None:
        return None
