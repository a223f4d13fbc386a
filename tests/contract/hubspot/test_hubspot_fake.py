"""The fake of HubSpot: it answers as HubSpot's own pages say, and judges requests by descriptions of its API."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contract.hubspot.world import World
from pointsman_hubspot.fake import BackgroundPost, Description, HubSpotVendor, served
from pointsman_hubspot.fake.wire import Asked
from pointsman_sdk.fakes import FakeServer, Fault, Turn
from pointsman_sdk.testing import NOW

CONTACTS = ("objects", "contacts")
SEARCH = {"filterGroups": [], "properties": [], "sorts": [], "limit": 10, "after": "0"}
NEW = {"properties": {"email": "ada@example.com"}, "associations": []}


@pytest.fixture
def vendor() -> HubSpotVendor:
    return HubSpotVendor(clock=lambda: NOW)


def ask(vendor: HubSpotVendor, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {vendor.token}"}
    url = f"https://api.hubapi.example{path}"
    return vendor.handle(httpx.Request(method, url, params=query, json=body, headers=headers))


def key_of(vendor: HubSpotVendor, kind: str, *, unique: bool = True) -> None:
    """The account has our key."""
    ask(vendor, "POST", f"/crm/properties/2026-09/{kind}/groups", {"name": "pointsman", "label": "Pointsman"})
    body = {"name": "pointsman_key", "label": "Key", "groupName": "pointsman", "type": "string", "fieldType": "text"}
    made = ask(vendor, "POST", f"/crm/properties/2026-09/{kind}", {**body, "hasUniqueValue": unique})
    assert made.status_code == 201


# -- the descriptions


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(method="POST", path=CONTACTS, body=NEW), ""),
        (Asked(method="POST", path=("objects", "companies"), body=NEW), ""),
        (Asked(method="POST", path=(*CONTACTS, "search"), body=SEARCH), ""),
        (Asked(method="GET", path=("owners",), query={"email": "a@b.example"}), ""),
        (Asked(method="PUT", path=(*CONTACTS, "1", "associations", "default", "companies", "2")), ""),
        (Asked(method="PUT", path=("lists", "17", "memberships", "add"), body=["1"]), ""),
        (Asked(method="GET", path=("account",)), ""),
        (Asked(method="PUT", path=CONTACTS, body=NEW), "there is no PUT"),
        (Asked(method="GET", path=("objects", "spaceships", "1")), "there is no GET"),
        (Asked(method="GET", path=(*CONTACTS, "1"), query={"property": "email"}), "no parameter property"),
        (Asked(method="POST", path=CONTACTS, body={"associations": []}), "lacks properties"),
        (Asked(method="POST", path=CONTACTS, body={**NEW, "owner": "71"}), "has no owner"),
        (Asked(method="POST", path=CONTACTS, body={"properties": {"a": 7}, "associations": []}), "is no string"),
        (Asked(method="PUT", path=("lists", "17", "memberships", "add"), body=[1]), "is no string"),
        (Asked(method="POST", path=(*CONTACTS, "search"), body={**SEARCH, "limit": "10"}), "is no integer"),
        (Asked(method="GET", path=("owners",), body={}), "a body where none is known"),
        (Asked(method="POST", path=CONTACTS), "no body"),
    ],
)
def test_requests_are_judged_by_the_descriptions(description: Description, asked: Asked, said: str) -> None:
    faults = description.faults(asked)
    assert (said in "\n".join(faults)) if said else not faults


def test_a_request_that_the_descriptions_do_not_know_is_refused_and_written_down(description: Description) -> None:
    vendor = HubSpotVendor(description=description)
    assert ask(vendor, "GET", "/crm/objects/2026-09/contacts/1", property="email").status_code == 400
    assert vendor.faults == ["there is no parameter property"]


# -- paths


@pytest.mark.parametrize("base", ["/crm/objects/2026-09", "/crm/v3/objects", "/crm/objects/2026-03"])
def test_both_families_of_paths_are_one_account(vendor: HubSpotVendor, base: str) -> None:
    made = ask(vendor, "POST", f"{base}/contacts", NEW)
    assert made.status_code == 201
    for other in ("/crm/objects/2026-09", "/crm/v3/objects"):
        found = ask(vendor, "GET", f"{other}/contacts/ada@example.com", idProperty="email")
        assert found.json()["id"] == made.json()["id"]


@pytest.mark.parametrize("path", ["/crm/objects/2026-10/contacts/1", "/crm/v2/objects/contacts/1", "/cms/v3/pages"])
def test_a_path_of_no_version_is_not_there(vendor: HubSpotVendor, path: str) -> None:
    assert ask(vendor, "GET", path).status_code == 404


# -- what HubSpot requires


@pytest.mark.parametrize("left_out", ["after", "filterGroups", "limit", "properties", "sorts"])
def test_a_search_says_all_five(vendor: HubSpotVendor, left_out: str) -> None:
    body = {name: value for name, value in SEARCH.items() if name != left_out}
    answer = ask(vendor, "POST", "/crm/objects/2026-09/contacts/search", body)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_record_is_made_with_associations_or_none(vendor: HubSpotVendor) -> None:
    answer = ask(vendor, "POST", "/crm/objects/2026-09/contacts", {"properties": {"email": "ada@example.com"}})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"lastname": 7}, "lastname"),
        ({"no_such": "a"}, "no_such"),
        ({"lifecyclestage": "Lead"}, "lifecyclestage"),
        ({"hubspot_owner_id": "73"}, "hubspot_owner_id"),  # not any more
        ({"createdate": "2031-01-01T00:00:00Z"}, "createdate"),
        ({"phone": "abc"}, "phone"),  # against the admin's rule
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(
    vendor: HubSpotVendor, values: dict[str, Any], named: str
) -> None:
    vendor.records.properties["contacts"]["phone"].rule = "[0-9]+"
    answer = ask(vendor, "POST", "/crm/objects/2026-09/contacts", {"properties": values, "associations": []})
    assert answer.status_code == 400
    assert f'"name":"{named}"' in answer.json()["message"]


def test_an_address_is_unique_and_the_refusal_says_whose_it_is(vendor: HubSpotVendor) -> None:
    known = vendor.add("contacts", email="ada@example.com")
    answer = ask(vendor, "POST", "/crm/objects/2026-09/contacts", {**NEW, "properties": {"email": "ADA@example.com"}})
    assert (answer.status_code, answer.json()["message"]) == (409, f"Contact already exists. Existing ID: {known.id}")


def test_a_batch_says_of_each_item_what_became_of_it(vendor: HubSpotVendor) -> None:
    key_of(vendor, "meetings")
    good = {"idProperty": "pointsman_key", "id": "k1", "properties": {"hs_meeting_title": "Demo"}}
    bad = {"idProperty": "pointsman_key", "id": "k2", "properties": {"hs_meeting_outcome": "GONE"}}
    answer = ask(vendor, "POST", "/crm/objects/2026-09/meetings/batch/upsert", {"inputs": [good, bad]})
    assert answer.status_code == 207
    assert [one["new"] for one in answer.json()["results"]] == [True]
    assert [one["category"] for one in answer.json()["errors"]] == ["VALIDATION_ERROR"]
    again = ask(vendor, "POST", "/crm/objects/2026-09/meetings/batch/upsert", {"inputs": [good]})
    assert (again.status_code, [one["new"] for one in again.json()["results"]]) == (200, [False])


def test_a_property_that_is_not_unique_finds_nothing(vendor: HubSpotVendor) -> None:
    key_of(vendor, "meetings", unique=False)
    answer = ask(vendor, "GET", "/crm/objects/2026-09/meetings/k1", idProperty="pointsman_key")
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_kind_may_refuse_unique_properties_and_has_ten_of_them(vendor: HubSpotVendor) -> None:
    vendor.properties.refuse_unique.add("meetings")
    with pytest.raises(AssertionError):
        key_of(vendor, "meetings")
    key_of(vendor, "contacts")
    body = {"label": "Key", "groupName": "pointsman", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    made = [ask(vendor, "POST", "/crm/properties/2026-09/contacts", {**body, "name": f"key_{n}"}) for n in range(10)]
    assert [one.status_code for one in made] == [201] * 9 + [400]


# -- the index


def test_the_index_lags_and_a_record_by_its_id_does_not(world: World) -> None:
    world.vendor.records.lag = timedelta(seconds=30)
    ids = [world.contact(email=f"a{number}@example.com") for number in range(20)]
    counts = []
    for _ in range(4):
        found = ask_world(world, "POST", "/crm/objects/2026-09/contacts/search", {**SEARCH, "limit": 100})
        counts.append(found["total"])
        world.later(seconds=10)
    assert counts[0] < counts[1] < 20 == counts[3]
    assert ask_world(world, "GET", f"/crm/objects/2026-09/contacts/{ids[-1]}")["id"] == ids[-1]


def ask_world(world: World, method: str, path: str, body: Any = None) -> Any:
    return ask(world.vendor, method, path, body).json()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(("after", "status"), [("9900", 200), ("9901", 400), ("10000", 400)])
def test_a_search_ends_at_ten_thousand(vendor: HubSpotVendor, after: str, status: int) -> None:
    body = {**SEARCH, "limit": 100, "after": after}
    assert ask(vendor, "POST", "/crm/objects/2026-09/contacts/search", body).status_code == status


# -- limits and sign-in


def test_calls_are_counted_over_ten_seconds(world: World) -> None:
    world.vendor.most_in_ten_seconds = 3
    answers = [ask(world.vendor, "GET", "/crm/owners/2026-09") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert [one.headers["X-HubSpot-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    world.later(seconds=11)
    assert ask(world.vendor, "GET", "/crm/owners/2026-09").status_code == 200


def test_a_sign_in_lasts_half_an_hour_and_its_refresh_token_rotates(world: World) -> None:
    form = {"client_id": "hubspot-client", "client_secret": world.vendor.app_secret}

    def token(**given: str) -> httpx.Response:
        request = httpx.Request("POST", "https://api.hubapi.example/oauth/2026-09/token", data={**form, **given})
        return world.vendor.handle(request)

    page = world.vendor.handle(
        httpx.Request(
            "GET",
            "https://app.hubspot.example/oauth/authorize",
            params={
                "client_id": "hubspot-client",
                "response_type": "code",
                "redirect_uri": "https://p.example",
                "state": "s",
            },
        )
    )
    code = httpx.URL(page.headers["Location"]).params["code"]
    first = token(grant_type="authorization_code", code=code).json()
    assert first["expires_in"] == 1_800
    second = token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    world.later(minutes=31)
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    asked = httpx.Request("GET", "https://api.hubapi.example/crm/owners/2026-09", headers=headers)
    assert world.vendor.handle(asked).status_code == 401


def test_a_token_of_nobody_is_refused(vendor: HubSpotVendor) -> None:
    request = httpx.Request(
        "GET", "https://api.hubapi.example/crm/owners/2026-09", headers={"Authorization": "Bearer x"}
    )
    assert vendor.handle(request).status_code == 401


def test_faults_are_hubspots_own(vendor: HubSpotVendor) -> None:
    failed = vendor.failure(Turn(fault=Fault.FAILED, acts=False, status=502), now=NOW)
    assert (failed.status_code, failed.json()["status"]) == (502, "error")
    throttled = Turn(fault=Fault.THROTTLED, acts=False, status=429, retry_after=timedelta(seconds=3))
    answer = vendor.failure(throttled, now=NOW)
    assert (answer.headers["Retry-After"], answer.json()["policyName"]) == ("3", "TEN_SECONDLY_ROLLING")


# -- as people have it


def test_what_people_do_in_hubspots_pages_is_done_by_the_back_door(vendor: HubSpotVendor) -> None:
    first = ask(vendor, "POST", "/_fake/contacts", {"email": "ada@example.com", "lastname": "Lovelace"}).json()["id"]
    other = ask(vendor, "POST", "/_fake/contacts", {"email": "a.l@example.com", "phone": "030"}).json()["id"]
    ask(vendor, "PATCH", f"/_fake/contacts/{first}", {"lastname": "King"})
    ask(vendor, "POST", f"/_fake/contacts/{first}/merge", {"other": other})
    ask(vendor, "PUT", "/_fake/lists/18", {})
    ask(vendor, "PUT", f"/_fake/lists/18/{first}", {})
    ask(vendor, "PUT", "/_fake/rules/contacts/phone", {"pattern": "[0-9]+"})
    owner = ask(vendor, "POST", "/_fake/owners", {"email": "f@x.example", "first_name": "F", "last_name": "G"}).json()
    standing = vendor.standing()
    (contact,) = standing["contacts"]
    assert (contact["lastname"], contact["phone"], contact["hs_merged_object_ids"]) == ("King", "030", other)
    assert standing["lists"]["18"] == [first]
    assert owner["id"] in {one.id for one in vendor.owners}
    gone = ask(vendor, "DELETE", f"/_fake/contacts/{first}")
    assert (gone.status_code, vendor.standing()["contacts"]) == (200, [])
    assert ask(vendor, "POST", "/_fake/contacts", {"email": 7}).status_code == 400
    assert ask(vendor, "GET", "/_fake/nothing").status_code == 404


def test_what_stands_there_outlives_the_process(vendor: HubSpotVendor) -> None:
    key_of(vendor, "contacts")
    row = vendor.add("contacts", email="ada@example.com", pointsman_key="k1")
    other = vendor.add("contacts", email="b@example.com")
    vendor.merge("contacts", row.id, other.id)
    vendor.add_list("17")
    vendor.join("17", row.id)
    again = HubSpotVendor(clock=lambda: NOW)
    again.take_up(json.loads(json.dumps(vendor.kept())))
    assert again.standing() == vendor.standing()
    assert again.records.require("contacts", other.id).id == row.id
    assert again.records.by("contacts", "pointsman_key", "k1") is not None
    assert again.add("contacts", email="c@example.com").id not in (row.id, other.id)


def test_webhooks_go_out_once_there_is_a_callback(vendor: HubSpotVendor) -> None:
    sent = []
    vendor.hooks.post = lambda request: sent.append(request) or httpx.Response(204)
    ask(vendor, "PUT", "/_fake/webhooks", {"callback": "https://p.example/v1/hooks/hubspot"})
    ask(vendor, "POST", "/_fake/contacts", {"email": "ada@example.com"})
    (request,) = sent
    assert request.url == "https://p.example/v1/hooks/hubspot"
    (event,) = json.loads(request.body)
    assert (event["subscriptionType"], event["changeSource"]) == ("contact.creation", "CRM_UI")
    made = ask(vendor, "POST", "/crm/objects/2026-09/contacts", {**NEW, "properties": {"email": "b@example.com"}})
    (event,) = json.loads(sent[1].body)
    assert (event["objectId"], event["changeSource"]) == (int(made.json()["id"]), "INTEGRATION")
    assert event["sourceId"] == str(event["appId"])


def test_the_fake_is_served_with_a_contact_and_a_list() -> None:
    server = served()
    assert isinstance(server, FakeServer)
    standing = server.vendor.standing()
    assert [one["email"] for one in standing["contacts"]] == ["ada@example.com"]
    assert list(standing["lists"]) == ["17"]


def test_a_webhook_is_posted_beside_what_is_being_answered() -> None:
    post = BackgroundPost()
    vendor = HubSpotVendor(clock=lambda: NOW)
    vendor.hooks.callback, vendor.hooks.post = "", post
    vendor.add("contacts", email="ada@example.com")
    assert [request.url for request in vendor.hooks.send()] == [""]  # without a callback nothing goes out
