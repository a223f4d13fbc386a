"""The connector for HubSpot: contacts, companies, owners, meetings, tasks and lists, and webhooks."""

from pointsman_hubspot.config import HubSpotConfig
from pointsman_hubspot.connector import MANIFEST, HubSpotConnector, connector

__all__ = ["MANIFEST", "HubSpotConfig", "HubSpotConnector", "connector"]
