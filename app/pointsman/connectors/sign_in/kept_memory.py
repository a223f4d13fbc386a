"""The memory of a connection, in the database."""

from collections.abc import Callable
from uuid import UUID

from pointsman.connectors.sign_in.sealed_store import SealedStore
from pointsman_sdk import MOST_MEMORY, Remembered

_LONGEST_NAME = 500  # characters


class KeptMemory:
    """`pointsman_sdk.Memory`: sealed, and changed by none who has not seen what stands there."""

    def __init__(self, store: SealedStore, *, new_id: Callable[[], UUID]) -> None:
        self._store, self._new_id = store, new_id

    async def get(self, name: str) -> Remembered | None:
        store = self._store
        _check_name(name)
        with store.in_connectors_words():
            async with store.uow.autocommit() as tx:
                row = await tx.sign_ins.memory(store.connection.id, name)
            if row is None:
                return None
            return Remembered(
                value=store.vault.open(row.sealed, context=store.memory_context(name)), version=row.version
            )

    async def put(self, name: str, value: bytes, *, if_version: int | None) -> bool:
        store = self._store
        _check_name(name)
        if len(value) > MOST_MEMORY:
            raise ValueError(f"more than {MOST_MEMORY} bytes")
        sealed = store.vault.seal(value, context=store.memory_context(name))
        with store.in_connectors_words():
            async with store.uow.autocommit() as tx:
                return await tx.sign_ins.remember(
                    store.connection.id, name, memory_id=self._new_id(), sealed=sealed, if_version=if_version
                )


def _check_name(name: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME or "\0" in name:
        raise ValueError(f"a name has 1 to {_LONGEST_NAME} characters")
