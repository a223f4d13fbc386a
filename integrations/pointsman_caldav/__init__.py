"""The connector for CalDAV calendars (RFC 4791): Radicale, Xandikos, DAViCal, Nextcloud, iCloud and their like."""

from pointsman_caldav.config import CaldavConfig
from pointsman_caldav.connector import MANIFEST, CaldavConnector, connector

__all__ = ["MANIFEST", "CaldavConfig", "CaldavConnector", "connector"]
