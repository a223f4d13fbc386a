"""The connector for CalDAV calendars (RFC 4791): Radicale, Xandikos, DAViCal, Nextcloud, iCloud and their like."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pointsman_caldav.account import MANIFEST, CaldavConnector, connector
    from pointsman_caldav.config import CaldavConfig

__all__ = ["MANIFEST", "CaldavConfig", "CaldavConnector", "connector"]


def __getattr__(name: str) -> Any:
    """The connector, imported when it is asked for: a reader process imports this package for `reading` alone."""
    if name not in __all__:
        raise AttributeError(name)
    from pointsman_caldav import account  # noqa: PLC0415  # see above

    return getattr(account, name)
