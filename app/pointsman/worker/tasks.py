"""What the worker does: jobs by name, and the sweeps that find what a lost job left behind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pointsman.services.appointments.overdue import alert_missing_results, lapse_requests
from pointsman.services.appointments.untold import UNTOLD_TASK, tell_untold_buyers
from pointsman.services.booking.slot_holds import expire_slot_holds
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.calendars.poll import poll_calendars, read_outdated
from pointsman.services.calendars.watches import RENEW_TASK, renew_watches
from pointsman.services.connections.field_faults import check_mapped_fields
from pointsman.services.connections.health import probe_connections
from pointsman.services.connections.users.following import follow_users
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.deliveries.fields.outward import TAKE_IN_TASK
from pointsman.services.deliveries.kinds.meeting_link import ASK_EVERY, ask_for_links
from pointsman.services.deliveries.outdated_readings import OUTDATED_TASK
from pointsman.services.deliveries.records.existing_leads import EXISTING_TASK, tell_existing_leads
from pointsman.services.deliveries.reminders import REMINDERS_TASK, owe_missing_reminders
from pointsman.services.deliveries.run import run_delivery, sweep_deliveries
from pointsman.services.holds.drain import drain_due_holds, drain_holds
from pointsman.services.intake.hooks.catch_up import catch_up, sweep_feeds
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.receive import process_item, sweep_inbox
from pointsman.services.intake.records.take_in import take_in_record
from pointsman.services.intake.records.told import sweep_records
from pointsman.services.intake.return_from_nurture import return_nurtured_leads
from pointsman.services.owner_changes.look import look_at_owners, sweep_looks
from pointsman.services.ports import Env
from pointsman.services.ports.booking.crm_owners import LOOK_TASK
from pointsman.services.reassignment.slot_taken import give_to_another_rep

Job = Callable[[Env, Mapping[str, Any]], Awaitable[object]]
Sweep = Callable[[Env], Awaitable[int]]


async def _process_item(env: Env, args: Mapping[str, Any]) -> None:
    await process_item(env, UUID(args["inbox_id"]), asks_vendors=args.get("asks_vendors", False))


async def _run_delivery(env: Env, args: Mapping[str, Any]) -> None:
    await run_delivery(env, UUID(args["delivery_id"]))


async def _slot_taken(env: Env, args: Mapping[str, Any]) -> None:
    await give_to_another_rep(env, UUID(args["delivery_id"]))


async def _drain_holds(env: Env, _args: Mapping[str, Any]) -> None:
    await drain_holds(env)


async def _owe_reminders(env: Env, _args: Mapping[str, Any]) -> None:
    await owe_missing_reminders(env)


async def _read_outdated(env: Env, _args: Mapping[str, Any]) -> None:
    await read_outdated(env)


async def _renew_watches(env: Env, _args: Mapping[str, Any]) -> None:
    await renew_watches(env)


async def _fetch_events(env: Env, args: Mapping[str, Any]) -> None:
    await fetch_events(env, UUID(args["intake_id"]))


async def _look_at_owners(env: Env, _args: Mapping[str, Any]) -> None:
    await look_at_owners(env)


async def _catch_up(env: Env, args: Mapping[str, Any]) -> None:
    await catch_up(env, UUID(args["intake_id"]))


async def _take_in(env: Env, args: Mapping[str, Any]) -> None:
    await take_in_record(env, UUID(args["connection_id"]), args["record_id"])


#: Job names are part of what lies in the database: a renamed one must be kept under its old name too.
JOBS: Mapping[str, Job] = {
    "inbox.process": _process_item,
    "delivery.run": _run_delivery,
    "delivery.slot_taken": _slot_taken,
    "holds.drain": _drain_holds,
    REMINDERS_TASK: _owe_reminders,
    OUTDATED_TASK: _read_outdated,
    RENEW_TASK: _renew_watches,
    "intake.fetch": _fetch_events,
    "intake.catch_up": _catch_up,
    LOOK_TASK: _look_at_owners,
    TAKE_IN_TASK: _take_in,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicTask:
    """Work done by one worker of all, about `every`."""

    name: str
    every: timedelta
    run: Sweep


PERIODIC_TASKS: tuple[PeriodicTask, ...] = (
    PeriodicTask(name="inbox.sweep", every=timedelta(seconds=5), run=sweep_inbox),
    PeriodicTask(name="intake.feeds", every=timedelta(seconds=5), run=sweep_feeds),
    PeriodicTask(name="deliveries.sweep", every=timedelta(seconds=2), run=sweep_deliveries),
    PeriodicTask(name="deliveries.late", every=timedelta(minutes=5), run=alert_late_deliveries),
    PeriodicTask(name="holds.due", every=timedelta(seconds=1), run=drain_due_holds),
    PeriodicTask(name="holds.drain", every=timedelta(seconds=30), run=drain_holds),
    PeriodicTask(name="appointments.lapse", every=timedelta(seconds=10), run=lapse_requests),
    PeriodicTask(name="appointments.overdue_results", every=timedelta(minutes=5), run=alert_missing_results),
    PeriodicTask(name="leads.return_from_nurture", every=timedelta(seconds=60), run=return_nurtured_leads),
    PeriodicTask(name=REMINDERS_TASK, every=timedelta(minutes=5), run=owe_missing_reminders),
    PeriodicTask(name=UNTOLD_TASK, every=timedelta(minutes=1), run=tell_untold_buyers),
    PeriodicTask(name="appointments.links", every=ASK_EVERY, run=ask_for_links),
    PeriodicTask(name="calendars.watches", every=timedelta(minutes=5), run=renew_watches),
    PeriodicTask(name="calendars.poll", every=timedelta(seconds=30), run=poll_calendars),
    PeriodicTask(name="calendars.reconcile", every=timedelta(seconds=60), run=sync_calendars),
    PeriodicTask(name="connections.probe", every=timedelta(seconds=30), run=probe_connections),
    PeriodicTask(name=LOOK_TASK, every=timedelta(seconds=5), run=sweep_looks),
    PeriodicTask(name=EXISTING_TASK, every=timedelta(seconds=10), run=tell_existing_leads),
    PeriodicTask(name="connections.users", every=timedelta(minutes=1), run=follow_users),
    PeriodicTask(name="connections.fields", every=timedelta(seconds=60), run=check_mapped_fields),
    PeriodicTask(name="crm.records", every=timedelta(seconds=30), run=sweep_records),
    PeriodicTask(name="slot_holds.expire", every=timedelta(seconds=10), run=expire_slot_holds),
)
