"""Intake checks: only what the vendor signed, lately, each lead with a key that stays."""

from dataclasses import replace
from typing import Any

import pytest

from pointsman_sdk import Capability, Rejected
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import ADA, HOSTILE
from pointsman_sdk.testing.tiers import Tier, proves

INTAKE = Capability.INTAKE


class IntakeChecks(Bench):
    """verify, parse."""

    @proves(Tier.SILVER, INTAKE)
    def test_signed_webhook_is_accepted(self, connector: Any, vendor: Any) -> None:
        """verify() lets the vendor's own request pass."""
        connector.verify(vendor.hook([ADA]))

    @proves(Tier.SILVER, INTAKE)
    def test_tampered_webhook_is_rejected(self, connector: Any, vendor: Any) -> None:
        """verify() covers every byte of the body, and rejects a request without any signature."""
        hook = vendor.hook([ADA])
        for forged in (
            replace(hook, body=hook.body + b" "),
            replace(hook, body=b""),
            replace(hook, headers={}),
            replace(hook, headers=dict.fromkeys(hook.headers, "")),
            replace(hook, headers=dict.fromkeys(hook.headers, "\u00e9\u2028v1,===")),
        ):
            with pytest.raises(Rejected):
                connector.verify(forged)

    @proves(Tier.GOLD, INTAKE)
    def test_replayed_webhook_is_rejected(self, connector: Any, vendor: Any) -> None:
        """verify() rejects what was signed an hour ago, or in an hour: a signature is not good for ever."""
        for age in (3600, -3600):
            with pytest.raises(Rejected):
                connector.verify(vendor.hook([ADA], age_seconds=age))

    @proves(Tier.SILVER, INTAKE)
    def test_batched_leads_are_split(self, connector: Any, vendor: Any) -> None:
        """parse() gives one arrival per lead, each with its own key, with what was sent in its fields."""
        arrivals = connector.parse(vendor.hook([ADA, HOSTILE]))
        assert len({arrival.key for arrival in arrivals}) == 2
        assert [ADA.email in str(arrivals[0].fields), HOSTILE.email in str(arrivals[1].fields)] == [True, True]

    @proves(Tier.SILVER, INTAKE)
    def test_arrival_keys_are_stable(self, connector: Any, vendor: Any) -> None:
        """The same event delivered again has the same key: take the vendor's id, do not make one."""
        hook = vendor.hook([ADA, HOSTILE])
        assert [a.key for a in connector.parse(hook)] == [a.key for a in connector.parse(hook)]

    @proves(Tier.GOLD, INTAKE)
    @pytest.mark.parametrize("body", [b"", b"{", b"null", b"[1]", b'{"a":1}', b"\xff\xfe", b"[" * 50_000, b"1" * 9_999])
    def test_malformed_webhook_is_rejected(self, connector: Any, vendor: Any, body: bytes) -> None:
        """parse() raises Rejected for every body that is not the vendor's format."""
        with pytest.raises(Rejected):
            connector.parse(replace(vendor.hook([ADA]), body=body))
