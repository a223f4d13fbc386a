"""Whose clock the page shows: the buyer's, or one that is said to be a guess; never another's in silence."""

import re
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

import httpx
import pytest

from support.http.booking_links import PURPOSE, Page

pytestmark = pytest.mark.anyio

GUESS = "We do not know your time zone"
NEW_YORK = "America/New_York"


def shown_in(answer: httpx.Response) -> str:
    (city,) = re.findall(r"times are shown for <bdi>(.*?)</bdi>, where it is now", answer.text)
    return unescape(city)


def form_of(answer: httpx.Response) -> dict[str, str]:
    """The hidden fields of the form that does something, and the first time that may be chosen."""
    (form,) = re.findall(r'<form method="post".*?</form>', answer.text, re.DOTALL)[:1]
    fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', form)
    start = re.findall(r'name="start" value="([^"]+)" required', form)[:1]
    return dict(fields) | ({"start": start[0]} if start else {})


@pytest.mark.parametrize(
    ("country", "fact", "link", "query", "shown", "guessed"),
    [
        ("DE", None, None, None, "Berlin", False),
        ("AT", None, None, None, "Vienna", False),
        ("CH", None, None, None, "Zurich", False),
        ("GB", None, None, None, "London", False),
        ("JP", None, None, None, "Tokyo", False),
        ("AT", "nonsense", None, "../etc/passwd", "Vienna", False),
        ("AT", "EST", None, None, "Vienna", False),
        ("GB", "Asia/Calcutta", None, None, "Kolkata", False),
        ("US", None, None, None, "New York", True),
        ("US", "America/Denver", None, None, "Denver", False),
        ("ES", None, None, None, "Madrid", True),
        (None, None, None, None, "Berlin", True),
        (None, "Asia/Tokyo", None, None, "Tokyo", False),
        ("DE", "Asia/Tokyo", NEW_YORK, None, "New York", False),
        ("DE", "Asia/Tokyo", NEW_YORK, "Australia/Sydney", "Sydney", False),
        ("DE", None, NEW_YORK, "Mars/Olympus", "New York", False),
        (None, None, None, "Asia/Tokyo", "Tokyo", False),
    ],
)
async def test_the_zone_is_chosen_or_the_links_or_the_leads_or_a_guess_that_is_said(
    page: Page,
    buyer: httpx.AsyncClient,
    country: str | None,
    fact: str | None,
    link: str | None,
    query: str | None,
    shown: str,
    guessed: bool,
) -> None:
    lead_id = await page.lead(lead__country=country, **({"lead__time_zone": fact} if fact else {}))
    answer = await buyer.get(page.path(lead_id, time_zone=link), params={"zone": query} if query else {})
    assert shown_in(answer) == shown
    assert (GUESS in answer.text) == guessed
    assert (re.search(r'<details class="zone[^>]* open>', answer.text) is not None) == guessed


@pytest.mark.parametrize("choice", [None, "Asia/Tokyo"])
async def test_the_zone_that_the_times_were_read_in_stays_on_all_pages_after(
    page: Page, buyer: httpx.AsyncClient, choice: str | None
) -> None:
    path = page.path(await page.lead(lead__country="US"))
    city = "Tokyo" if choice else "New York"
    offered = await buyer.get(path, params={"zone": choice} if choice else {})
    assert shown_in(offered) == city
    asked = await buyer.get((await buyer.post(path, data=form_of(offered))).headers["location"])
    assert f"Local time in <bdi>{city}</bdi>" in asked.text
    booked = await buyer.get((await buyer.post(f"{path}/confirm", data=form_of(asked))).headers["location"])
    assert f"Local time in <bdi>{city}</bdi>" in booked.text
    moving = await buyer.get(unescape(re.findall(r'href="([^"]+/reschedule[^"]*)"', booked.text)[0]))
    assert shown_in(moving) == city
    moved = await buyer.get((await buyer.post(f"{path}/reschedule", data=form_of(moving))).headers["location"])
    assert f"Local time in <bdi>{city}</bdi>" in moved.text


async def test_the_zone_can_be_changed_on_the_page_that_asks_whether_all_is_right(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    path = page.path(await page.lead())
    start = form_of(await buyer.get(path))["start"]
    asked = await buyer.get(f"{path}/confirm", params={"start": start, "zone": "Asia/Tokyo"})
    local = datetime.fromisoformat(start).astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{local:%A}, {local:%B} {local.day}, {local.year}" in asked.text
    change = re.findall(r'<form method="get" action="[^"]+/confirm">.*?</form>', asked.text, re.DOTALL)
    assert f'name="start" value="{start}"' in change[0]


async def test_an_appointment_of_a_buyer_of_whom_nothing_is_known_says_so_too(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    path = page.path(await page.lead(lead__country=None))
    await buyer.post(f"{path}/confirm", data={"start": form_of(await buyer.get(path))["start"]})
    shown = await buyer.get(path)
    assert GUESS in shown.text
    assert "Local time in <bdi>Berlin</bdi>" in shown.text


async def test_every_page_says_what_the_appointment_is_for_and_how_long(page: Page, buyer: httpx.AsyncClient) -> None:
    for language, length in (("de", "30\xa0Minuten"), ("en", "30\xa0minutes")):
        path = page.path(await page.lead(), language=language)
        offered = await buyer.get(path)
        start = form_of(offered)["start"]
        pages = [offered, await buyer.get(f"{path}/confirm", params={"start": start})]
        await buyer.post(f"{path}/confirm", data={"start": start})
        pages += [await buyer.get(path + below) for below in ("", "/reschedule", "/cancel")]
        for answer in pages:
            assert PURPOSE[language] in answer.text
            assert length in answer.text
            assert "Example Works" in answer.text


@pytest.mark.parametrize(
    ("language", "summary"),
    [
        ("de", "Kostenlose Erstberatung mit {rep} (Example Works)"),
        ("en", "Free first consultation with {rep} (Example Works)"),
    ],
)
async def test_the_calendar_file_is_in_the_language_of_the_page_and_names_purpose_and_organisation(
    page: Page, buyer: httpx.AsyncClient, language: str, summary: str
) -> None:
    path = page.path(await page.lead(), language=language)
    await buyer.post(f"{path}/confirm", data={"start": form_of(await buyer.get(path))["start"]})
    rep = (await page.floor.world.value("select r.key from appointments a join reps r on r.id = a.rep_id")).capitalize()
    file = (await buyer.get(f"{path}/invitation.ics")).text.replace("\r\n ", "")
    assert f"SUMMARY:{summary.format(rep=rep)}" in file
