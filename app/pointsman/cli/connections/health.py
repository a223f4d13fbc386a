"""How a connection does, as a few lines."""

from pointsman.cli.output import tell, words_of
from pointsman.services.connections.health import ConnectionHealth
from pointsman.services.ports.vendors.pace import PaceState

_STATES = {
    None: "cli-connections.state-off",
    PaceState.CLOSED: "cli-connections.state-works",
    PaceState.WAITING: "cli-connections.state-waiting",
    PaceState.PROBING: "cli-connections.state-probing",
    PaceState.OUT_OF_USE: "cli-connections.state-out-of-use",
}


def show_health(found: ConnectionHealth) -> bool:
    """Print it; False where the connection is out of use."""
    works = found.state is not PaceState.OUT_OF_USE
    tell(_STATES[found.state], style="green" if found.state is PaceState.CLOSED else "yellow", key=found.connection.key)
    if found.connection.fault is not None:
        tell("cli-connections.fault", style="red", why=words_of(found.connection.fault))
    pace = found.pace
    if pace is not None and pace.last_success_at is not None:
        tell("cli-connections.last-success", at=pace.last_success_at)
    if pace is not None and pace.last_error_at is not None and pace.last_error is not None:
        tell("cli-connections.last-error", at=pace.last_error_at, why=words_of(pace.last_error))
    if found.until is not None and found.state is PaceState.WAITING:
        tell("cli-connections.waits-until", at=found.until)
    for one in found.held:
        why = words_of(one.error) if one.error is not None else ""
        tell("cli-connections.mailbox-waits", style="yellow", mailbox=one.subject, at=one.until, why=why)
    if found.owed.waiting:
        tell("cli-connections.owed", count=found.owed.waiting)
    if found.existing_leads is not None and found.existing_leads.done_at is None:
        told = found.existing_leads
        tell("cli-connections.existing-leads", total=told.total, owed=told.owed)
    for rep in found.without_user:
        tell("cli-connections.rep-without-user", style="yellow", name=rep.rep_key, key=found.connection.key)
    if found.owner_changes is not None and found.owner_changes.by_outcome:
        tell("cli-connections.owner-changes", count=sum(found.owner_changes.by_outcome.values()))
    if found.owner_changes is not None and found.owner_changes.differences:
        tell("cli-connections.owner-differences", style="yellow", count=len(found.owner_changes.differences))
    return works
