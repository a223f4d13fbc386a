"""Alerts that are open until what caused them is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class Alerts(Protocol):
    """What a human must look at; one open alert per code and subject."""

    async def put(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        code: str,
        subject: str,
        message: str,
    ) -> None: ...

    async def resolve(self, *, at: datetime, code: str, subject: str) -> None: ...

    async def is_open(self, *, code: str, subject: str) -> bool: ...

    async def list_open(self) -> Sequence[Mapping[str, Any]]: ...
