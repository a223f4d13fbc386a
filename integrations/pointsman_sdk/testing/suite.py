"""ConnectorSuite: every check of the kit in one base class."""

from typing import Any

from pointsman_sdk.testing.answers import AnswerChecks
from pointsman_sdk.testing.appointments import AppointmentChecks
from pointsman_sdk.testing.broken_off import BrokenOffChecks
from pointsman_sdk.testing.busytimes import BusyChecks
from pointsman_sdk.testing.configuration import ConfigurationChecks
from pointsman_sdk.testing.house import HouseChecks
from pointsman_sdk.testing.keeping import KeepingChecks
from pointsman_sdk.testing.lists import ListChecks
from pointsman_sdk.testing.outcomes import OutcomeChecks
from pointsman_sdk.testing.outreach import OutreachChecks
from pointsman_sdk.testing.pushes import PushChecks
from pointsman_sdk.testing.racing import RacingChecks
from pointsman_sdk.testing.records import CrmChecks
from pointsman_sdk.testing.sign_in import SignInChecks
from pointsman_sdk.testing.tiers import Tier, proofs, proves
from pointsman_sdk.testing.webhooks import IntakeChecks


class ConnectorSuite(
    HouseChecks,
    ConfigurationChecks,
    SignInChecks,
    AnswerChecks,
    KeepingChecks,
    RacingChecks,
    BrokenOffChecks,
    OutcomeChecks,
    AppointmentChecks,
    BusyChecks,
    ListChecks,
    PushChecks,
    CrmChecks,
    OutreachChecks,
    IntakeChecks,
):
    """Inherit, name the connector, supply a vendor and a configuration; that is all.

        class TestAcme(ConnectorSuite):
            factory = connector

            @pytest.fixture
            def vendor(self) -> FakeAcme:
                return FakeAcme()

            @pytest.fixture
            def config(self) -> AcmeConfig:
                return AcmeConfig(token="s3cret")

    Each check's docstring says what to mend. A capability that is not declared is skipped. A check
    that cannot pass yet is overridden with `@pytest.mark.xfail(reason=...)`, never without a reason.
    """

    @proves(Tier.BRONZE)
    def test_no_check_is_weakened(self) -> None:
        """Do not override a check, unless as an xfail with a reason that a reader can judge."""
        for name in proofs(ConnectorSuite):
            own: Any = getattr(type(self), name, None)
            if own is getattr(ConnectorSuite, name):
                continue
            marks = getattr(own, "pytestmark", [])
            reasons = [mark.kwargs.get("reason", "").strip() for mark in marks if mark.name == "xfail"]
            assert any(reasons), f"{name} is overridden without xfail(reason=...)"
