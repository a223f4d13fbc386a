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
    """The connector's reply, and what of its events is new here; None: there were none. Returning means that it is committed.

    An app at the vendor has one address to send to: what comes there is told to every intake of the connection.

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
            await _wake_feeds(env, connection)  # what it would have told may be asked for
            raise
        if not reply.events:
            if request.method == "POST" and reply.status < 300 and not reply.body:
                # Some vendors' webhooks say no more than "look". What is answered in words was a handshake, which anyone may try.
                await _wake_feeds(env, connection)
            return reply, None
        try:
            receipt = await _accept(env, intake, reply)
        except (LostRace, _ChangedMeanwhile):
            continue
        return reply, receipt
    raise Unavailable("Too many requests for the same thing at once. Try again in a second.")


async def _wake_feeds(env: Env, connection: ConnectionRow) -> None:
    async with env.uow.autocommit() as tx:
        told = await tx.intakes.of_connection(connection.key)
    for one, _ in told:
        await wake_feed(env, one)


class _ChangedMeanwhile(Exception):
    """An intake was closed or changed since it was read: nothing is stored."""


async def _accept(env: Env, intake: Intake, reply: HookReply) -> InboxReceipt:
    """Store the events for all intakes of the connection or for none; what is new in this one. Raises _ChangedMeanwhile."""
    assert intake.connection is not None, "a connector answered"
    async with env.uow.autocommit() as tx:
        told = await tx.intakes.of_connection(intake.connection)
        if told == [(intake.id, intake.version)]:
            return _current(await accept_events(env, tx, intake.id, intake.version, reply.events, at=env.clock()))
    if intake.id not in {one for one, _ in told}:
        raise _ChangedMeanwhile
    async with env.uow() as tx:  # by id: two that tell the same at once wait for each other in one order
        receipts = {
            one: _current(
                await accept_events(
                    env, tx, one, intake.version if one == intake.id else version, reply.events, at=env.clock()
                )
            )
            for one, version in told
        }
    return receipts[intake.id]


def _current(receipt: InboxReceipt) -> InboxReceipt:
    if not receipt.is_intake_current:
        raise _ChangedMeanwhile
    return receipt


async def connection_of(env: Env, intake: Intake) -> ConnectionRow:
    """The connection whose connector reads for this intake. Unavailable while it is switched off, or waits for its sign-in."""
    assert intake.connection is not None, "the intake proves its senders itself"
    async with env.uow.autocommit() as tx:
        row = await tx.connections.get(intake.connection)
    assert row is not None, "a connection is never deleted"
    if not row.active or row.pending:
        raise Unavailable("The connection of this intake is not in use.", code="connection-not-in-use")
    return row
