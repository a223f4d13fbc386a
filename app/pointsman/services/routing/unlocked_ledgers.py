"""For a dry run that is done and undone: no ledger, rep or supplier is locked, so that routing goes on beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pointsman.domain.distribution.ledger import Ledger
from pointsman.services.overlay import Overlay, overlaid
from pointsman.services.ports import Tx
from pointsman.services.ports.routing.decisions import RoutingWrite
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow


def with_unlocked_ledgers(tx: Tx) -> Tx:
    """The transaction, which sees the turns that it gives and takes back, and writes none of them."""
    rows: dict[str, LedgerRow] = {}
    ledgers, decisions = _Ledgers(tx.ledgers, rows), _Decisions(tx.decisions, rows)
    return overlaid(tx, {"ledgers": ledgers, "decisions": decisions})


class _Ledgers(Overlay):
    def __init__(self, real: Any, rows: dict[str, LedgerRow]) -> None:
        super().__init__(real)
        self._rows = rows

    async def get_existing(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        found = dict(await self._real.get_existing(names))
        return found | {name: row for name, row in self._rows.items() if name in names}

    async def lock(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        found = await self.get_existing(names)
        new = Ledger().as_json()
        return {name: found.get(name) or LedgerRow(pool=name, seq=0, ledger=new, waiting_since={}) for name in names}

    async def append(self, _entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        await self.store(ledger)

    async def store(self, ledger: LedgerRow) -> None:
        self._rows[ledger.pool] = ledger


class _Decisions(Overlay):
    def __init__(self, real: Any, rows: dict[str, LedgerRow]) -> None:
        super().__init__(real)
        self._rows = rows

    async def lock_reps(self, _reps: Sequence[str]) -> None:
        return

    async def lock_suppliers(self, _suppliers: Sequence[str]) -> None:
        return

    async def write(self, write: RoutingWrite) -> None:
        if write.ledger is not None:
            self._rows[write.ledger.pool] = write.ledger
        await self._real.write(replace(write, ledger=None, entry=None, skips_used=()))
