"""A call that has been under way for a while looks once more, before each further request, whether its vendor asked to wait.

It may have waited itself, for a token that another process renews; and a Retry-After that came meanwhile is not only for
calls that begin after it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.pace.outcomes import Admitted
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, VendorWaitError
from pointsman_sdk import Retryable
from pointsman_sdk.errors import Scope

LOOK_AFTER = timedelta(seconds=0.5)  # of two processes one hears within a second what the other was told
LONGEST_PAUSE = timedelta(seconds=5)  # beyond it the call is given back


@dataclass(slots=True)
class HeldBack:
    """Of one call; `looked_at` is when it was last known that it may go on."""

    gate: PaceGate
    call: Admitted
    looked_at: datetime

    async def before_request(self) -> None:
        """Pause while the vendor wants it. Raises Retryable where that takes longer than LONGEST_PAUSE."""
        while (now := self.gate.now()) - self.looked_at >= LOOK_AFTER:
            self.looked_at = now
            wait = await self._wait()
            if wait is None:
                return
            left = wait.until - now
            if left > LONGEST_PAUSE:
                raise Retryable("the vendor asked to wait meanwhile", retry_after=left, scope=Scope.CONNECTION)
            await self.gate.pause(left)

    async def _wait(self) -> VendorWaitError | None:
        try:
            found = await self.gate.waiting(self.call.connection_id, self.call.kept_as)
        except (DatabaseUnavailable, DatabaseBusy):
            return None  # what is under way goes on, as it does beside a database that is away
        return max(found.values(), key=lambda wait: wait.until, default=None)
