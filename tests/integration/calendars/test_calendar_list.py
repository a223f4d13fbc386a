"""An admin picks calendars from what a connection sees, and a wrong name is refused with the likely one."""

from collections.abc import AsyncIterator

import httpx
import pytest

from pointsman.domain.messages.message import say
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError
from pointsman.services.ports import VendorError, VendorReauthError, VendorRejectedError, VendorRetryableError
from support.floors.booking_floor import Floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

URL = "/v1/connections/cal/calendars"


@pytest.fixture
async def client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    floor.vendor.listed = [[("/anna/work/", "Work of Anna"), ("/anna/home/", "Home")], [("/ben/work/", "Work of Ben")]]
    with serve_floor(floor.env) as app:
        async with caller_of(app, "admin") as client:
            yield client


async def test_the_calendars_of_a_connection_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    first = (await client.get(URL)).json()
    assert [(one["calendar"], one["name"]) for one in first["items"]] == [
        ("/anna/work/", "Work of Anna"),
        ("/anna/home/", "Home"),
    ]
    last = (await client.get(URL, params={"cursor": first["next"]})).json()
    assert ([one["calendar"] for one in last["items"]], last["next"]) == (["/ben/work/"], None)
    assert (await client.get("/v1/connections/unknown/calendars")).status_code == 404


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (VendorRejectedError("no such report"), 422, "no-calendar-list"),
        (VendorReauthError("401"), 422, "credentials-refused"),
        (VendorRetryableError("503"), 503, "vendor-unavailable"),
        (TimeoutError(), 503, "vendor-unavailable"),
    ],
)
async def test_a_vendor_that_lists_none_is_a_problem_with_its_words(
    floor: Floor, client: httpx.AsyncClient, fault: Exception, status: int, code: str
) -> None:
    floor.vendor.faults["list"] = fault
    answer = await client.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "cal" in answer.json()["detail"]


OWN = say("vendor.no-calendars", connector="mail")
OWN_WORDS = "the connector 'mail' has no calendars"


@pytest.mark.parametrize("fault", [VendorRejectedError, VendorReauthError, VendorRetryableError])
async def test_what_we_refuse_ourselves_is_said_in_our_words(
    floor: Floor, client: httpx.AsyncClient, fault: type[VendorError]
) -> None:
    floor.vendor.faults["list"] = fault(OWN.key, told=OWN)
    assert OWN_WORDS in (await client.get(URL)).json()["detail"]


async def test_a_calendar_that_we_refuse_ourselves_is_refused_in_our_words(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    floor.vendor.faults["/anna/work/"] = OwnRefusalError(OWN)
    given = {"calendars": [{"connection": "cal", "calendar": "/anna/work/", "writes": True}]}
    (fault,) = (await client.put("/v1/reps/anna/calendars", json=given)).json()["faults"]
    assert fault["message"].startswith(f"cal cannot read such a calendar: {OWN_WORDS}.")


@pytest.mark.parametrize(
    ("wrong", "likely"),
    [
        ("/anna/wrok/", "Did you mean '/anna/work/'?"),
        ("/Ben/Work/", "Did you mean '/ben/work/'?"),
        ("Work of Ben", "Did you mean '/ben/work/', which is called 'Work of Ben'?"),
        ("zzzzzzzzzzzz", "Known are /anna/home/, /anna/work/, /ben/work/"),
    ],
)
async def test_a_wrong_calendar_is_refused_with_the_likely_one(
    floor: Floor, client: httpx.AsyncClient, wrong: str, likely: str
) -> None:
    floor.vendor.faults[wrong] = VendorRejectedError("no such calendar")
    given = {"calendars": [{"connection": "cal", "calendar": wrong, "writes": True}]}
    answer = await client.put("/v1/reps/anna/calendars", json=given)
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert (fault["path"], fault["code"]) == ("body.calendars[0].calendar", "unknown-calendar")
    assert fault["message"] == f"cal cannot read such a calendar: no such calendar. {likely}"


async def test_where_no_list_can_be_had_a_wrong_calendar_is_refused_all_the_same(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    floor.vendor.faults |= {"x": VendorRejectedError("gone"), "list": VendorRejectedError("no list")}
    given = {"calendars": [{"connection": "cal", "calendar": "x", "writes": True}]}
    (fault,) = (await client.put("/v1/reps/anna/calendars", json=given)).json()["faults"]
    assert fault["message"] == "cal cannot read such a calendar: gone."
