"""Live checks over a saved connection: what a vendor's sandbox really does, in the connection's own pace."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.live_words import reason_words
from pointsman.connectors.pace.patience import Patience
from pointsman.domain.messages.message import Message
from pointsman.services.deliveries.vendor_error_text import failure_message, safe_error_text
from pointsman.services.ports import ConnectionRef, VendorError, VendorRejectedError
from pointsman_sdk import Connector
from pointsman_sdk.live import LiveCheck, NotAsPromised, Sandbox, live_checks

CHECK_DEADLINE = timedelta(seconds=60)
_SIGN_IN = "sign-in"  # the kind of the first check


class LiveResult(StrEnum):
    """How one check ended."""

    KEPT = "kept"
    BROKEN = "broken"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFinding:
    """One check and its result. `told`: of a broken one what was found, in English, of which `why` is the message; of one
    left out what was not named, or ""."""

    check: str
    result: LiveResult
    told: str = ""
    why: Message | None = None


async def check_live(
    gateway: ConnectorGateway, connection: ConnectionRef, sandbox: Sandbox
) -> AsyncIterator[LiveFinding]:
    """Each check as it ends. What one that failed may have left is taken away all the same.

    Raises a `VendorError` where the connector cannot be built.
    """
    broken: set[str] = set()  # kinds of which a step failed: those after it would tell the same once more
    for check in await _checks_of(gateway, connection, sandbox):
        kind = check.name.partition(":")[0]
        # Where nobody is let in, nothing is put either: it may be the server of another.
        if check.lacks or _SIGN_IN in broken or (kind in broken and not check.always):
            yield LiveFinding(check=check.name, result=LiveResult.LEFT_OUT, told=check.lacks or "")
            continue
        found = await _run(gateway, connection, check)
        if found.result is LiveResult.BROKEN:
            broken.add(kind)
        yield found


async def _checks_of(gateway: ConnectorGateway, connection: ConnectionRef, sandbox: Sandbox) -> Sequence[LiveCheck]:
    return await gateway.ask(connection, lambda connector: live_checks(connector, sandbox), deadline=CHECK_DEADLINE)


async def _run(gateway: ConnectorGateway, connection: ConnectionRef, check: LiveCheck) -> LiveFinding:
    unkept: list[str] = []

    async def run(connector: Connector) -> None:
        try:
            await check.run(connector)
        except (NotAsPromised, LookupError) as fault:
            unkept.append(str(fault))
            raise VendorRejectedError(str(fault)) from fault

    try:
        await gateway.call(connection, run, deadline=CHECK_DEADLINE, patience=Patience.WAITS)
    except (VendorError, TimeoutError) as error:
        told = safe_error_text(error) if str(error) else "no answer in time"  # a terminal shows it: no control signs
        why = reason_words(told) if unkept else failure_message(error)
        return LiveFinding(check=check.name, result=LiveResult.BROKEN, told=told, why=why)
    return LiveFinding(check=check.name, result=LiveResult.KEPT)
