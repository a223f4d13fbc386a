"""A webhook that a connector answers: its events are committed, and only then is its reply sent."""

from pointsman.domain.errors import Conflict, Unauthenticated, Unavailable
from pointsman.services.intake.hooks.accept import accept_events
from pointsman.services.intake.hooks.catch_up import wake_feed
from pointsman.services.intake.intakes import Intake, load_intake
from pointsman.services.ports import Env, LostRace
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.intake.inbox import InboxReceipt
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookRejectedError, HookReply, HookUnansweredError

_MAX_TRIES = 4


async def answer_hook(env: Env, intake: Intake, request: SignedRequest) -> tuple[HookReply, InboxReceipt | None]:
    """The connector's reply, and what of its events is new; None: there were none. Returning means that it is committed.

    Raises Conflict ("intake-inactive"), Unauthenticated for what the vendor did not send, Unavailable, HookUnansweredError:
    then nothing is acknowledged, and the vendor sends it again.
    """
    for attempt in range(_MAX_TRIES):
        if attempt or not intake.active:
            intake = await load_intake(env, intake.key, fresh=True)
        if not intake.active:
            raise Conflict("This intake is closed: stop sending to it.", code="intake-inactive")
        connection = await connection_of(env, intake)
        try:
            reply = await env.intake.answer(connection.ref(), request)
        except HookRejectedError as rejected:
            raise Unauthenticated(f"The webhook is refused: {rejected}", code="hook-rejected") from None
        except HookUnansweredError:
            await wake_feed(env, intake.id)  # what it would have told may be asked for
            raise
        if not reply.events:
            if request.method == "POST" and reply.status < 300 and not reply.body:
                # Some vendors' webhooks say no more than "look". What is answered in words was a handshake, which anyone may try.
                await wake_feed(env, intake.id)
            return reply, None
        try:
            async with env.uow.autocommit() as tx:
                receipt = await accept_events(env, tx, intake.id, intake.version, reply.events, at=env.clock())
        except LostRace:
            continue
        if receipt.is_intake_current:
            return reply, receipt
    raise Unavailable("Too many requests for the same thing at once. Try again in a second.")


async def connection_of(env: Env, intake: Intake) -> ConnectionRow:
    """The connection whose connector reads for this intake. Unavailable while it is switched off, or waits for its sign-in."""
    assert intake.connection is not None, "the intake proves its senders itself"
    async with env.uow.autocommit() as tx:
        row = await tx.connections.get(intake.connection)
    assert row is not None, "a connection is never deleted"
    if not row.active or row.pending:
        raise Unavailable("The connection of this intake is not in use.", code="connection-not-in-use")
    return row
