"""The vendor as a server, for a trial and for benchmarks.

uvicorn --factory pointsman_memory.fake:served --port 8425
"""

from pointsman_memory.vendor.vendor import MemoryVendor
from pointsman_sdk.fakes import FakeServer


def served() -> FakeServer:
    """A vendor without faults."""
    return FakeServer(MemoryVendor())
