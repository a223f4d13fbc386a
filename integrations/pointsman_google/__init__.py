"""The connector for Google Calendar (API version 3): signed in by a user, or by a service account for a whole domain."""

from pointsman_google.config import GoogleConfig
from pointsman_google.connector import MANIFEST, GoogleConnector, connector

__all__ = ["MANIFEST", "GoogleConfig", "GoogleConnector", "connector"]
