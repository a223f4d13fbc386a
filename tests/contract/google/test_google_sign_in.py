"""Signing in at Google: whose token a call carries, what refusals mean, and how many calls are too many."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from contract.google.bench_vendor import delegated, rsa_key
from contract.google.world import ANNA, BEN, World
from pointsman_google import MANIFEST, GoogleConfig, GoogleConnector
from pointsman_google.sign_in import SCOPES
from pointsman_sdk import CalendarRef, Capability, PlaceGone, ReauthRequired, Rejected, Retryable, Scope, Slot
from pointsman_sdk.fakes import Fault, Turn
from pointsman_sdk.testing import NOW, appointment, at

pytestmark = pytest.mark.anyio
KEY = '{"type": "service_account", "client_email": "a@b.example", "private_key": "PEM"}'
ROOM = "c_room@resource.calendar.google.com"


@pytest.fixture
def acting(world: World) -> GoogleConnector:
    """A connector whose service account acts for the users of example.com."""
    world.vendor.accounts.key = rsa_key()
    world.vendor.calendar(ROOM, owner=ANNA)
    return world.connect(delegated(world.vendor))


# -- a service account


async def test_an_event_is_written_as_the_calendars_owner(world: World, acting: GoogleConnector) -> None:
    for place in (ANNA, BEN, ROOM):
        await acting.appointments.put(appointment(place))
    assert world.vendor.accounts.asked == [ANNA, BEN], "a token for each, kept"
    creators = [
        event["creator"]["email"] for one in (ANNA, BEN, ROOM) for event in world.vendor.calendar(one).events.values()
    ]
    assert creators == [ANNA, BEN, ANNA]


async def test_busy_times_and_the_list_are_read_as_one_user(world: World, acting: GoogleConnector) -> None:
    await acting.check()
    found = await acting.busy.read([CalendarRef(id=name, zone="UTC") for name in (ANNA, BEN)], at(9))
    assert len(found) == 2
    assert world.vendor.accounts.asked == [ANNA]


async def test_google_counts_calls_for_the_user(world: World, acting: GoogleConnector) -> None:
    for place in (ANNA, BEN):
        await acting.appointments.get(place, "k")
    counted = {one.url.params["quotaUser"] for one in world.asked("/events")}
    assert sorted(map(len, counted)) == [40, 40]
    assert not [1 for one in counted if "@" in one]


async def test_a_token_that_is_over_is_fetched_anew(world: World, acting: GoogleConnector) -> None:
    await acting.check()
    world.later(hours=2)
    await acting.check()
    assert world.vendor.accounts.asked == [ANNA, ANNA]


async def test_a_user_who_left_is_a_place_that_is_gone(acting: GoogleConnector) -> None:
    with pytest.raises(PlaceGone):
        await acting.appointments.put(appointment("left@example.com"))


async def test_a_domain_that_delegates_nothing_is_said_to(world: World, acting: GoogleConnector) -> None:
    world.vendor.accounts.delegated = frozenset(SCOPES[:1])
    with pytest.raises(ReauthRequired, match="Admin console"):
        await acting.check()


async def test_a_user_to_act_as_who_is_none_stops_the_connection(world: World, acting: GoogleConnector) -> None:
    world.vendor.user = "other@elsewhere.example"
    with pytest.raises(ReauthRequired, match="acting_as"):
        await acting.check()


async def test_a_clock_that_is_wrong_is_named(world: World, acting: GoogleConnector) -> None:
    world.vendor.accounts.clock = lambda: NOW - timedelta(days=1)
    with pytest.raises(ReauthRequired, match="clock"):
        await acting.check()


@pytest.mark.parametrize("pem", ["PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
async def test_a_key_that_signs_nothing_is_rejected_unquoted(world: World, pem: str) -> None:
    config = delegated(world.vendor).model_copy(
        update={"service_account_key": SecretStr(KEY.replace("PEM", pem.replace("\n", "\\n")))}
    )
    with pytest.raises(Rejected) as caught:
        await world.connect(config).check()
    assert "AAAA" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b"", Rejected),
        (400, b'{"error": "odd"}', Rejected),
        (401, b'{"error": "invalid_client"}', ReauthRequired),
        (429, b"{}", Retryable),
        (500, b"{}", Retryable),
        (200, b"{}", Rejected),
        (200, b'{"access_token": "\\u00e9", "expires_in": 10}', Rejected),
        (200, b'{"access_token": "a", "expires_in": -1}', Rejected),
    ],
)
async def test_an_odd_answer_of_the_token_endpoint_is_an_error(
    world: World, acting: GoogleConnector, status: int, body: bytes, error: type[Exception]
) -> None:
    world.instead["/token"] = httpx.Response(status, content=body)
    with pytest.raises(error):
        await acting.check()


# -- a user


def test_a_refresh_token_is_asked_for() -> None:
    (way,) = (one for one in MANIFEST.auth if one.authorize_url is not None)
    assert dict(way.params) == {"access_type": "offline", "prompt": "consent"}
    assert (way.scopes, way.per_subject) == (SCOPES, False)


BOTH = {"client_id": "a", "client_secret": "b"}
ACCOUNT = {"service_account_key": KEY, "acting_as": ANNA}


@pytest.mark.parametrize("config", [BOTH, ACCOUNT])
def test_one_way_to_sign_in_is_enough(config: dict[str, Any]) -> None:
    assert GoogleConfig.model_validate(config).url == "https://www.googleapis.com/calendar/v3"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {**BOTH, **ACCOUNT},
        {"client_id": "a"},
        {"service_account_key": KEY},
        {"acting_as": ANNA},
        {**ACCOUNT, "acting_as": "anna"},
        {**ACCOUNT, "service_account_key": "PEM"},
        {**ACCOUNT, "service_account_key": '{"type": "authorized_user"}'},
        {**ACCOUNT, "service_account_key": "[" * 9_000},
        {**BOTH, "url": "ftp://x"},
        {**BOTH, "url": "https://user:pass@x/"},
        {**BOTH, "token_url": "https://x/?a=b"},
        {**BOTH, "authorize_url": "//"},
    ],
)
def test_a_configuration_that_signs_in_nowhere_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        GoogleConfig.model_validate(config)
    assert "PEM" not in "".join(str(one["msg"]) for one in caught.value.errors())


# -- throttling


@pytest.mark.parametrize(
    ("reason", "wait"),
    [("rateLimitExceeded", 5), ("userRateLimitExceeded", 5), ("quotaExceeded", 60), ("dailyLimitExceeded", 600)],
)
async def test_a_403_may_mean_too_many_calls(world: World, google: GoogleConnector, reason: str, wait: int) -> None:
    world.vendor.throttles, world.vendor.throttles_by = 1, reason
    with pytest.raises(Retryable) as caught:
        await google.busy.read([CalendarRef(id=ANNA, zone="UTC")], at(9))
    assert (caught.value.scope, caught.value.retry_after) == (Scope.CONNECTION, timedelta(seconds=wait))
    await google.check()


@pytest.mark.parametrize(
    ("reason", "subject"),
    [("rateLimitExceeded", BEN), ("userRateLimitExceeded", BEN), ("quotaExceeded", BEN), ("dailyLimitExceeded", None)],
)
async def test_of_a_service_account_one_user_is_throttled_and_of_the_project_all_are(
    world: World, acting: GoogleConnector, reason: str, subject: str | None
) -> None:
    await acting.appointments.get(BEN, "k")
    world.vendor.throttles, world.vendor.throttles_by = 1, reason
    with pytest.raises(Retryable) as caught:
        await acting.appointments.get(BEN, "k")
    assert caught.value.subject == subject
    assert caught.value.scope is (Scope.CONNECTION if subject is None else Scope.SUBJECT)


def test_whose_limits_count_is_known_before_a_call(world: World, acting: GoogleConnector) -> None:
    asked = [(Capability.APPOINTMENTS, BEN), (Capability.APPOINTMENTS, ROOM), (Capability.BUSY, BEN)]
    assert [acting.subject_of(*one) for one in asked] == [BEN, ANNA, ANNA]
    assert [world.connect().subject_of(*one) for one in asked] == [None, None, None]


@pytest.mark.parametrize(("place", "subject"), [(BEN, BEN), (ANNA, None)])
async def test_a_user_who_is_refused_stops_no_other_and_the_one_to_act_as_stops_all(
    world: World, acting: GoogleConnector, place: str, subject: str | None
) -> None:
    world.instead["/events"] = httpx.Response(401, json={})
    with pytest.raises(ReauthRequired) as caught:
        await acting.appointments.get(place, "k")
    assert caught.value.subject == subject


async def test_a_wait_that_google_names_counts(world: World, google: GoogleConnector) -> None:
    turn = Turn(fault=Fault.THROTTLED, acts=False, status=403, retry_after=timedelta(seconds=40))
    world.instead["/calendarList"] = world.vendor.failure(turn, now=NOW)
    with pytest.raises(Retryable) as caught:
        await google.check()
    assert (caught.value.scope, caught.value.retry_after) == (Scope.CONNECTION, timedelta(seconds=40))


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("insufficientPermissions", ReauthRequired),
        ("accessNotConfigured", Rejected),
        ("forbiddenForServiceAccounts", Rejected),
        ("forbiddenForNonOrganizer", Rejected),
        ("requiredAccessLevel", PlaceGone),
    ],
)
async def test_other_403s_say_what_to_do(
    world: World, google: GoogleConnector, reason: str, error: type[Exception]
) -> None:
    world.vendor.throttles, world.vendor.throttles_by = 1, reason
    with pytest.raises(error) as caught:
        await google.appointments.put(replace(appointment(ANNA), slot=Slot(at(9).start, at(10).start)))
    assert type(caught.value) is error or isinstance(caught.value, PlaceGone)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"client_id": "<b>other</b>", "response_type": "code"}, "Error 401: invalid_client"),
        ({"client_id": "google-client", "response_type": "token"}, "Error 400: unsupported_response_type"),
        (
            {"client_id": "google-client", "response_type": "code", "code_challenge_method": "plain"},
            "Error 400: invalid_request",
        ),
        *(
            ({"client_id": "google-client", "response_type": "code", **back}, "Error 400: redirect_uri_mismatch")
            for back in (
                {},
                {"redirect_uri": "https://h.example/\r\nSet-Cookie: a=b"},
                {"redirect_uri": "javascript:a"},
            )
        ),
    ],
)
async def test_the_fake_tells_a_person_of_a_wrong_app_on_a_page(world: World, query: dict[str, str], code: str) -> None:
    page = world.vendor.handle(
        httpx.Request("GET", "https://accounts.google.com/o/oauth2/v2/auth", params={**query, "state": "<i>"})
    )
    assert (str(page.status_code), page.headers["Content-Type"]) == (code.split()[1][:3], "text/html; charset=utf-8")
    assert code in page.text
    assert "<b>" not in page.text
