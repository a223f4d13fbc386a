"""Signing in over a connection: an admin begins it, a human goes to the vendor, and the vendor sends the browser back."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pointsman.domain.errors import Fault, Invalid, PointsmanError
from pointsman.domain.messages.message import Message, say
from pointsman.services.audit import audit
from pointsman.services.connections.missing import no_connection
from pointsman.services.deliveries.connection_faults import put_back_into_use
from pointsman.services.deliveries.vendor_error_text import failure_message, safe_error_text
from pointsman.services.ports import WORKER, Actor, Env, Tx, VendorError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.sign_in import SignInRefused, SignInRow
from pointsman.services.transactions import run_in_transaction

VALID_FOR = timedelta(minutes=10)
_MOST_STATE, _MOST_CODE = 200, 8_000  # characters
_KEY = "key:"
#: Of a person who said no, or was told that an administrator has to say yes first; some vendors have both.
_DECLINED = frozenset({"access_denied", "consent_required"})
#: An error as RFC 6749 (4.1.2.1) and its extensions have them; anything else in a query could be anybody's text.
_OAUTH_ERROR = re.compile(r"[a-z_]{3,60}")
#: What became of a sign-in, by the page's outcomes.
_CAME_TO = {
    "declined": say("vendor.sign-in-declined"),
    "refused": say("vendor.sign-in-refused"),
    "no_answer": say("vendor.sign-in-no-answer"),
    "other_vendor": say("vendor.sign-in-other-vendor"),
    "changed": say("vendor.sign-in-changed"),
    "late": say("vendor.sign-in-late"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunUrl:
    """Where the human signs in, and until when that counts."""

    url: str
    expires_at: datetime


async def begin_sign_in(env: Env, key: str, *, subject: str | None, actor: Actor) -> BegunUrl:
    """Raises NotFound, Conflict "no-sign-in" where there is no way to sign in, and Invalid for a subject that does not fit."""
    async with env.uow() as tx:
        row = await tx.connections.get(key)
    if row is None:
        raise no_connection(key)
    per_subject = env.sign_ins.per_subject(row.connector)
    if subject is not None and not per_subject:
        message = "One sign-in counts for this whole connection: leave `subject` out."
        raise Invalid(
            message,
            faults=[Fault(path="body.subject", code="no-subject", message=message, told=say("refusal.one-sign-in"))],
            told=say("refusal.one-sign-in"),
        )
    sign_in_id, now = env.new_id(), env.clock()
    begun = env.sign_ins.begin(row.ref(), sign_in_id=sign_in_id)
    expires_at = now + VALID_FOR

    async def work(tx: Tx) -> None:
        await tx.sign_ins.drop_expired_sign_ins(at=now)
        await tx.sign_ins.begin_sign_in(
            SignInRow(
                id=sign_in_id,
                connection_id=row.id,
                subject=subject or "",
                state_hash=begun.state_hash,
                sealed=begun.sealed,
                begun_by=actor.name,
                expires_at=expires_at,
            )
        )
        await audit(env, tx, actor, "connection.sign-in-begun", f"connection:{key}")

    await run_in_transaction(env, work)
    return BegunUrl(url=begun.url, expires_at=expires_at)


async def finish_sign_in(env: Env, *, state: str, code: str | None, error: str | None, issuer: str | None) -> str:
    """What to tell the human, as one of the page's outcomes. The state is used up, whatever comes of it."""
    if not 0 < len(state) <= _MOST_STATE:
        return "unknown"
    async with env.uow() as tx:
        row = await tx.sign_ins.take_sign_in(env.sign_ins.state_hash(state))
        connection = await tx.connections.get_by_id(row.connection_id) if row is not None else None
        is_good = row is not None and await _is_still_good(env, tx, row.begun_by)
    if row is None or connection is None or not is_good:
        return "unknown"
    try:
        sealed, lacking = await _exchanged(env, connection, row, code=code, error=error, issuer=issuer)
    except SignInRefused as refused:
        return await _failed(env, connection, row, refused)
    except PointsmanError:
        return await _failed(env, connection, row, SignInRefused("changed"))
    if not await _keep(env, connection, row, sealed, lacking):
        return "changed"
    works = await _works(env, connection, row)
    return ("lacking" if lacking else "done") if works else "not_working"


async def _exchanged(
    env: Env, connection: ConnectionRow, row: SignInRow, *, code: str | None, error: str | None, issuer: str | None
) -> tuple[bytes, tuple[str, ...]]:
    if row.expires_at <= env.clock():
        raise SignInRefused("late")
    env.sign_ins.check_issuer(connection.ref(), issuer)
    if error is not None or not code or len(code) > _MOST_CODE:
        known = error is not None and _OAUTH_ERROR.fullmatch(error) is not None
        raise SignInRefused("declined" if error in _DECLINED else "refused", said=(error or "") if known else "")
    return await env.sign_ins.finish(connection.ref(), row, code=code)


async def _failed(env: Env, connection: ConnectionRow, row: SignInRow, refused: SignInRefused) -> str:
    """Record the failure: in the audit, and as the fault of a connection that waits for its first sign-in."""

    async def work(tx: Tx) -> None:
        now = await tx.connections.get(connection.key, lock=True)
        if now is not None and now.id == connection.id and now.pending:
            await tx.connections.set_fault(now.id, _failed_fault(now.key, refused))
        about = f"connection:{connection.key}"
        await audit(env, tx, _actor(row), "connection.sign-in-failed", about, after={"why": refused.why})

    await run_in_transaction(env, work)
    return refused.why


def _failed_fault(key: str, refused: SignInRefused) -> Message:
    why = _CAME_TO.get(refused.why, say("vendor.sign-in-refused"))
    if not refused.said:
        return say("vendor.sign-in-failed", key=key, why=why)
    return say("vendor.sign-in-failed-saying", key=key, why=why, said=safe_error_text(refused.said))


async def _keep(env: Env, connection: ConnectionRow, row: SignInRow, sealed: bytes, lacking: tuple[str, ...]) -> bool:
    async def work(tx: Tx) -> bool:
        now = await tx.connections.get(connection.key, lock=True)
        if now is None or now.config != connection.config:
            return False
        await tx.sign_ins.put_token(connection.id, row.subject, token_id=env.new_id(), sealed=sealed)
        await tx.connections.change(replace(now, pending=False))
        # Somebody else may have signed in, or the same to another account.
        await tx.calendars.doubt(connection.id, at=env.clock())
        await tx.calendars.renew_watches(connection.id, at=env.clock())
        await audit(
            env,
            tx,
            _actor(row),
            "connection.signed-in",
            f"connection:{connection.key}",
            after={"subject": row.subject or None, "scopes_not_granted": list(lacking)},
        )
        return True

    return await run_in_transaction(env, work)


async def _works(env: Env, connection: ConnectionRow, row: SignInRow) -> bool:
    """Ask the vendor once; what does not work is asked again by the probes."""
    try:
        await env.calendars.check(connection.ref())
    except (VendorError, TimeoutError) as error:
        said = failure_message(error)

        async def not_yet(tx: Tx) -> None:
            await tx.connections.set_fault(connection.id, said)

        await run_in_transaction(env, not_yet)
        return False

    async def back(tx: Tx) -> None:
        await put_back_into_use(env, tx, connection, actor=_actor(row))

    await run_in_transaction(env, back)
    return True


async def _is_still_good(env: Env, tx: Tx, begun_by: str) -> bool:
    """Whether the key that began it may still do so."""
    if not begun_by.startswith(_KEY):
        return True
    key = await tx.api_keys.get(begun_by.removeprefix(_KEY))
    return key is not None and key.revoked_at is None and (key.expires_at is None or key.expires_at > env.clock())


def _actor(row: SignInRow) -> Actor:
    return replace(WORKER, name=row.begun_by)


def pending_fault(key: str) -> Message:
    """The fault of a connection before the first sign-in over it."""
    return say("vendor.not-signed-in", key=key)
