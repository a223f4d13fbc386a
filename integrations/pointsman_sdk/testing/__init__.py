"""The conformance kit: inherit `ConnectorSuite`, supply a vendor and a configuration, run pytest."""

import pytest

# Before the imports below, so that a failing check shows its values like a test of one's own.
pytest.register_assert_rewrite(
    *(
        f"pointsman_sdk.testing.{name}"
        for name in (
            "house",
            "sign_in",
            "answers",
            "keeping",
            "outcomes",
            "appointments",
            "busytimes",
            "lists",
            "racing",
            "broken_off",
            "records",
            "outreach",
            "webhooks",
            "suite",
        )
    )
)

from pointsman_sdk.testing.faults import FaultyTransport  # noqa: E402  see above
from pointsman_sdk.testing.samples import ADA, HOSTILE, NOW, appointment, at  # noqa: E402  see above
from pointsman_sdk.testing.suite import ConnectorSuite  # noqa: E402  see above
from pointsman_sdk.testing.tiers import Tier, proofs  # noqa: E402  see above
from pointsman_sdk.testing.vendors import Issued, Odd, Row  # noqa: E402  see above

__all__ = [
    "ADA",
    "HOSTILE",
    "NOW",
    "ConnectorSuite",
    "FaultyTransport",
    "Issued",
    "Odd",
    "Row",
    "Tier",
    "appointment",
    "at",
    "proofs",
]
