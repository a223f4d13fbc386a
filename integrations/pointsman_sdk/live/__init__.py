"""Live checks: whether a real vendor, in a sandbox, does what its connector promises. They need no test runner.

The kit (`pointsman_sdk.testing`) believes what a fake vendor has, and puts faults on the wire. A real vendor shows only what its
own answers say, so that these are the kit's clauses as far as they can be read back, and no tier comes of them.
"""

from pointsman_sdk.live.checks import LiveCheck, NotAsPromised, live_checks
from pointsman_sdk.live.samples import Sandbox

__all__ = ["LiveCheck", "NotAsPromised", "Sandbox", "live_checks"]
