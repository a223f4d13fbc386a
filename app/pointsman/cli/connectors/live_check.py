"""`connectors check KEY --live`: what a vendor really does, tried on a sandbox, a line for each check."""

from collections.abc import AsyncIterator
from typing import cast

import typer
from rich.text import Text

from pointsman.cli.output import EXIT_FAILED, out, tell, word, words_of
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.cli.terminal.locality import machine_zone, terminal_language
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.live import LiveFinding, LiveResult, check_live
from pointsman.connectors.live_words import check_words
from pointsman.domain.errors import Unavailable
from pointsman.services.connections.connections import get_connection
from pointsman.services.connections.live_check import open_live_check
from pointsman.services.connections.trial_message import TrialResult, send_trial_message
from pointsman.services.deliveries.vendor_error_text import failure_message, safe_error_text
from pointsman.services.ports import Env, VendorError
from pointsman.services.wording.rendering import MessageReader
from pointsman_sdk.live import Sandbox

_LACKS = {
    "calendar": "cli-service.live-lacks-calendar",
    "person": "cli-service.live-lacks-person",
    "programme": "cli-service.live-lacks-programme",
    "to": "cli-service.live-lacks-to",
}
TRIAL_MESSAGE = "notices: a test message is taken"


def run_live_check(
    key: str, *, calendar: str | None, zone: str, person: str | None, programme: str | None, to: str | None
) -> None:
    """Print each finding as it comes; ends the command with a fault when a promise was broken."""

    async def use(env: Env) -> list[LiveResult]:
        results = []
        async for found in live_findings(env, key, calendar=calendar, zone=zone, person=person, programme=programme):
            show_finding(found)
            results.append(found.result)
        message = await _message(env, key, to, broken=LiveResult.BROKEN in results)
        if message is not None:
            show_finding(message)
            results.append(message.result)
        return results

    results = run_with_env(use)
    kept, broken = results.count(LiveResult.KEPT), results.count(LiveResult.BROKEN)
    tell("cli-service.live-sum", kept=kept, broken=broken, left_out=len(results) - kept - broken)
    if broken:
        raise typer.Exit(EXIT_FAILED)


async def _message(env: Env, key: str, to: str | None, *, broken: bool) -> LiveFinding | None:
    """One test message over a connection that sends mail. Raises Invalid, and TooManyRequests, where an address is named."""
    row = await get_connection(env, key)
    if to is None or broken:
        lacks = "" if broken else "to"
        sends = env.notices.sends_mail(row.connector)
        return LiveFinding(check=TRIAL_MESSAGE, result=LiveResult.LEFT_OUT, told=lacks) if sends else None
    reader = MessageReader(language=terminal_language(), zone=machine_zone())
    sent = await send_trial_message(env, key, to=to, reader=reader, actor=CLI_ACTOR)
    if sent.result is TrialResult.TAKEN:
        return LiveFinding(check=TRIAL_MESSAGE, result=LiveResult.KEPT)
    return LiveFinding(check=TRIAL_MESSAGE, result=LiveResult.BROKEN, why=sent.why)


async def live_findings(
    env: Env, key: str, *, calendar: str | None, zone: str, person: str | None = None, programme: str | None = None
) -> AsyncIterator[LiveFinding]:
    """Each check as it ends. Raises NotFound, Conflict, Unavailable."""
    row = await open_live_check(env, key, actor=CLI_ACTOR)
    sandbox = Sandbox(
        key=f"pm-check-{env.new_id()}",
        now=env.clock(),
        calendar=calendar,
        zone=zone,
        person=person,
        programme=programme,
    )
    gateway = cast("ConnectorGateway", env.calendars)  # the command line is wired with it
    try:
        async for found in check_live(gateway, row.ref(), sandbox):
            yield found
    except (VendorError, TimeoutError) as error:  # its connector is not there, or another than it was saved with
        raise Unavailable(safe_error_text(error), told=failure_message(error)) from None


def show_finding(found: LiveFinding) -> None:
    """Print one as a line."""
    out.print(_line(found), highlight=False, soft_wrap=True)


def _line(found: LiveFinding) -> Text:
    match found.result:
        case LiveResult.KEPT:
            said = Text(word("cli-service.live-kept"), "green")
        case LiveResult.BROKEN:
            why = words_of(found.why) if found.why is not None else found.told
            said = Text(word("cli-service.live-broken", found=why), "red")
        case _:
            said = Text(word(_LACKS.get(found.told, "cli-service.live-after-another")), "yellow")
    return Text.assemble(f"{words_of(check_words(found.check))}: ", said)
