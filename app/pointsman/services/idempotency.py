"""One effect for one idempotency key: the first answer is stored with the effect, and given again."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pointsman.domain.errors import Fault, IdempotencyKeyReused, Invalid, RequestInFlight
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.intake.idempotency import StoredResponse
from pointsman.services.transactions import run_in_transaction

MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentResponse:
    """An HTTP answer, byte for byte; `replayed`: it was given before. `language` is that of its sentences, if any."""

    status: int
    body: bytes
    language: str | None = None
    replayed: bool = False


async def run_once(
    env: Env,
    *,
    caller: str,
    route: str,
    key: str | None,
    body: bytes,
    work: Callable[[Tx], Awaitable[IdempotentResponse]],
) -> IdempotentResponse:
    """Run `work` in one transaction that also stores its answer, unless the key has one already.

    Keys belong to one caller and route, and are kept for a day. Raises RequestInFlight while the first request runs, and
    IdempotencyKeyReused when the key came with another body. When `work` fails nothing is stored: the key may be used again.
    """
    if key is None:
        return await run_in_transaction(env, work)
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
        fault = Fault(
            path="header.idempotency-key", code="malformed", message=f"write 1 to {MAX_KEY_LENGTH} characters"
        )
        raise Invalid("The Idempotency-Key cannot be used.", faults=[fault])
    body_hash = hashlib.sha256(body).digest()

    async def keyed(tx: Tx) -> IdempotentResponse:
        ours, stored = await tx.idempotency.lock_key(caller=caller, route=route, key=key)
        if stored is not None:
            if stored.body_hash != body_hash:
                raise IdempotencyKeyReused(
                    "This Idempotency-Key was used with another body: take a new key for a new request."
                )
            return IdempotentResponse(status=stored.status, body=stored.answer, language=stored.language, replayed=True)
        if not ours:
            raise RequestInFlight("The first request with this Idempotency-Key is still running: retry in a second.")
        answer = await work(tx)
        kept = StoredResponse(body_hash=body_hash, status=answer.status, answer=answer.body, language=answer.language)
        await tx.idempotency.store(caller=caller, route=route, key=key, answer=kept, at=env.clock())
        return answer

    return await run_in_transaction(env, keyed)
