"""Stored secrets brought under the newest key, so that an older one can be taken out of the settings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pointsman.services.audit import audit
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.operations.sealed_secrets import SealedRow

#: Rows of one transaction.
BATCH = 100
#: The key of what none of the service's keys opens.
UNKNOWN_KEY = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsByKey:
    """How many stored secrets are sealed under which key, by the keys' ids; `newest` is what new ones are sealed under.

    Tokens of links to pages are sealed too and stored nowhere: they are counted as `open_links`, whatever their key.
    """

    newest: str
    counts: Mapping[str, int]
    open_links: int
    last_link_ends: datetime | None

    @property
    def older(self) -> Mapping[str, int]:
        """The counts under older keys of the settings."""
        return {key: n for key, n in self.counts.items() if n and key not in {self.newest, UNKNOWN_KEY}}

    @property
    def unknown(self) -> int:
        """How many no key opens."""
        return self.counts.get(UNKNOWN_KEY, 0)


async def count_secrets(env: Env, *, batch: int = BATCH) -> SecretsByKey:
    """Look at every stored secret; nothing is written and nothing is opened further than to know its key."""
    counts: Counter[str] = Counter()
    after = None
    while True:
        async with env.uow() as tx:
            rows = await tx.sealed_secrets.page(after=after, limit=batch)
            open_links, last = await tx.sealed_secrets.open_links(at=env.clock())
        counts.update(env.secrets.key_of(row.sealed) or UNKNOWN_KEY for row in rows)
        if len(rows) < batch:
            break
        after = (rows[-1].table, rows[-1].id)
    known = {key: counts[key] for key in env.secrets.key_ids} | {UNKNOWN_KEY: counts[UNKNOWN_KEY]}
    return SecretsByKey(newest=env.secrets.key_ids[0], counts=known, open_links=open_links, last_link_ends=last)


async def rotate_secrets(env: Env, *, actor: Actor, batch: int = BATCH) -> int:
    """Seal every stored secret under the newest key; how many were sealed under another one.

    Each transaction takes a batch and writes an audit line; a run that was ended midway is taken up by the next one. A secret
    that is entered meanwhile stays as it was entered, and one that no key opens stays as it is. May run beside the service.
    """
    done = 0
    after = None
    while True:
        async with env.uow() as tx:
            rows = await tx.sealed_secrets.page(after=after, limit=batch)
            done += await _reseal(env, tx, rows, actor)
        if len(rows) < batch:
            return done
        after = (rows[-1].table, rows[-1].id)


async def _reseal(env: Env, tx: Tx, rows: Sequence[SealedRow], actor: Actor) -> int:
    newest = env.secrets.key_ids[0]
    done: Counter[str] = Counter()
    for row in rows:
        if env.secrets.key_of(row.sealed) in {newest, None}:
            continue
        if await tx.sealed_secrets.replace(row, env.secrets.reseal(row.sealed)):
            done[row.table] += 1
    if done:
        await audit(env, tx, actor, "secrets.rotated", "secrets", after={"key": newest, "rows": dict(done)})
    return done.total()
