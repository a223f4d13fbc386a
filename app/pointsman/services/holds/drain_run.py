"""One run over waiting leads: each tried in a transaction of its own, what failed is told at the end."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.messages.message import message_from_json, say
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.calendars.closer_calendars import read_closer_calendars, with_closer_calendars
from pointsman.services.holds.retry import may_close, retry_waiting_lead
from pointsman.services.ports import WORKER, DatabaseUnavailable, Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.routing.holds import HoldRow
from pointsman.services.roster.absent_holder_alerts import update_absent_holder_alerts
from pointsman.services.roster.outdated_alert import update_outdated_roster_alert
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.sweeps import SWEEP_TIME_BUDGET, FailedItems
from pointsman.services.transactions import run_in_transaction


class DrainRun:
    """What one run did so far. Closers' calendars are read once, when the first lead that may need them comes up."""

    def __init__(self, env: Env, *, budget: timedelta = SWEEP_TIME_BUDGET) -> None:
        self._env, self._budget = env, budget
        self._started = env.clock()
        self._calendars: Mapping[str, CalendarState] | None = None
        self._failures = FailedItems()
        self.moved = 0

    @property
    def is_over(self) -> bool:
        """Whether the run has used its time."""
        return self._env.clock() - self._started > self._budget

    async def try_lead(self, hold: HoldRow) -> bool:
        """Try one lead. True when it waits on, for the same reason and for the same things to happen."""
        self._failures.tried += 1
        if self._calendars is None and may_close(hold):
            self._calendars = await read_closer_calendars(self._env)
        try:
            routed = await with_closer_calendars(self._env, partial(self._retry, hold.id), known=self._calendars or {})
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # one lead that cannot be moved keeps no other one waiting
            self._failures.add(f"lead:{hold.lead_id}", error)
            await self._clear_next_try(hold)
            return False
        if routed is None:
            return False
        is_held = routed.decision.outcome is DecisionOutcome.HELD
        self.moved += not is_held
        return is_held and not routed.changed

    async def _retry(self, hold_id: UUID, calendars: Mapping[str, CalendarState]) -> RoutingResult | None:
        return await retry_waiting_lead(self._env, hold_id, trigger="drain", actor=WORKER, calendars=calendars)

    async def end(self) -> int:
        """Announce who waits too long; how many moved on. Raises ItemsFailed."""
        await _alert_overdue(self._env)
        self._failures.raise_if_any()
        return self.moved

    async def _clear_next_try(self, hold: HoldRow) -> None:
        """A lead that cannot be moved is left to the next full drain, and not tried every second."""
        async with self._env.uow.autocommit() as tx:
            await tx.holds.clear_past_try(hold.id, at=self._env.clock())


async def _alert_overdue(env: Env) -> None:
    now = env.clock()

    async def work(tx: Tx) -> None:
        await update_absent_holder_alerts(env, tx)
        await update_outdated_roster_alert(env, tx)
        for hold in await tx.holds.overdue(at=now, limit=100):
            message = say("alerts.hold-overdue", at=hold.held_at, reason=message_from_json(hold.sentence))
            if hold.releases:
                release = message_from_json(hold.releases[0].get("sentence"))
                message = say("alerts.hold-overdue-release", alert=message, release=release)
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.HOLD_OVERDUE, subject=f"lead:{hold.lead_id}", message=message
            )

    await run_in_transaction(env, work)
