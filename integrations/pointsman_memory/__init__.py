"""A whole vendor in memory, and the connector to it: the reference for authors, the fake for tests and trials."""

from pointsman_memory.config import MemoryConfig
from pointsman_memory.connector import MANIFEST, MemoryConnector, connector
from pointsman_memory.vendor.vendor import MemoryVendor

__all__ = ["MANIFEST", "MemoryConfig", "MemoryConnector", "MemoryVendor", "connector"]
