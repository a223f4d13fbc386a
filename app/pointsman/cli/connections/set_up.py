"""A connection from nothing to a test booking. Every step can be left, and taken up again by the same command."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pointsman.cli.connections.asking import Asks, ask_yes
from pointsman.cli.connections.binding import choose_and_bind, show_calendars
from pointsman.cli.connections.form import ask_config
from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connections.health import show_health
from pointsman.cli.connections.host import Host
from pointsman.cli.connections.matching_users import choose_and_confirm
from pointsman.cli.connectors.live_check import show_finding
from pointsman.cli.output import fail, show, tell, word, words_of
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.connectors.live import LiveResult
from pointsman.connectors.set_up.pasted import blanks_around
from pointsman.domain.errors import Invalid, PointsmanError, TooManyRequests, Unavailable
from pointsman.domain.messages.message import Message
from pointsman.services.connections.trial_message import SentTrial, TrialResult
from pointsman.services.ports.booking.connections import ConnectionRow

_LOOKS_EVERY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSetUp:
    """What is set up, and how: `asks` None asks nothing. `waits`: until somebody has signed in."""

    connector: str
    key: str
    asks: Asks | None
    given: GivenSetUp
    everything: bool
    waits: bool


async def set_up(host: Host, asked: AskedSetUp, *, sleep: Callable[[float], Awaitable[None]]) -> bool:
    """Whether all that was tried works. Raises what the use cases raise."""
    row = await _saved(host, asked)
    if row.pending and not await _signed_in(host, asked, sleep):
        return True  # it goes on with the next call
    works = await _with_calendars(host, asked) if host.has_calendars(asked.connector) else True
    if row.sync_owners:
        works = await choose_and_confirm(host, asked.asks, asked.key, asked.given) and works
    if host.sends_mail(asked.connector):
        works = await _with_message(host, asked) and works
    return show_health(await host.health(asked.key)) and works


async def _saved(host: Host, asked: AskedSetUp) -> ConnectionRow:
    there = await host.find(asked.key)
    if there is not None and there.connector != asked.connector:
        fail("cli-connections.other-connector", key=asked.key, connector=there.connector)
    if there is not None and asked.given.config is None:
        tell("cli-connections.goes-on", key=asked.key)
        if not _may_be_wrong(there) or asked.asks is None:
            return there
        if not ask_yes(asked.asks, "cli-connections.ask-again", default=False):
            return there
    if asked.given.config is not None:
        _tell_of_blanks(host, asked.connector, asked.given.config)
        row = await host.save(asked.key, asked.connector, asked.given)
    elif asked.asks is None:
        fail("cli-connections.config-needed", key=asked.key)
    else:
        row = await _asked_and_saved(host, asked, asked.asks, there)
    tell("cli-connections.saved", key=asked.key)
    return row


def _may_be_wrong(row: ConnectionRow) -> bool:
    """Whether the answers did not work so far: a vendor tells a wrong client in the browser alone."""
    return row.pending or row.fault is not None


async def _asked_and_saved(host: Host, asked: AskedSetUp, asks: Asks, there: ConnectionRow | None) -> ConnectionRow:
    """Asked again where the vendor refuses what was answered, or does not answer."""
    config: Mapping[str, Any] = {}
    while True:
        config = ask_config(
            asks,
            host.ways(asked.connector),
            lambda config: host.faults(asked.connector, config),
            redirect_uri=host.redirect_uri(),
            everything=asked.everything,
            before=config,
        )
        _tell_of_blanks(host, asked.connector, config)
        syncs = there is not None and there.sync_owners
        if host.is_crm(asked.connector):
            syncs = ask_yes(asks, "cli-connections.ask-owners", default=syncs)
        try:
            given = asked.given.model_copy(update={"config": config, "sync_owners": syncs})
            return await host.save(asked.key, asked.connector, given)
        except (Invalid, Unavailable) as error:
            _tell_error(error)
            if not ask_yes(asks, "cli-connections.ask-again", default=True):
                raise


def _tell_of_blanks(host: Host, connector: str, config: Mapping[str, Any]) -> None:
    secrets = {field.name for way in host.ways(connector) for field in (*way.fields, *way.further) if field.secret}
    for name in blanks_around(config, secrets):
        tell("cli-connections.secret-has-blank", style="yellow", part=name)


async def _signed_in(host: Host, asked: AskedSetUp, sleep: Callable[[float], Awaitable[None]]) -> bool:
    """Tells the address, and waits as long as it counts. Ends the command where that ran out."""
    begun = await host.begin_sign_in(asked.key)
    tell("cli-connections.sign-in", until=begun.expires_at)
    show(begun.url)
    if not asked.waits:
        tell("cli-connections.later", connector=asked.connector, key=asked.key)
        return False
    tell("cli-connections.waits", connector=asked.connector, key=asked.key)
    while True:
        await sleep(_LOOKS_EVERY.total_seconds())
        row = await host.find(asked.key)
        if row is not None and not row.pending:
            tell("cli-connections.signed-in", style="green")
            return True
        if host.now() >= begun.expires_at:
            fail("cli-connections.nobody-signed-in", connector=asked.connector, key=asked.key)


async def _with_calendars(host: Host, asked: AskedSetUp) -> bool:
    """Lists, binds, reads and books on trial; whether all of that worked."""
    try:
        calendars = await host.calendars(asked.key)
    except Invalid as error:
        if error.code != "no-calendar-list":
            raise
        _tell_error(error)
        calendars = []
    if asked.asks is not None and calendars:
        show_calendars(calendars)
    is_bound = await choose_and_bind(host, asked.asks, asked.key, calendars, asked.given)
    return await _tried(host, asked) and is_bound


async def _tried(host: Host, asked: AskedSetUp) -> bool:
    """Says how each bound calendar reads, and books in the first one to write to."""
    works, trial = True, None
    for rep in await host.reps():
        there = [(bound, reading) for bound, reading in await host.bound(rep.key) if bound.connection.key == asked.key]
        if any(reading is None for _, reading in there):  # a connection that is saved anew forgets what it read
            await host.read(rep.key)
            there = [(one, seen) for one, seen in await host.bound(rep.key) if one.connection.key == asked.key]
        for bound, reading in there:
            if reading is None or reading.error is not None:
                works = False
                why = words_of(reading.error) if reading is not None and reading.error is not None else "-"
                tell("cli-connections.unreadable", style="red", name=rep.name, calendar=bound.calendar, why=why)
                continue
            tell("cli-connections.reads", name=rep.name, calendar=bound.calendar, count=len(reading.busy))
            if trial is None and bound.writes:
                trial = (rep.name, bound.calendar, rep.time_zone)
    if trial is None:
        tell("cli-connections.none-bound", key=asked.key)
        return works
    if not asked.given.try_booking:
        return works
    name, calendar, zone = trial
    if asked.asks is not None and not ask_yes(
        asked.asks, "cli-connections.ask-trial", default=True, name=name, calendar=calendar
    ):
        return works
    return await _books(host, asked.key, calendar, zone) and works


async def _books(host: Host, key: str, calendar: str, zone: str) -> bool:
    tell("cli-connections.trial", calendar=calendar)
    kept = True
    async for found in host.try_booking(key, calendar, zone):
        if found.result is LiveResult.LEFT_OUT and found.told:
            continue  # a person or a programme of a CRM, which is not what is set up here
        show_finding(found)
        kept = kept and found.result is not LiveResult.BROKEN
    tell("cli-connections.trial-works" if kept else "cli-connections.trial-fails", style="green" if kept else "red")
    return kept


async def _with_message(host: Host, asked: AskedSetUp) -> bool:
    """Send one test message where an address is named; whether it was taken."""
    while True:
        to = asked.given.send_test_to
        if to is None and asked.asks is not None:
            to = asked.asks.text(word("cli-connections.ask-trial-message"), "").strip()
        if not to:
            return True
        try:
            return tell_trial(await host.send_trial(asked.key, to), to)
        except (Invalid, TooManyRequests) as error:
            if asked.asks is None or asked.given.send_test_to is not None:
                raise
            _tell_error(error)


def tell_trial(sent: SentTrial, to: str) -> bool:
    """Say what became of a test message; whether it was taken."""
    why = words_of(sent.why) if sent.why is not None else ""
    match sent.result:
        case TrialResult.TAKEN:
            tell("cli-connections.trial-taken", style="green", to=to)
        case TrialResult.UNKNOWN:
            tell("cli-connections.trial-unknown", style="yellow", why=why)
        case _:
            tell("cli-connections.trial-refused", style="red", why=why)
    return sent.result is TrialResult.TAKEN


def _tell_error(error: PointsmanError) -> None:
    said = words_of(error.told) if isinstance(error.told, Message) else str(error)
    tell("cli-connections.refused", style="yellow", said=said)
    for line in fault_lines(error.faults):
        if line.partition(": ")[2] != said:
            show(f"  • {line}")
