"""Readers of outside text: pure functions on bytes, run in child processes with limits."""

from pointsman_sdk.readers.limits import Limits
from pointsman_sdk.readers.pool import Reader, ReaderPool
from pointsman_sdk.readers.unreadable import ReadersBusy, Reason, Unreadable

__all__ = ["Limits", "Reader", "ReaderPool", "ReadersBusy", "Reason", "Unreadable"]
