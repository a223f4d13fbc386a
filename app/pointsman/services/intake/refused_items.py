"""What is kept with a refused body, and the alert that stands for the refused items of an intake."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pointsman.domain.messages.message import intake_name, say
from pointsman.services.intake.intakes import Intake
from pointsman.services.intake.read_events import ReadEvents
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode

MAX_HEADERS = 20
MAX_HEADER_LENGTH = 1_000
#: How the names of headers end that name an event: the mended mapping may ask for another one than today's.
_IDS = frozenset({"id", "uuid", "guid", "delivery"})
_SECRET = frozenset({"authorization", "cookie", "hmac", "password", "secret", "session", "signature", "token"})


def kept_headers(headers: Mapping[str, str], intake: Intake) -> dict[str, str]:
    """Of a request's headers (lower-case names) what its events are read and named by: no secret, no signature, and bounded."""
    names = ["content-type", *filter(None, [intake.mapping.dedupe_header]), *filter(_names_an_event, headers)]
    proofs = intake.scheme.proof_headers
    kept: dict[str, str] = {}
    for name in names:
        value = headers.get(name)
        if value is None or name in proofs or _is_secret(name) or len(value) > MAX_HEADER_LENGTH or "\x00" in value:
            continue
        kept[name] = value
        if len(kept) == MAX_HEADERS:
            break
    return kept


def _names_an_event(header: str) -> bool:
    return header == "idempotency-key" or header.rpartition("-")[2] in _IDS


def _is_secret(header: str) -> bool:
    return "api-key" in header or not _SECRET.isdisjoint(header.split("-"))


async def alert_to_refused(env: Env, tx: Tx, intake_key: str, read: ReadEvents, stored: Sequence[UUID]) -> None:
    """Raise the intake's alert, or count on it, where refused events of `read` are among the `stored`; in their transaction."""
    fresh = [event for event in read.refused if event.id in stored]
    if not fresh:
        return
    await tx.alerts.put(
        id=env.new_id(),
        at=env.clock(),
        code=AlertCode.INBOX_REFUSED,
        subject=f"intake:{intake_key}",
        message=say(
            "alerts.inbox-refused",
            intake=intake_name(intake_key),
            count=len(fresh),
            of=len(read.events),
            error=fresh[0].error.message if fresh[0].error else None,
            key=intake_key,
        ),
    )
