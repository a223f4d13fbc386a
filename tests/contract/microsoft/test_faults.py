"""What Graph says is wrong, and what the host hears: wait, sign in, name another calendar, or never."""

from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from contract.microsoft.bench_vendor import APPLICATION
from contract.microsoft.world import ANNA, world
from pointsman_microsoft import MicrosoftConfig
from pointsman_sdk import ConnectorError, PlaceGone, ReauthRequired, Rejected, Retryable, Scope, all_items
from pointsman_sdk.testing import appointment, at

pytestmark = pytest.mark.anyio
BERT = "bert@example.com"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "ErrorItemNotFound", PlaceGone),
        (404, "ErrorInvalidUser", PlaceGone),
        (404, "MailboxNotEnabledForRESTAPI", PlaceGone),
        (400, "ErrorInvalidIdMalformed", PlaceGone),
        (400, "ErrorMissingEmailAddress", PlaceGone),
        (403, "ErrorAccessDenied", PlaceGone),
        (403, "Authorization_RequestDenied", Rejected),
        (401, "InvalidAuthenticationToken", ReauthRequired),
        (503, "ErrorMailboxMoveInProgress", Retryable),
        (409, "ErrorMailboxMoveInProgress", Retryable),
        (503, "ConcurrentItemSave", Retryable),
        (500, "ErrorInternalServerError", Retryable),
        (400, "ErrorInvalidRequest", Rejected),
    ],
)
async def test_a_code_says_what_happens_next(status: int, code: str, error: type[ConnectorError]) -> None:
    async with world() as here:
        text = "anna@example.com has secret-text"
        here.answer = lambda _: httpx.Response(status, json={"error": {"code": code, "message": text}})
        with pytest.raises(error) as caught:
            await here.connector.appointments.get(ANNA, "check-g1")
        assert caught.type is error
        assert "anna" not in str(caught.value)


async def test_a_mailbox_that_is_moved_keeps_no_other_waiting() -> None:
    async with world() as here:
        said = {"error": {"code": "ErrorMailboxMoveInProgress", "message": "x"}}
        here.answer = lambda _: httpx.Response(503, headers={"Retry-After": "9"}, json=said)
        with pytest.raises(Retryable) as caught:
            await here.connector.appointments.get(ANNA, "check-g1")
        assert (caught.value.scope, caught.value.retry_after) == (Scope.CALL, timedelta(seconds=9))


@pytest.mark.parametrize("place", ["", "me", "no address", "anna@example.com/", f"{ANNA}/{'x' * 501}", "a@b\nc/d"])
async def test_a_place_that_is_none_is_gone_before_graph_is_asked(place: str) -> None:
    async with world() as here:
        with pytest.raises(PlaceGone):
            await here.connector.appointments.get(place, "check-g1")
        assert here.seen == []


async def test_an_event_that_went_between_look_up_and_change_is_made_anew() -> None:
    async with world() as here:
        await here.connector.appointments.put(appointment(ANNA))

        def remove(request: httpx.Request) -> None:
            if request.method == "PATCH":
                here.vendor.directory.erase(ANNA)

        here.answer = remove
        made = await here.connector.appointments.put(appointment(ANNA, sequence=1, slot=at(11)))
        assert made.slot == at(11)
        assert [one["id"] for one in here.events()] == [made.id]


async def test_a_mailbox_that_was_asked_too_often_waits_until_its_ten_minutes_are_over() -> None:
    async with world(app=True) as here:
        here.vendor.most_calls = 3
        for _ in range(3):
            await here.connector.appointments.get(ANNA, "check-g1")
        here.clock.now += timedelta(minutes=4)
        with pytest.raises(Retryable) as caught:
            await here.connector.appointments.get(ANNA, "check-g1")
        assert (caught.value.scope, caught.value.subject) == (Scope.SUBJECT, ANNA)
        assert caught.value.retry_after is not None
        assert timedelta(minutes=5) < caught.value.retry_after < timedelta(minutes=7)
        assert await here.connector.appointments.get(BERT, "check-g1") is None
        here.clock.now += caught.value.retry_after
        assert await here.connector.appointments.get(ANNA, "check-g1") is None


async def test_an_app_signs_in_by_itself_and_again_when_its_token_ends() -> None:
    async with world(app=True) as here:
        await here.connector.check()
        here.clock.now += timedelta(minutes=30)
        await here.connector.check()
        assert here.vendor.oauth.asked == ["client_credentials"]
        here.clock.now += timedelta(minutes=30)
        await here.connector.check()
        assert here.vendor.oauth.asked == ["client_credentials"] * 2
        token, *_ = [one for one in here.seen if one.url.path.endswith("/token")]
        assert str(token.url) == "https://login.microsoftonline.com/example.com/oauth2/v2.0/token"
        assert b"scope=https%3A%2F%2Fgraph.microsoft.com%2F.default" in token.content


async def test_a_wrong_secret_of_the_app_is_for_a_human() -> None:
    async with world(app=True, client_secret=SecretStr("wrong-secret")) as here:
        with pytest.raises(ReauthRequired) as caught:
            await here.connector.check()
        assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize(("scope", "passes"), [({ANNA}, True), ({BERT}, False)])
async def test_an_app_is_tried_with_the_mailbox_that_the_connection_names(scope: set[str], *, passes: bool) -> None:
    async with world(app=True, mailbox=ANNA) as here:
        here.vendor.scope = scope
        if passes:
            await here.connector.check()
        else:
            with pytest.raises(Rejected):
                await here.connector.check()


async def test_a_person_sees_their_own_calendars_and_an_app_the_mailboxes_of_the_directory() -> None:
    async with world() as here:
        here.vendor.events.page_size = here.vendor.page_size = 1
        other = here.vendor.directory.add_calendar(ANNA, "Private")
        here.vendor.directory.mailbox(ANNA).others[other.partition("/")[2]].editable = False
        found = [(one.id, one.owner_email, one.writable) async for one in all_items(here.connector.calendars.page)]
        assert found == [(ANNA, ANNA, True), (other, ANNA, False)]
    async with world(app=True) as here:
        here.vendor.page_size = 1
        found = [(one.id, one.owner_email, one.writable) async for one in all_items(here.connector.calendars.page)]
        assert found == [(ANNA, ANNA, True), (BERT, BERT, True)]
        here.vendor.lists_users = False
        with pytest.raises(Rejected, match=r"User\.ReadBasic\.All"):
            await here.connector.calendars.page()


async def test_a_calendar_that_can_only_be_read_is_no_place() -> None:
    async with world() as here:
        other = here.vendor.directory.add_calendar(ANNA, "Shared")
        here.vendor.directory.mailbox(ANNA).others[other.partition("/")[2]].editable = False
        with pytest.raises(PlaceGone):
            await here.connector.appointments.put(appointment(other))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenant": "con/toso"},
        {"tenant": ""},
        {"client_id": ""},
        {"mailbox": "nobody"},
        {"url": "ftp://graph.example"},
        {"url": "https://a:b@graph.example/v1.0"},
        {"login_url": "https://login.example?x=1"},
        {"permission": "both"},
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(wrong: dict[str, str]) -> None:
    given = {"tenant": "example.com", "client_id": "a", "client_secret": "b", **wrong}
    with pytest.raises(ValidationError):
        MicrosoftConfig.model_validate(given)
    assert MicrosoftConfig.model_validate({**given, **{name: getattr(APPLICATION, name) for name in wrong}})
