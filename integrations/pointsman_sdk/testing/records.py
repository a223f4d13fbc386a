"""CRM checks: one record for each person and company, owners that exist, and meetings that follow every act."""

from dataclasses import replace
from typing import Any

import pytest

from pointsman_sdk import (
    AccountState,
    Activity,
    ActivityStatus,
    Capability,
    ConnectorError,
    FieldType,
    PersonBy,
    PersonState,
    RecordKind,
    Rejected,
    WantedField,
    all_items,
)
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import ADA, HOSTILE, PRIVATE, SHARED, at
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

PEOPLE, ACCOUNTS, OWNERS = Capability.PEOPLE, Capability.ACCOUNTS, Capability.OWNERS
ACTIVITIES, FIELDS = Capability.ACTIVITIES, Capability.FIELDS
PERSON = PersonState(key="person-1", email=ADA.email, last_name="Lovelace")


class CrmChecks(Bench):
    """People, accounts, owners, activities, fields, beside what holds for every kind."""

    @proves(Tier.SILVER, PEOPLE)
    async def test_one_address_is_one_person(self, connector: Any, vendor: Any) -> None:
        """An address in other capitals, under another key, is the same person, and find() agrees."""
        assert await connector.people.find(PersonBy(email=ADA.email)) is None
        made = await connector.people.put(PERSON)
        again = await connector.people.put(PersonState(key="person-2", email=ADA.email.upper(), last_name="King"))
        assert made.id == again.id
        found = await connector.people.find(PersonBy(email=ADA.email))
        assert found is not None
        assert found.id == made.id
        assert len(vendor.rows(PEOPLE)) == 1

    @proves(Tier.SILVER, PEOPLE)
    async def test_person_is_known_by_its_own_id(self, connector: Any, vendor: Any) -> None:
        """`external_id` wins over the address: a lead that came from this CRM keeps its record when its address changes."""
        made = await connector.people.put(PERSON)
        changed = replace(PERSON, sequence=1, external_id=made.id, email="ada.king@example.com")
        assert (await connector.people.put(changed)).id == made.id
        found = await connector.people.find(PersonBy(external_id=made.id))
        assert found is not None
        assert found.id == made.id
        assert len(vendor.rows(PEOPLE)) == 1

    @proves(Tier.SILVER, PEOPLE)
    async def test_owner_is_set_and_stays(self, connector: Any, vendor: Any) -> None:
        """An owner is set by a user's id; a state without one leaves who it is; an unknown user is Rejected."""
        made = await connector.people.put(replace(PERSON, owner=vendor.user))
        assert made.owner == vendor.user
        assert (await connector.people.put(replace(PERSON, sequence=1, first_name="Ada"))).owner == vendor.user
        with pytest.raises(Rejected):
            await connector.people.put(replace(PERSON, sequence=2, owner="no-such-user"))
        assert [row.owner for row in vendor.rows(PEOPLE)] == [vendor.user]

    @proves(Tier.SILVER, PEOPLE)
    async def test_owner_is_taken_away(self, connector: Any, vendor: Any) -> None:
        """An owner of "" leaves the record without one, again is fine, and a late one changes nothing."""
        made = await connector.people.put(replace(PERSON, sequence=1, owner=vendor.user))
        for sequence in (0, 2, 3):
            put = await connector.people.put(replace(PERSON, sequence=sequence, external_id=made.id, owner=""))
            assert put.owner == (vendor.user if sequence == 0 else None)
        assert [row.owner for row in vendor.rows(PEOPLE)] == [None]

    @proves(Tier.GOLD, PEOPLE)
    async def test_awkward_address_finds_its_own_record(self, connector: Any, vendor: Any) -> None:
        """An address with an apostrophe or a plus is looked up as it is."""
        await connector.people.put(PERSON)
        made = await connector.people.put(PersonState(key="person-2", email=HOSTILE.email, last_name=HOSTILE.name))
        found = await connector.people.find(PersonBy(email=HOSTILE.email))
        assert found is not None
        assert found.id == made.id
        assert len(vendor.rows(PEOPLE)) == 2

    @proves(Tier.GOLD, PEOPLE)
    @pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
    async def test_failed_search_is_not_none(self, connector: Any, wire: Wire, status: int) -> None:
        """find() that cannot read raises: None would make the host create a second record."""
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.people.find(PersonBy(email=ADA.email))

    @proves(Tier.SILVER, ACCOUNTS)
    async def test_one_domain_is_one_account(self, connector: Any, vendor: Any) -> None:
        """A domain in other capitals, under another key, is the same account."""
        made = await connector.accounts.put(AccountState(key="account-1", domain="acme.example", name="Acme"))
        again = await connector.accounts.put(AccountState(key="account-2", domain="ACME.example", name="Acme"))
        assert made.id == again.id
        assert len(vendor.rows(ACCOUNTS)) == 1

    @proves(Tier.SILVER, OWNERS)
    async def test_users_are_listed_and_found(self, connector: Any, vendor: Any) -> None:
        """page() lists everyone once, over all pages; find() answers the same by address, in any capitals."""
        users = [user async for user in all_items(connector.owners.page)]
        assert len({user.id for user in users}) == len(users)
        (one,) = [user for user in users if user.id == vendor.user]
        assert await connector.owners.find(vendor.user_email) == one
        assert await connector.owners.find(vendor.user_email.upper()) == one
        assert await connector.owners.find("no-such-user@example.com") is None

    @proves(Tier.GOLD, OWNERS)
    @pytest.mark.parametrize("status", [401, 403, 429, 500])
    async def test_failed_look_up_of_a_user_is_not_none(
        self, connector: Any, vendor: Any, wire: Wire, status: int
    ) -> None:
        """find() and page() that cannot read raise: None would say that the closer is no user."""
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.owners.find(vendor.user_email)
        with pytest.raises(ConnectorError):
            await connector.owners.page()

    @proves(Tier.SILVER, ACTIVITIES)
    async def test_meeting_follows_every_act(self, connector: Any, vendor: Any) -> None:
        """One record goes from planned to moved to no-show, is its owner's, and shows the customer nothing private."""
        planned = Activity(
            key="meeting-1",
            person=vendor.person(),
            owner=vendor.user,
            slot=at(9),
            title="Demo",
            shared=SHARED,
            private=PRIVATE,
        )
        made = await connector.activities.put(planned)
        acts = (
            replace(planned, sequence=1, slot=at(14)),
            replace(planned, sequence=2, slot=at(14), status=ActivityStatus.NO_SHOW),
        )
        for act in acts:
            assert (await connector.activities.put(act)).id == made.id
            (row,) = vendor.rows(ACTIVITIES)
            assert (row.slot, row.status, row.owner) == (act.slot, act.status, vendor.user)
            assert PRIVATE[:12] not in row.guest_text

    @proves(Tier.SILVER, FIELDS)
    @pytest.mark.parametrize("kind", list(RecordKind), ids=str)
    async def test_fields_are_listed(self, connector: Any, kind: RecordKind) -> None:
        """of() lists every field once, with a label; the options of a choice are told."""
        found = await connector.fields.of(kind)
        assert found
        assert len({field.name for field in found}) == len(found)
        assert all(field.label.strip() for field in found)

    @proves(Tier.SILVER, FIELDS)
    async def test_wanted_field_is_made_once_or_named(self, connector: Any) -> None:
        """prepare() makes the field, so that of() lists it, or says what an admin must make; again makes no second one."""
        name = "pointsman_check_key"
        wanted = [WantedField(kind=RecordKind.PERSON, name=name, label="Pointsman key", type=FieldType.TEXT)]
        for _ in range(2):
            prepared = await connector.fields.prepare(wanted)
            listed = [field.name for field in await connector.fields.of(RecordKind.PERSON)].count(name)
            assert (listed == 1) != bool(prepared.missing), "neither made, nor said to be missing"
            assert all(sentence.strip() for sentence in prepared.missing)
