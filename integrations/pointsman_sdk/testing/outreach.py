"""Nurture and notify checks: one enrolment, one message."""

from typing import Any

import pytest

from pointsman_sdk import AmbiguousOutcome, Capability, ConnectorError, Notice
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.samples import ADA, HOSTILE
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.vendors import NotifyVendor, enrolment

NURTURE, NOTIFY = Capability.NURTURE, Capability.NOTIFY


def notice(vendor: NotifyVendor, key: str) -> Notice:
    """A message as a host would send it."""
    return Notice(
        key=key, to=vendor.address, subject="Lead waits", text=f"Key {key}: nobody is eligible\n{HOSTILE.name}"
    )


class NurtureChecks(Bench):
    """enrol, enrolled, release."""

    @proves(Tier.SILVER, NURTURE)
    async def test_lead_is_enrolled_once(self, connector: Any, vendor: Any) -> None:
        """enrol() again, under the same key or another, does not start the lead again."""
        assert not await connector.enrolled(enrolment(vendor, ADA, "enrol-1"))
        await connector.enrol(enrolment(vendor, ADA, "enrol-1"))
        await connector.enrol(enrolment(vendor, ADA, "enrol-1"))
        await connector.enrol(enrolment(vendor, ADA, "enrol-2"))
        assert await connector.enrolled(enrolment(vendor, ADA, "enrol-1"))
        assert list(vendor.enrolments()) == [ADA.email]

    @proves(Tier.SILVER, NURTURE)
    async def test_lost_answer_enrols_once(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """An enrolment without an answer is AmbiguousOutcome, and may be repeated."""
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.enrol(enrolment(vendor, ADA, "enrol-1"))
        await connector.enrol(enrolment(vendor, ADA, "enrol-1"))
        assert list(vendor.enrolments()) == [ADA.email]

    @proves(Tier.SILVER, NURTURE)
    async def test_release_is_idempotent(self, connector: Any, vendor: Any) -> None:
        """release() takes the lead out, alone; twice is fine, unknown is fine."""
        await connector.enrol(enrolment(vendor, ADA, "enrol-1"))
        await connector.enrol(enrolment(vendor, HOSTILE, "enrol-2"))
        await connector.release(enrolment(vendor, ADA, "enrol-1"))
        await connector.release(enrolment(vendor, ADA, "enrol-1"))
        assert list(vendor.enrolments()) == [HOSTILE.email]
        assert not await connector.enrolled(enrolment(vendor, ADA, "enrol-1"))

    @proves(Tier.GOLD, NURTURE)
    async def test_failed_enrolment_look_up_raises(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """enrolled() that cannot read raises: "no" would start the lead again."""
        for status in (401, 403, 429, 500):
            wire.answer(status, times=9)
            with pytest.raises(ConnectorError):
                await connector.enrolled(enrolment(vendor, ADA, "enrol-1"))


class NotifyChecks(Bench):
    """notify, notified."""

    @proves(Tier.SILVER, NOTIFY)
    async def test_notice_is_delivered_once(self, connector: Any, vendor: Any) -> None:
        """notify() again with the same key delivers nothing; another key is another message."""
        assert not await connector.notified("notice-1")
        for key in ("notice-1", "notice-1", "notice-2"):
            await connector.notify(notice(vendor, key))
        assert await connector.notified("notice-1")
        assert ["notice-1" in text for text in vendor.messages()] == [True, False]

    @proves(Tier.SILVER, NOTIFY)
    async def test_lost_answer_notifies_once(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """A notice without an answer is AmbiguousOutcome, and may be repeated."""
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.notify(notice(vendor, "notice-1"))
        await connector.notify(notice(vendor, "notice-1"))
        assert len(vendor.messages()) == 1

    @proves(Tier.GOLD, NOTIFY)
    async def test_failed_notice_look_up_raises(self, connector: Any, wire: FaultyTransport) -> None:
        """notified() that cannot read raises: "no" would send the message again."""
        for status in (401, 403, 429, 500):
            wire.answer(status, times=9)
            with pytest.raises(ConnectorError):
                await connector.notified("notice-1")
