"""What a buyer does on the booking page, without a browser."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from pointsman.domain.booking.calendar_diff import TIME_REFUSED
from pointsman.domain.errors import SlotTaken
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.ports import Actor, VendorRetryableError
from support.http.booking_links import Page
from support.wording import english_of

pytestmark = pytest.mark.anyio

ACTOR = Actor(name="test", kind=CallerKind.ADMIN)
DONE = ("booked", "requested", "moved", "fixed", "already")
TIMES = re.compile(r'name="start" value="([^"]+)"')


def times_in(answer: httpx.Response) -> list[str]:
    return TIMES.findall(answer.text)


def heading(answer: httpx.Response) -> str:
    (title,) = re.findall(r"<h1>(.*?)</h1>", answer.text)
    return unescape(title)


async def booked(buyer: httpx.AsyncClient, path: str) -> str:
    """Book the first time that is offered; which it was."""
    start = times_in(await buyer.get(path))[0]
    chosen = await buyer.post(path, data={"start": start})
    assert chosen.status_code == 303, chosen.text
    done = await buyer.post(f"{path}/confirm", data={"start": start})
    assert done.status_code == 303, done.text
    return start


async def standing(page: Page, lead_id: UUID) -> list[tuple[str, str]]:
    rows = await page.floor.world.rows(
        "select status, starts_at from appointments where lead_id = :lead order by created_at", lead=lead_id
    )
    return [(row.status, f"{row.starts_at:%Y-%m-%dT%H:%M:%SZ}") for row in rows]


async def test_a_buyer_chooses_confirms_and_has_an_appointment(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead(company__name="Nordlicht AG")
    path = page.path(lead_id, language="de")
    offered = await buyer.get(path)
    start = times_in(offered)[3]
    kept = await buyer.post(path, data={"start": start})
    asked = await buyer.get(kept.headers["location"])
    assert heading(asked) == "Bitte prüfen Sie Ihren Termin"
    assert "Nordlicht AG" in asked.text
    assert await page.floor.world.value("select count(*) from slot_holds where released_at is null") == 1
    done = await buyer.post(f"{path}/confirm", data={"start": start})
    shown = await buyer.get(done.headers["location"])
    assert heading(shown) == "Ihr Termin ist gebucht"
    assert await standing(page, lead_id) == [("confirmed", start)]
    assert await page.floor.world.value("select count(*) from slot_holds where released_at is null") == 0


async def test_what_names_no_company_stands_neither_on_the_page_nor_in_the_title(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    lead_id = await page.lead(company__name="Start-up (privat)")
    path = page.path(lead_id, language="de")
    assert "Ihr Unternehmen" not in (await buyer.get(path)).text
    await booked(buyer, path)
    assert await page.floor.world.value("select company from appointments where lead_id = :lead", lead=lead_id) is None


async def test_a_time_that_the_closers_calendar_did_not_take_is_offered_anew_and_can_be_called_off(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    start = await booked(buyer, path)
    env = page.floor.env
    async with env.uow() as tx:
        row = await tx.appointments.active_for_lead(lead_id)
        assert row is not None
        await tx.appointments.save(replace(row, conflict={row.rep_key: TIME_REFUSED.as_json()}))
    shown = await buyer.get(path)
    assert heading(shown) == "Choose another time"
    assert "This time is no longer available. Please choose another one." in shown.text
    assert f'href="{path}/cancel"' in shown.text
    other = times_in(shown)[0]
    assert other != start
    moved = await buyer.post(f"{path}/reschedule", data={"start": other, "appointment": str(row.id)})
    assert moved.headers["location"] == f"{path}?done=moved"
    assert await standing(page, lead_id) == [("confirmed", other)]
    assert heading(await buyer.get(path)) == "Your appointment is booked"


async def test_a_form_sent_twice_books_once(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    start = await booked(buyer, path)
    again = await buyer.post(f"{path}/confirm", data={"start": start})
    assert (again.status_code, again.headers["location"]) == (303, f"{path}?done=booked")
    assert (await buyer.post(path, data={"start": start})).headers["location"] == f"{path}?done=already"
    assert await standing(page, lead_id) == [("confirmed", start)]


async def test_a_kept_address_says_of_the_appointment_only_what_is_true(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead(), language="en")
    await booked(buyer, path)
    noticed = {done: 'role="' in (await buyer.get(f"{path}?done={done}")).text for done in DONE}
    assert noticed == {"booked": True, "requested": False, "moved": False, "fixed": False, "already": True}
    await page.floor.world.rows(
        "update appointments set status = 'requested', confirm_by = starts_at, sequence = sequence + 1"
    )
    noticed = {done: 'role="' in (await buyer.get(f"{path}?done={done}")).text for done in DONE}
    assert noticed == {"booked": False, "requested": True, "moved": True, "fixed": False, "already": True}


async def test_a_get_changes_nothing(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    start = times_in(await buyer.get(path))[0]
    before = await page.floor.world.value("select count(*) from audit")
    for below in ("", f"/confirm?start={start}", "/reschedule", "/cancel", "/invitation.ics", "/release"):
        assert (await buyer.get(path + below)).status_code in {200, 303, 404}, below
    assert await page.floor.world.value("select count(*) from audit") == before
    assert await page.floor.world.value("select count(*) from slot_holds") == 0


async def test_a_time_that_somebody_else_took_meanwhile_is_said_with_fresh_times(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    start = times_in(await buyer.get(path))[0]
    await page.somebody_takes(lead_id, start)
    for answer in (
        await buyer.post(path, data={"start": start}),
        await buyer.post(f"{path}/confirm", data={"start": start}),
        await buyer.get(f"{path}/confirm", params={"start": start}),
    ):
        assert answer.status_code == 409
        assert 'role="alert"' in answer.text
        assert times_in(answer)
        assert start not in times_in(answer)


async def test_a_buyer_moves_and_a_second_try_changes_nothing(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    await booked(buyer, path)
    offered = await buyer.get(f"{path}/reschedule")
    start = times_in(offered)[5]
    form = {"start": start, "appointment": re.findall(r'name="appointment" value="([^"]+)"', offered.text)[0]}
    for _ in range(2):
        moved = await buyer.post(f"{path}/reschedule", data=form)
        assert (moved.status_code, moved.headers["location"]) == (303, f"{path}?done=moved")
    assert await standing(page, lead_id) == [("confirmed", start)]
    by = await page.floor.world.rows("select by, act from appointment_events where act = 'reschedule'")
    assert [tuple(row) for row in by] == [("prospect", "reschedule")]


async def test_a_buyer_calls_off_with_a_reason_and_may_choose_again(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    await booked(buyer, path)
    asked = await buyer.get(f"{path}/cancel")
    appointment = re.findall(r'name="appointment" value="([^"]+)"', asked.text)[0]
    form = {"appointment": appointment, "reason": "no_need", "text": "x" * 600 + "\x00\n"}
    for _ in range(2):
        gone = await buyer.post(f"{path}/cancel", data=form)
        assert (gone.status_code, gone.headers["location"]) == (303, f"{path}?done=cancelled")
    (row,) = await page.floor.world.rows("select status, cancelled_by, cancel_reason from appointments")
    assert (row.status, row.cancelled_by) == ("cancelled", "prospect")
    said = english_of(row.cancel_reason)
    assert said.startswith("the buyer has no need any more: xxx")
    assert len(said.removeprefix("the buyer has no need any more: ")) <= 500
    assert heading(await buyer.get(gone.headers["location"])) == "Your appointment is cancelled"
    await booked(buyer, path)
    assert [status for status, _ in await standing(page, lead_id)] == ["cancelled", "confirmed"]


async def test_an_old_form_does_not_touch_a_newer_appointment(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    await booked(buyer, path)
    old = await page.floor.world.value("select id from appointments")
    await cancel(page.floor.env, old, by=ActorRole.SETTER, reason="test", actor=ACTOR)
    start = await booked(buyer, path)
    for below in ("cancel", "reschedule"):
        answer = await buyer.post(f"{path}/{below}", data={"appointment": str(old), "start": start})
        assert answer.headers["location"] == f"{path}?done=changed"
    assert (await standing(page, lead_id))[-1] == ("confirmed", start)


async def test_somebody_elses_appointment_is_not_to_be_had_through_a_link(page: Page, buyer: httpx.AsyncClient) -> None:
    path, other = page.path(await page.lead()), page.path(await page.lead())
    await booked(buyer, other)
    theirs = await page.floor.world.value("select id from appointments")
    answer = await buyer.post(f"{path}/cancel", data={"appointment": str(theirs)})
    assert answer.status_code == 404
    assert await page.floor.world.value("select status from appointments") == "confirmed"


async def test_the_calendar_file_is_there_while_the_appointment_is(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    assert (await buyer.get(f"{path}/invitation.ics")).status_code == 404
    await booked(buyer, path)
    file = await buyer.get(f"{path}/invitation.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    assert file.content.startswith(b"BEGIN:VCALENDAR")
    assert file.headers["cache-control"] == "no-store"


async def test_a_closed_gate_is_a_friendly_page_without_internals(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    await page.floor.world.rows("update gate_checks set revoked_at = now()")
    answer = await buyer.get(path)
    assert (answer.status_code, heading(answer)) == (409, "No time can be booked at the moment")
    assert "gate" not in answer.text
    assert "/v1/" not in answer.text


async def test_an_unreadable_calendar_offers_nothing_and_tells_nothing(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    start = times_in(await buyer.get(path))[0]
    page.floor.vendor.faults = {
        f"{rep}-cal": VendorRetryableError("503 at vendor.example") for rep in ("anna", "ben", "clara")
    }
    await page.floor.world.rows("delete from calendar_reads")
    answer = await buyer.get(path)
    assert heading(answer) == "No time is available at the moment"
    assert not re.search("vendor|503|calendar", answer.text)
    chosen = await buyer.post(path, data={"start": start})
    assert (chosen.status_code, heading(chosen)) == (503, "Please try again in a moment")
    assert chosen.headers["retry-after"]


async def test_when_nothing_is_free_the_next_date_is_said(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead(), time_zone="Europe/Berlin")
    now = page.floor.env.clock()
    page.floor.vendor.busy = {
        f"{rep}-cal": [(now - timedelta(days=1), now + timedelta(days=20))] for rep in ("anna", "ben", "clara")
    }
    await page.floor.world.rows("delete from calendar_reads")
    answer = await buyer.get(path)
    assert heading(answer) == "No time is available at the moment"
    day = (now + timedelta(days=20)).astimezone(ZoneInfo("Europe/Berlin"))
    if day.hour >= 17 or (day.hour, day.minute) > (16, 30):
        day += timedelta(days=1)
    assert f"The next available time is on {day:%A}, {day:%B} {day.day}, {day.year}." in answer.text


async def test_the_kept_time_stays_on_offer_to_who_keeps_it_and_to_nobody_else(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    offered = times_in(await buyer.get(path))
    await buyer.post(path, data={"start": offered[0]})
    assert times_in(await buyer.get(path)) == offered
    with pytest.raises(SlotTaken):
        await page.somebody_takes(lead_id, offered[0])


async def test_other_times_for_an_appointment_may_overlap_its_own(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    offered = times_in(await buyer.get(path))
    await buyer.post(f"{path}/confirm", data={"start": offered[1]})
    other = await buyer.get(f"{path}/reschedule")
    assert times_in(other) == [start for start in offered if start != offered[1]]


async def test_no_time_chosen_is_said(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    for start in ("", "tomorrow", "2026-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "\x00"):
        answer = await buyer.post(path, data={"start": start})
        assert answer.status_code == 422, start
        assert "Please choose a time first." in answer.text


async def test_after_many_tries_a_time_is_no_longer_kept_but_may_be_booked(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    offered = times_in(await buyer.get(path))
    for start in offered[:21]:
        assert (await buyer.post(path, data={"start": start})).status_code == 303
    assert await page.floor.world.value("select count(*) from slot_holds") == 20
    asked = await buyer.get(f"{path}/confirm", params={"start": offered[20]})
    assert "not kept for you" in asked.text
    await buyer.post(f"{path}/confirm", data={"start": offered[20]})
    assert await standing(page, lead_id) == [("confirmed", offered[20])]


async def test_going_back_frees_the_time_that_was_kept(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    start = times_in(await buyer.get(path))[0]
    await buyer.post(path, data={"start": start})
    back = await buyer.post(f"{path}/release")
    assert start in times_in(await buyer.get(back.headers["location"]))
    assert await page.floor.world.value("select count(*) from slot_holds where released_at is null") == 0


async def test_language_comes_from_query_link_or_browser(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    german = {"accept-language": "fr, de-AT;q=0.9, en;q=0.8"}
    assert '<html lang="de-AT">' in (await buyer.get(page.path(lead_id), headers=german)).text
    assert '<html lang="en">' in (await buyer.get(page.path(lead_id, language="en"), headers=german)).text
    path = page.path(lead_id, language="en")
    assert '<html lang="de">' in (await buyer.get(path, params={"lang": "de"})).text
    assert '<html lang="en">' in (await buyer.get(path, params={"lang": "xx'\">"})).text


async def test_all_days_can_be_reached_and_back(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    seen: list[str] = []
    at: str | None = path
    while at:
        answer = await buyer.get(at)
        seen += times_in(answer)
        following = re.findall(r'rel="next" href="([^"]+)"', answer.text)
        at = unescape(following[0]) if following else None
    every = (await slots_for_lead(page.floor.env, lead_id, limit=2_000)).slots
    assert seen == [f"{slot.start:%Y-%m-%dT%H:%M:%SZ}" for slot in every]
    assert 'rel="prev"' in answer.text
    beyond = await buyer.get(path, params={"from": "2199-01-01"})
    assert times_in(beyond)
    assert times_in(await buyer.get(path, params={"from": "never"})) == seen[: len(times_in(await buyer.get(path)))]


async def test_an_appointment_that_has_begun_is_shown_and_not_changed(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id, life=timedelta(days=100))
    await booked(buyer, path)
    appointment = await page.floor.world.value("select id from appointments")
    page.floor.world.clock.advance(timedelta(days=30))
    shown = await buyer.get(path)
    assert heading(shown) == "Your appointment"
    assert "/cancel" not in shown.text
    for below in ("cancel", "reschedule"):
        assert (await buyer.get(f"{path}/{below}")).headers["location"] == f"{path}?done=fixed"
        answer = await buyer.post(
            f"{path}/{below}", data={"appointment": str(appointment), "start": "2030-01-01T10:00:00Z"}
        )
        assert answer.headers["location"] == f"{path}?done=fixed", below
    assert [status for status, _ in await standing(page, lead_id)] == ["confirmed"]
