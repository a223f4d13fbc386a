"""API keys: `pm_<id>_<secret>`. The secret is shown once and kept as its SHA-256."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pointsman.domain.errors import Fault, Invalid, NotFound, Unauthenticated
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, Scope, kind_of_key
from pointsman.domain.permissions.readings import Reading, may_read
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.ports.operations.api_keys import ApiKeyRow

_PREFIX = "pm"
_KNOWN_SCOPES = frozenset(scope.value for scope in Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A key just made; `token` is not stored anywhere and cannot be shown again."""

    row: ApiKeyRow
    token: str


async def create_key(
    env: Env,
    *,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    supplier: str | None = None,
    rep: str | None = None,
    valid_for: timedelta | None = None,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> CreatedKey:
    """Make a key; with `rep` it acts in that rep's name.

    Raises `Invalid` for an unknown scope, supplier or rep, a scope that such a key cannot have, or a rep of another supplier.
    """
    faults = _faults(name, scopes, bound=supplier is not None or rep is not None)
    if faults:
        raise Invalid("The key cannot be made as asked.", faults=faults, told=say("refusal.key-unfit"))
    now = env.clock()
    secret = entropy(24).hex()
    row = ApiKeyRow(
        id=entropy(6).hex(),
        name=name.strip(),
        secret_hash=_digest(secret),
        scopes=frozenset(Scope(scope) for scope in scopes),
        supplier=None if rep is not None else supplier,
        rep=rep,
        created_at=now,
        expires_at=None if valid_for is None else now + valid_for,
        revoked_at=None,
    )
    try:
        async with env.uow() as tx:
            if rep is not None:
                row = replace(row, supplier=await _supplier_of(tx, rep, asked=supplier))
            await tx.api_keys.add(row)
            await audit(
                env,
                tx,
                actor,
                "key.created",
                f"key:{row.id}",
                after={"name": row.name, "scopes": sorted(row.scopes), "supplier": row.supplier, "rep": rep},
            )
    except ConstraintRefused as refused:
        if refused.constraint != "api_keys_supplier_fkey":
            raise
        fault = Fault(path="body.supplier", code="unknown-supplier", message="Name a supplier of the roster.")
        raise Invalid("There is no such supplier.", faults=[fault], told=say("refusal.no-supplier")) from refused
    return CreatedKey(row=row, token=f"{_PREFIX}_{row.id}_{secret}")


async def _supplier_of(tx: Tx, rep: str, *, asked: str | None) -> str | None:
    """The partner that employs the rep, None for the house."""
    found = next((known for known in await tx.roster.reps() if known.key == rep), None)
    if found is None or not found.active:
        message = "Name an active rep of the roster." if found else "Name a rep of the roster."
        fault = Fault(path="body.rep", code="rep-inactive" if found else "unknown-rep", message=message)
        told = say("refusal.no-active-rep" if found else "fault.no-rep", key=rep)
        raise Invalid(f"There is no {'active ' if found else ''}rep '{rep}'.", faults=[fault], told=told)
    if asked is not None and asked != found.supplier:
        message = f"'{rep}' belongs to the supplier '{found.supplier}': name that one, or leave the supplier out."
        raise Invalid(
            message,
            faults=[
                Fault(
                    path="body.rep",
                    code="rep-of-another-supplier",
                    message=message,
                    told=say("refusal.rep-of-another-supplier", key=rep, supplier=found.supplier),
                )
            ],
            told=say("refusal.rep-of-another-supplier", key=rep, supplier=found.supplier),
        )
    partners = {supplier.key for supplier in await tx.roster.suppliers() if supplier.kind == "partner"}
    return found.supplier if found.supplier in partners else None


def _faults(name: str, scopes: Sequence[str], *, bound: bool) -> list[Fault]:
    faults = []
    if not name.strip():
        faults.append(Fault(path="body.name", code="empty", message="Say what the key is for."))
    if not scopes:
        faults.append(Fault(path="body.scopes", code="empty", message=f"Give at least one of: {', '.join(Scope)}."))
    for index, scope in enumerate(scopes):
        if scope not in _KNOWN_SCOPES:
            message = f"Use one of: {', '.join(Scope)}."
            faults.append(Fault(path=f"body.scopes[{index}]", code="unknown-scope", message=message))
        elif bound and scope not in SCOPES_FOR_WORK:
            message = f"The key of a partner or a rep may have only: {', '.join(sorted(SCOPES_FOR_WORK))}."
            faults.append(Fault(path=f"body.scopes[{index}]", code="not-for-bound-keys", message=message))
    return faults


async def list_keys(env: Env) -> Sequence[ApiKeyRow]:
    async with env.uow() as tx:
        return await tx.api_keys.list()


async def revoke_key(env: Env, key_id: str, *, actor: Actor) -> None:
    """End a key for good; every process refuses it within seconds. Raises `NotFound`."""
    now = env.clock()
    async with env.uow() as tx:
        if not await tx.api_keys.revoke(key_id, at=now):
            raise NotFound(
                "There is no such key in use: give the whole id, as the list of keys shows it.",
                told=say("refusal.no-key"),
            )
        await audit(env, tx, actor, "key.revoked", f"key:{key_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller behind a valid key."""

    key_id: str
    scopes: frozenset[Scope]
    supplier: str | None
    rep: str | None = None

    @property
    def actor(self) -> Actor:
        kind = kind_of_key(scopes=self.scopes, supplier=self.supplier, rep=self.rep)
        return Actor(name=f"key:{self.key_id}", kind=kind, supplier=self.supplier, rep=self.rep, scopes=self.scopes)

    def may_read(self, reading: Reading) -> bool:
        """Whether the caller reads this part of what it is answered."""
        return may_read(self.actor.kind, reading)


class ApiKeyAuthenticator:
    """Knows callers by their keys, and asks the database again after `ttl` seconds, so that a revocation is heard.

    `monotonic` is a clock in seconds that never goes back.
    """

    def __init__(self, env: Env, *, monotonic: Callable[[], float], ttl: float = 2.0, size: int = 1024) -> None:
        self._env = env
        self._monotonic = monotonic
        self._ttl = ttl
        self._size = size
        self._known: dict[str, tuple[float, ApiKeyRow]] = {}

    async def authenticate(self, token: str) -> Caller:
        """The caller behind a token. Raises `Unauthenticated`, with the same text for every fault of a key."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        row = await self._row(key_id) if prefix == _PREFIX and _well_formed(key_id) else None
        expected = row.secret_hash if row else bytes(32)
        if not hmac.compare_digest(_digest(secret), expected) or row is None:
            raise Unauthenticated("The API key is not one of ours.")
        if row.revoked_at is not None:
            raise Unauthenticated("The API key has been revoked.", code="key-revoked")
        if row.expires_at is not None and row.expires_at <= self._env.clock():
            raise Unauthenticated("The API key has expired.", code="key-expired")
        if not row.rep_active:
            raise Unauthenticated("The rep of this API key is not active any more.", code="key-of-inactive-rep")
        return Caller(key_id=row.id, scopes=row.scopes, supplier=row.supplier, rep=row.rep)

    def recognises(self, token: str) -> bool:
        """Whether this process has seen the token to be one of ours; no more is asked of the database."""
        key_id, _, secret = token.removeprefix(f"{_PREFIX}_").partition("_")
        known = self._known.get(key_id)
        return known is not None and hmac.compare_digest(_digest(secret), known[1].secret_hash)

    async def _row(self, key_id: str) -> ApiKeyRow | None:
        now = self._monotonic()
        known = self._known.get(key_id)
        if known is not None and now - known[0] < self._ttl:
            return known[1]
        async with self._env.uow.autocommit() as tx:
            row = await tx.api_keys.get(key_id)
        self._known.pop(key_id, None)
        if row is not None:
            if len(self._known) >= self._size:
                self._known.pop(next(iter(self._known)))
            self._known[key_id] = (now, row)
        return row


def _well_formed(key_id: str) -> bool:
    return 0 < len(key_id) <= 32 and key_id.isascii() and key_id.isalnum()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
