"""CRM checks: one record per person, company and meeting, and owners that exist."""

from typing import Any

import pytest

from pointsman_sdk import AmbiguousOutcome, Capability, Company, ConnectorError, Contact, Kind, Meeting, Rejected
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.samples import ADA, HOSTILE, at
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.vendors import CrmVendor

CRM = Capability.CRM
ACME = Company(domain="acme.example", name="Acme & Söhne")


def count(vendor: CrmVendor, kind: Kind) -> int:
    """How many records of this kind the vendor has."""
    return sum(1 for row in vendor.rows() if row.kind is kind)


class CrmChecks(Bench):
    """person, company, recorded, upsert_person, upsert_company, set_owner, log_meeting, users."""

    @proves(Tier.SILVER, CRM)
    async def test_people_are_upserted_by_address(self, connector: Any, vendor: Any) -> None:
        """One address is one person, whatever its capitals; an upsert updates, and lookups agree with it."""
        assert await connector.person(ADA.email) is None
        made = await connector.upsert_person("person-1", ADA)
        again = await connector.upsert_person("person-2", Contact(email=ADA.email.upper(), name="Ada King"))
        assert made.id == again.id
        assert await connector.person(ADA.email) == again
        assert await connector.recorded(Kind.PERSON, "person-1") == again
        assert [row.name for row in vendor.rows()] == ["Ada King"]

    @proves(Tier.SILVER, CRM)
    async def test_companies_are_upserted_by_domain(self, connector: Any, vendor: Any) -> None:
        """One domain is one company."""
        assert await connector.company(ACME.domain) is None
        made = await connector.upsert_company("company-1", ACME)
        assert await connector.upsert_company("company-2", ACME) == made
        assert await connector.company(ACME.domain) == made
        assert [row.name for row in vendor.rows()] == [ACME.name]

    @proves(Tier.SILVER, CRM)
    async def test_lost_answer_creates_one_person(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """An upsert without an answer is AmbiguousOutcome; recorded() finds it, a repeat adds nothing."""
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.upsert_person("person-1", ADA)
        assert await connector.recorded(Kind.PERSON, "person-1") is not None
        await connector.upsert_person("person-1", ADA)
        assert count(vendor, Kind.PERSON) == 1

    @proves(Tier.SILVER, CRM)
    async def test_meetings_are_logged_once(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """log_meeting() with one key logs one meeting, also when the first answer was lost."""
        person = await connector.upsert_person("person-1", ADA)
        meeting = Meeting(key="meeting-1", person=person.id, slot=at(9), title="Demo", notes="Line one\nline two")
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.log_meeting(meeting)
        logged = await connector.log_meeting(meeting)
        assert await connector.recorded(Kind.MEETING, "meeting-1") == logged
        assert count(vendor, Kind.MEETING) == 1

    @proves(Tier.SILVER, CRM)
    async def test_owner_is_set(self, connector: Any, vendor: Any) -> None:
        """set_owner() changes the vendor's row; an unknown user is Rejected and changes nothing."""
        person = await connector.upsert_person("person-1", ADA)
        assert (await connector.set_owner(person, vendor.user)).owner == vendor.user
        with pytest.raises(Rejected):
            await connector.set_owner(person, "no-such-user")
        assert [row.owner for row in vendor.rows()] == [vendor.user]

    @proves(Tier.SILVER, CRM)
    async def test_upsert_keeps_the_owner(self, connector: Any, vendor: Any) -> None:
        """An upsert changes what it is given and nothing else: the owner stays."""
        person = await connector.upsert_person("person-1", ADA)
        await connector.set_owner(person, vendor.user)
        assert (await connector.upsert_person("person-2", ADA)).owner == vendor.user

    @proves(Tier.GOLD, CRM)
    async def test_hostile_person_is_only_text(self, connector: Any, vendor: Any) -> None:
        """A name may hold anything; an address with an apostrophe or a plus finds its own record."""
        made = await connector.upsert_person("person-1", HOSTILE)
        assert await connector.person(HOSTILE.email) == made
        assert vendor.rows()[0].name.startswith(HOSTILE.name[:20])

    @proves(Tier.GOLD, CRM)
    async def test_users_are_listed(self, connector: Any, vendor: Any) -> None:
        """users() lists all of them, over every page."""
        users = await connector.users()
        assert vendor.user in [user.id for user in users]
        assert len({user.id for user in users}) == len(users)

    @proves(Tier.GOLD, CRM)
    @pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
    async def test_failed_record_look_up_is_not_none(self, connector: Any, wire: FaultyTransport, status: int) -> None:
        """A look-up that cannot read raises: None would make the host create a second record."""
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.person(ADA.email)
        with pytest.raises(ConnectorError):
            await connector.recorded(Kind.PERSON, "person-1")
