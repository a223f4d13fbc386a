"""What the worker does: jobs by name, and the sweeps that find what a lost job left behind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pointsman.services.appointments.overdue import ask_for_results, lapse_requests
from pointsman.services.booking.slot_holds import expire_holds
from pointsman.services.calendar_sync.poll import look_at_calendars
from pointsman.services.calendars.readings import poll_calendars
from pointsman.services.deliveries.run import run_delivery, sweep_deliveries
from pointsman.services.holds.drain import drain_due, drain_holds
from pointsman.services.intake.receive import process_item, sweep_inbox
from pointsman.services.intake.return_from_nurture import bring_back
from pointsman.services.ports import Env

Job = Callable[[Env, Mapping[str, Any]], Awaitable[object]]
Sweep = Callable[[Env], Awaitable[int]]


async def _process_item(env: Env, args: Mapping[str, Any]) -> None:
    await process_item(env, UUID(args["inbox_id"]))


async def _run_delivery(env: Env, args: Mapping[str, Any]) -> None:
    await run_delivery(env, UUID(args["delivery_id"]))


async def _drain_holds(env: Env, _args: Mapping[str, Any]) -> None:
    await drain_holds(env)


#: Job names are part of what lies in the database: a renamed one must be kept under its old name too.
JOBS: Mapping[str, Job] = {
    "inbox.process": _process_item,
    "delivery.run": _run_delivery,
    "holds.drain": _drain_holds,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """Work done by one worker of all, about `every`."""

    name: str
    every: timedelta
    run: Sweep


PERIODIC: tuple[Periodic, ...] = (
    Periodic(name="inbox.sweep", every=timedelta(seconds=5), run=sweep_inbox),
    Periodic(name="deliveries.sweep", every=timedelta(seconds=2), run=sweep_deliveries),
    Periodic(name="holds.due", every=timedelta(seconds=1), run=drain_due),
    Periodic(name="holds.drain", every=timedelta(seconds=30), run=drain_holds),
    Periodic(name="appointments.lapse", every=timedelta(seconds=10), run=lapse_requests),
    Periodic(name="appointments.results", every=timedelta(minutes=5), run=ask_for_results),
    Periodic(name="leads.put_off", every=timedelta(seconds=60), run=bring_back),
    Periodic(name="calendars.poll", every=timedelta(seconds=30), run=poll_calendars),
    Periodic(name="calendars.truth", every=timedelta(seconds=60), run=look_at_calendars),
    Periodic(name="slot_holds.expire", every=timedelta(seconds=10), run=expire_holds),
)
