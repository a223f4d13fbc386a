"""The connector to Microsoft 365: Outlook calendars over Microsoft Graph."""

from pointsman_microsoft.config import MicrosoftConfig, Permission
from pointsman_microsoft.connector import MANIFEST, MicrosoftConnector, connector

__all__ = ["MANIFEST", "MicrosoftConfig", "MicrosoftConnector", "Permission", "connector"]
