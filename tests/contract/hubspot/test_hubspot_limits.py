"""What HubSpot's refusals mean for the host: how long to wait, and what a human has to mend."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from contract.hubspot.bench_vendor import BY_TOKEN
from contract.hubspot.world import World, person
from pointsman_hubspot import HubSpotConfig, HubSpotConnector
from pointsman_sdk import AccountState, AmbiguousOutcome, PersonBy, ReauthRequired, Rejected, Retryable, Scope
from pointsman_sdk.connector import limits_of

pytestmark = pytest.mark.anyio


async def refused(hubspot: HubSpotConnector) -> Retryable:
    with pytest.raises(Retryable) as caught:
        await hubspot.people.find(PersonBy(email="ada@example.com"))
    return caught.value


async def test_a_rolling_limit_keeps_the_connection_waiting_for_its_window(
    world: World, hubspot: HubSpotConnector
) -> None:
    world.vendor.throttles = 1
    error = await refused(hubspot)
    assert (error.scope, error.retry_after) == (Scope.CONNECTION, timedelta(seconds=10))
    assert "TEN_SECONDLY_ROLLING" in str(error)


async def test_a_limit_of_the_day_waits_until_midnight_in_the_accounts_zone(
    world: World, hubspot: HubSpotConnector
) -> None:
    await hubspot.check()  # by which the zone is known
    world.vendor.throttles, world.vendor.throttles_by = 1, "DAILY"
    error = await refused(world.connect())
    midnight = datetime(2031, 1, 16, tzinfo=ZoneInfo("Europe/Berlin"))
    assert error.retry_after == midnight - world.now


async def test_a_limit_of_the_day_is_tried_by_the_hour_where_the_zone_is_not_known(
    world: World, hubspot: HubSpotConnector
) -> None:
    world.vendor.throttles, world.vendor.throttles_by = 1, "DAILY"
    assert (await refused(hubspot)).retry_after == timedelta(hours=1)


async def test_a_search_that_is_throttled_waits_a_second(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.throttles, world.vendor.throttles_by = 1, "SECONDLY"
    with pytest.raises(Retryable) as caught:
        await hubspot.people.find(PersonBy(phone="+49301234"))
    assert caught.value.retry_after == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "headers", "scope", "wait"),
    [
        (423, {}, Scope.CALL, timedelta(seconds=2)),
        (477, {"Retry-After": "120"}, Scope.CONNECTION, timedelta(seconds=120)),
        (429, {"Retry-After": "3"}, Scope.CONNECTION, timedelta(seconds=3)),
    ],
)
async def test_what_hubspot_says_by_a_status_of_its_own_is_waited_for(
    world: World, hubspot: HubSpotConnector, status: int, headers: dict[str, str], scope: Scope, wait: timedelta
) -> None:
    world.instead = lambda _: httpx.Response(status, headers=headers, json={"status": "error", "message": "wait"})
    error = await refused(hubspot)
    assert (error.scope, error.retry_after) == (scope, wait)


async def test_a_scope_that_is_missing_is_named(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.missing_scopes |= {"crm.objects.owners.read"}
    with pytest.raises(Rejected, match=r"crm\.objects\.owners\.read"):
        await hubspot.owners.find("anna@example.com")
    await hubspot.people.put(person())  # the rest of the connection works


async def test_a_token_that_is_no_good_needs_a_human(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.token = "another"
    with pytest.raises(ReauthRequired):
        await hubspot.check()


async def test_what_is_left_of_the_day_is_told(world: World, hubspot: HubSpotConnector) -> None:
    await hubspot.check()
    assert [(one.left, one.limit) for one in world.quotas] == [(249_999, 250_000)]


async def test_a_refusal_of_a_batch_is_read_item_by_item(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.records.properties["companies"]["name"].rule = "[A-Z].*"
    with pytest.raises(Rejected, match="name"):
        await hubspot.accounts.put(AccountState(key="account-1", domain="acme.example", name="acme"))
    assert world.values("companies") == []


@pytest.mark.parametrize(
    ("category", "error"),
    [
        ("CONFLICT", Rejected),
        ("VALIDATION_ERROR", Rejected),
        ("INTERNAL_ERROR", AmbiguousOutcome),
        ("", AmbiguousOutcome),
    ],
)
async def test_an_item_of_a_batch_that_failed_is_tried_again_and_one_that_is_refused_is_not(
    world: World, hubspot: HubSpotConnector, category: str, error: type[Exception]
) -> None:
    await hubspot.accounts.put(AccountState(key="account-0", domain="first.example"))
    fault = {"status": "error", "category": category, "message": "oops", "context": {}, "errors": []}
    body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [fault]}
    world.instead = lambda request: httpx.Response(207, json=body) if request.url.path.endswith("upsert") else None
    with pytest.raises(error):
        await hubspot.accounts.put(AccountState(key="account-1", domain="acme.example"))


@pytest.mark.parametrize(("calls", "rate"), [(100, 100 / 30), (190, 190 / 30)])
def test_the_configuration_says_how_many_calls_the_account_stands(world: World, calls: int, rate: float) -> None:
    """At three requests to a call."""
    config = BY_TOKEN.model_copy(update={"calls_in_ten_seconds": calls})
    assert limits_of(world.connect(config)).rate == pytest.approx(rate)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"token": "a", "client_id": "b", "client_secret": "c"},
        {"client_id": "b"},
        {"token": "a", "version": "v2"},
        {"token": "a", "version": "2026-10"},
        {"token": "a", "calls_in_ten_seconds": 1_000},
        {"token": "a", "properties": "first name"},
        {"token": "a", "lists": "newsletter"},
        {"token": "a", "url": "ftp://hubspot"},
    ],
)
def test_a_configuration_that_cannot_work_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        HubSpotConfig.model_validate(given)
