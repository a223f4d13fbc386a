"""Contacts and companies: one for each person and domain, what people wrote stays, and refusals name the property."""

from datetime import UTC, date, datetime

import httpx
import pytest

from contract.hubspot.world import ANNA, BRUNO, CARLA, World, person
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.ours import KEY
from pointsman_sdk import (
    AccountState,
    AmbiguousOutcome,
    FieldType,
    PersonBy,
    RecordKind,
    Rejected,
    WantedField,
)

pytestmark = pytest.mark.anyio


async def test_only_what_differs_is_written(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact(firstname="Ada", lastname="Lovelace", jobtitle="Countess")
    await hubspot.people.put(person(external_id=known, owner=ANNA))
    (sent,) = [one["properties"] for one in world.written("/objects/")]
    assert sent == {"hubspot_owner_id": ANNA, KEY: "lead-1", "pointsman_sequence": "0"}
    (values,) = world.values("contacts")
    assert values["jobtitle"] == "Countess"


async def test_an_empty_owner_takes_the_owner_away(world: World, hubspot: HubSpotConnector) -> None:
    made = await hubspot.people.put(person(owner=ANNA))
    released = await hubspot.people.put(person(sequence=1, owner=""))
    assert (made.owner, released.owner) == (ANNA, None)
    assert "hubspot_owner_id" not in world.values("contacts")[0]
    assert await hubspot.people.put(person(sequence=1, owner="")) == released


async def test_an_owner_who_is_not_any_more_is_refused_by_name_of_the_property(
    world: World, hubspot: HubSpotConnector
) -> None:
    with pytest.raises(Rejected, match="hubspot_owner_id"):
        await hubspot.people.put(person(owner=CARLA))
    assert world.values("contacts") == []


async def test_what_breaks_a_rule_of_the_admin_is_refused_and_named(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.records.properties["contacts"]["phone"].rule = r"\+[0-9]+"
    with pytest.raises(Rejected) as caught:
        await hubspot.people.put(person(phone="030 1234"))
    assert "phone" in str(caught.value)
    assert "1234" not in str(caught.value)
    await hubspot.people.put(person(phone="+49301234"))


async def test_a_property_that_is_not_there_is_named(hubspot: HubSpotConnector) -> None:
    with pytest.raises(Rejected, match="gate_result"):
        await hubspot.people.put(person(fields={"gate_result": "passed"}))


async def test_values_of_every_type_are_texts(world: World, hubspot: HubSpotConnector) -> None:
    wanted = [
        WantedField(kind=RecordKind.PERSON, name=name, label=name, type=kind)
        for name, kind in (
            ("pm_text", FieldType.TEXT),
            ("pm_number", FieldType.NUMBER),
            ("pm_yes", FieldType.BOOLEAN),
            ("pm_day", FieldType.DATE),
            ("pm_time", FieldType.DATETIME),
        )
    ]
    assert (await hubspot.fields.prepare(wanted)).missing == ()
    fields = {
        "pm_text": "passed",
        "pm_number": 7,
        "pm_yes": True,
        "pm_day": date(2031, 1, 15),
        "pm_time": datetime(2031, 1, 15, 12, tzinfo=UTC),
        "jobtitle": None,
    }
    made = await hubspot.people.put(person(fields=fields))
    told = dict(made.fields)
    assert [told[f"pm_{one}"] for one in ("text", "number", "yes", "day", "time")] == [
        "passed",
        "7",
        "true",
        "2031-01-15",
        "2031-01-15T12:00:00.000Z",
    ]
    assert await hubspot.people.put(person(fields=fields)) == made


async def test_a_mapping_may_not_write_our_own_properties(hubspot: HubSpotConnector) -> None:
    with pytest.raises(Rejected, match="mapping"):
        await hubspot.people.put(person(fields={KEY: "another"}))


async def test_a_contact_that_others_make_meanwhile_is_taken(world: World, hubspot: HubSpotConnector) -> None:
    world.wire.before_write(lambda: None)
    await hubspot.people.put(person(key="lead-0", email="first@example.com"))  # so that the properties are known
    world.wire.before_write(lambda: world.contact(jobtitle="Countess"))
    made = await hubspot.people.put(person(owner=ANNA))
    (values,) = [one for one in world.values("contacts") if one["email"] == "ada@example.com"]
    assert (values["jobtitle"], values["hubspot_owner_id"], made.owner) == ("Countess", ANNA, ANNA)


async def test_another_address_under_the_same_key_is_the_same_contact(world: World, hubspot: HubSpotConnector) -> None:
    made = await hubspot.people.put(person())
    moved = await hubspot.people.put(person(sequence=1, email="ada.king@example.com"))
    assert moved.id == made.id
    assert [one["email"] for one in world.values("contacts")] == ["ada.king@example.com"]


async def test_a_merged_contact_is_found_by_the_id_of_before(world: World, hubspot: HubSpotConnector) -> None:
    made = await hubspot.people.put(person(owner=ANNA))
    other = world.contact(email="a.lovelace@example.com")
    world.vendor.merge("contacts", other, made.id)
    put = await hubspot.people.put(person(sequence=1, external_id=made.id, email=None, owner=BRUNO))
    assert (put.id, put.owner) == (other, BRUNO)
    found = await hubspot.people.find(PersonBy(external_id=made.id))
    assert found is not None
    assert found.id == other


async def test_the_key_goes_along_when_another_contact_is_the_person(world: World, hubspot: HubSpotConnector) -> None:
    made = await hubspot.people.put(person())
    other = world.contact(email="right@example.com")
    put = await hubspot.people.put(person(sequence=1, external_id=other, email=None))
    assert put.id == other
    assert KEY not in world.vendor.records.require("contacts", made.id).values
    found = await hubspot.people.get("", "lead-1")
    assert found is not None
    assert found.id == other


async def test_a_contact_in_the_recycle_bin_is_made_anew(world: World, hubspot: HubSpotConnector) -> None:
    made = await hubspot.people.put(person())
    world.vendor.archive("contacts", made.id)
    again = await hubspot.people.put(person(sequence=1, external_id=made.id))
    assert again.id != made.id
    assert len(world.values("contacts")) == 1


async def test_a_found_contact_has_every_property_to_try_a_mapping_on(world: World, hubspot: HubSpotConnector) -> None:
    wanted = [WantedField(kind=RecordKind.PERSON, name="budget", label="Budget", type=FieldType.NUMBER)]
    await hubspot.fields.prepare(wanted)
    known = world.contact(city="London", budget="70000")
    for by in (PersonBy(email="Ada@example.com"), PersonBy(external_id=known)):
        world.wire.seen = []
        found = await hubspot.people.find(by)
        assert found is not None
        assert dict(found.fields) | {"city": "London", "budget": "70000"} == dict(found.fields)
        assert len(world.wire.seen) <= 2  # the properties are listed once a day
    assert len(world.wire.seen) == 1


async def test_without_the_scope_of_schemas_a_contact_is_found_all_the_same(
    world: World, hubspot: HubSpotConnector
) -> None:
    world.contact(city="London")
    refusal = {"status": "error", "category": "MISSING_SCOPES", "message": "no"}
    world.instead = lambda request: httpx.Response(403, json=refusal) if "/properties/" in request.url.path else None
    found = await hubspot.people.find(PersonBy(email="ada@example.com"))
    assert found is not None
    assert dict(found.fields) == {"email": "ada@example.com"}


async def test_a_contact_that_is_gone_is_not_made_of_an_owner_alone(world: World, hubspot: HubSpotConnector) -> None:
    made = await hubspot.people.put(person())
    world.vendor.archive("contacts", made.id)
    with pytest.raises(Rejected, match="without an address"):
        await hubspot.people.put(person(sequence=1, external_id=made.id, email=None, last_name=None, owner=ANNA))
    assert world.values("contacts") == []


async def test_a_person_is_found_by_number_as_far_as_the_index_goes(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact(phone="+49301234")
    found = await hubspot.people.find(PersonBy(phone="+49301234"))
    assert found is not None
    assert found.id == known
    assert await hubspot.people.find(PersonBy(phone="+49309999")) is None


async def test_a_records_page_is_told_once_the_account_is_known(world: World, hubspot: HubSpotConnector) -> None:
    assert (await hubspot.people.put(person())).url is None
    await hubspot.check()
    made = await world.connect().people.put(person())
    assert made.url == f"https://app.hubspot.com/contacts/62515/record/0-1/{made.id}"


# -- companies


async def test_a_company_that_others_made_is_found_by_its_domain(world: World, hubspot: HubSpotConnector) -> None:
    known = world.vendor.add("companies", domain="acme.example", name="Acme", description="bring the contract")
    put = await hubspot.accounts.put(AccountState(key="account-1", domain="ACME.example", owner=ANNA))
    assert put.id == known.id
    (values,) = world.values("companies")
    assert (values["name"], values["description"], values["hubspot_owner_id"]) == ("Acme", "bring the contract", ANNA)


async def test_a_lost_answer_makes_no_second_company(world: World, hubspot: HubSpotConnector) -> None:
    state = AccountState(key="account-1", domain="acme.example", name="Acme")
    await hubspot.accounts.put(AccountState(key="account-0", domain="first.example"))
    world.vendor.records.lag = world.vendor.lag
    world.wire.lose_answer()
    with pytest.raises(AmbiguousOutcome):
        await hubspot.accounts.put(state)
    await hubspot.accounts.put(state)
    assert [one["domain"] for one in world.values("companies")] == ["first.example", "acme.example"]


async def test_a_contact_is_associated_with_its_company_once(world: World, hubspot: HubSpotConnector) -> None:
    account = await hubspot.accounts.put(AccountState(key="account-1", domain="acme.example"))
    made = await hubspot.people.put(person(account=account.id))
    assert world.vendor.records.require("contacts", made.id).links == {"companies": [account.id]}
    known = world.contact(email="grace@example.com")
    await hubspot.people.put(person(key="lead-2", external_id=known, email=None, account=account.id))
    before = len(world.asked("PUT", "associations"))
    await hubspot.people.put(person(key="lead-2", sequence=1, external_id=known, email=None, account=account.id))
    assert len(world.asked("PUT", "associations")) == before
    assert world.vendor.records.require("contacts", known).links == {"companies": [account.id]}
