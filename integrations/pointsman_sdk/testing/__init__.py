"""The conformance kit: inherit `ConnectorSuite`, supply a vendor and a configuration, run pytest."""

import pytest

# Before the imports below, so that a failing check shows its values like a test of one's own.
pytest.register_assert_rewrite(
    *(
        f"pointsman_sdk.testing.{name}"
        for name in ("house", "answers", "appointments", "busytimes", "records", "webhooks", "outreach", "suite")
    )
)

from pointsman_sdk.testing.faults import FaultyTransport  # noqa: E402  see above
from pointsman_sdk.testing.samples import ADA, HOSTILE, NOW, at, request  # noqa: E402  see above
from pointsman_sdk.testing.suite import ConnectorSuite  # noqa: E402  see above
from pointsman_sdk.testing.tiers import Tier, proofs  # noqa: E402  see above
from pointsman_sdk.testing.vendors import Event, Row  # noqa: E402  see above

__all__ = [
    "ADA",
    "HOSTILE",
    "NOW",
    "ConnectorSuite",
    "Event",
    "FaultyTransport",
    "Row",
    "Tier",
    "at",
    "proofs",
    "request",
]
