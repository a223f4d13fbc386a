"""The connection that a call goes over, and the receipt of what was put there."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRef:
    """One configured connector; `sealed` holds its secrets, encrypted."""

    id: UUID
    connector: str
    config: Mapping[str, object]
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorReceipt:
    """What the vendor calls a thing of ours, the version that it has now, and the sequence of the state that stands there."""

    vendor_id: str
    version: str
    sequence: int | None = None
