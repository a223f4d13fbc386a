"""Checks of programmes and notices, beside what holds for every kind: one place each, one message."""

from dataclasses import replace
from typing import Any

from pointsman_sdk import Capability, Membership, Notice
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import ADA, HOSTILE, NOW
from pointsman_sdk.testing.tiers import Tier, proves

PROGRAMMES, NOTICES = Capability.PROGRAMMES, Capability.NOTICES


class OutreachChecks(Bench):
    """Programmes and notices."""

    @proves(Tier.SILVER, PROGRAMMES)
    async def test_person_in_the_programme_is_not_started_again(self, connector: Any, vendor: Any) -> None:
        """put() of a person who is in the programme, under the same key or another, leaves them where they are."""
        first = Membership(key="member-1", place=vendor.programme, person=ADA)
        await connector.programmes.put(first)
        await connector.programmes.put(replace(first, key="member-2"))
        assert [row.text for row in vendor.rows(PROGRAMMES)] == [ADA.email]

    @proves(Tier.SILVER, PROGRAMMES)
    async def test_drop_takes_out_one_person_alone(self, connector: Any, vendor: Any) -> None:
        """drop() takes out the person that its key put in, and leaves the others."""
        for number, person in enumerate((ADA, HOSTILE), start=1):
            await connector.programmes.put(Membership(key=f"member-{number}", place=vendor.programme, person=person))
        await connector.programmes.drop(vendor.programme, "member-1")
        assert [row.text for row in vendor.rows(PROGRAMMES)] == [HOSTILE.email]

    @proves(Tier.SILVER, NOTICES)
    async def test_another_key_is_another_message(self, connector: Any, vendor: Any) -> None:
        """Two notices with the same words and two keys are two messages."""
        for key in ("notice-1", "notice-1", "notice-2"):
            await connector.notices.put(
                Notice(key=key, place=vendor.address, subject="A lead waits", text="a lead waits", at=NOW)
            )
        assert len(vendor.rows(NOTICES)) == 2
