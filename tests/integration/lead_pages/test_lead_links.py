"""Links to the page of a lead: who gets one, and that all others are refused alike."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from pointsman.api.lead_pages.page_errors import trouble_of
from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.domain.errors import NotFound
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.lead_pages.page_view import accept_by_link, open_lead_page, read_lead_link, reject_by_link
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.signed_links.lead_page import SEAL_CONTEXT
from pointsman.services.signed_links.tokens import SignedLink, sign_link
from support.floors.use_case_env import ADMIN
from support.http.booking_links import Page
from support.http.service import caller_of

pytestmark = pytest.mark.anyio

BEHIND = (".", ",", ")", ">", "%20", "%0D%0A", "/", "%E2%80%9C.")


async def link_to(client: httpx.AsyncClient, lead_id: object, **given: Any) -> str:
    """The path of a new link."""
    made = await client.post(f"/v1/leads/{lead_id}/links", json=given)
    assert made.status_code == 201, made.text
    return str(httpx.URL(made.json()["url"]).path)


async def booked_lead(page: Page) -> tuple[UUID, str]:
    """A lead with an appointment, and the closer who leads it."""
    lead_id = await page.lead()
    await page.floor.hand_over(lead_id, at_earliest=True)
    holder = await page.floor.world.value(
        "select r.key from appointments a join reps r on r.id = a.rep_id where a.lead_id = :lead", lead=lead_id
    )
    return lead_id, holder


def appointment_on(html: str) -> str:
    return re.findall(r'name="appointment" value="([^"]+)"', html)[0]


async def test_a_key_opens_the_page_of_a_lead_in_a_browser_and_changes_nothing_there(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, _ = await booked_lead(page)
    path = await link_to(admin, lead_id)
    shown = await browser.get(path)
    assert shown.status_code == 200
    assert "Lena handed the lead over, and the gate for closing opened." in unescape(shown.text)
    assert "<form" not in shown.text
    row = (await admin.get("/v1/appointments")).json()["items"][0]
    for act in ("accept", "reject"):
        sent = {"appointment": row["id"], "code": "duplicate", "reason": "x"}
        answer = await browser.post(f"{path}/{act}", data=sent)
        assert answer.headers["location"].endswith("?done=changed")
    assert (await admin.get(f"/v1/appointments/{row['id']}")).json()["accepted_at"] is None


async def test_the_rep_of_the_link_accepts_there(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, holder = await booked_lead(page)
    path = await link_to(admin, lead_id, reader="holder", language="de")
    shown = await browser.get(path)
    assert "Termin annehmen" in shown.text
    done = await browser.post(f"{path}/accept", data={"appointment": appointment_on(shown.text)})
    assert done.status_code == 303
    after = await browser.get(str(done.headers["location"]))
    assert "Sie haben den Termin angenommen." in after.text
    assert "Termin annehmen" not in after.text
    event = (await page.floor.world.rows("select by, actor from appointment_events where act = 'accept'"))[0]
    assert (event.by, event.actor.partition(":")[0]) == ("closer", "lead-link")
    again = await browser.post(
        f"{path}/reject", data={"appointment": appointment_on(shown.text), "code": "duplicate", "reason": "x"}
    )
    assert again.headers["location"].endswith("?done=fixed")
    assert holder
    kept = await browser.get(str(done.headers["location"]))
    assert "Sie haben den Termin angenommen." in kept.text
    await page.floor.world.rows("update appointments set accepted_at = null")
    kept = await browser.get(str(done.headers["location"]))
    assert ("Sie haben den Termin angenommen." in kept.text, "Termin annehmen" in kept.text) == (False, True)
    assert 'role="alert"' not in (await browser.get(f"{path}?done=fixed")).text


async def test_the_page_and_its_journey_write_times_in_one_way(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, _ = await booked_lead(page)
    path = await link_to(admin, lead_id)
    for language in ("en", "en-US", "en-GB"):
        shown = unescape((await browser.get(path, headers={"Accept-Language": language})).text)
        assert not re.search(r"\d[\s\u202f]?[AP]M\b", shown), language
        assert re.search(r'class="when">\w+,? \d+ \w+ \d{4}, \d\d:\d\d\u2013\d\d:\d\d \(', shown), shown


async def test_the_rep_of_the_link_rejects_there_with_a_code_and_a_reason_and_the_link_ends_with_the_assignment(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, _ = await booked_lead(page)
    path = await link_to(admin, lead_id, reader="holder")
    sent = {"appointment": appointment_on((await browser.get(path)).text)}
    for incomplete in ({"code": "duplicate"}, {"reason": "x"}, {"code": "no_such", "reason": "x"}):
        assert (await browser.post(f"{path}/reject", data=sent | incomplete)).status_code == 422
    done = await browser.post(f"{path}/reject", data=sent | {"code": "not_qualified", "reason": "no budget"})
    assert (done.status_code, "The appointment is rejected" in done.text) == (200, True)
    assert (await browser.get(path)).status_code == 410
    row = (await page.floor.world.rows("select status, reject_code from appointments"))[0]
    assert (row.status, row.reject_code) == ("rejected", "not_qualified")


async def test_only_an_admin_or_the_rep_who_has_the_lead_makes_a_link_that_can_accept(page: Page) -> None:
    lead_id, holder = await booked_lead(page)
    other = next(rep for rep in ("anna", "ben", "clara") if rep != holder)
    asked = {"reader": "holder"}
    callers: list[tuple[int, tuple[str, ...], dict[str, str | None]]] = [
        (201, ("read", "booking"), {"rep": holder}),
        (403, ("read",), {"rep": holder}),
        (403, ("read", "booking", "handover"), {}),
        (404, ("read", "booking"), {"rep": other}),
        (404, ("read", "booking"), {"supplier": "callwerk"}),
        (403, ("booking",), {"rep": holder}),
    ]
    for status, scopes, binding in callers:
        async with caller_of(page.app, *scopes, **binding) as caller:
            answer = await caller.post(f"/v1/leads/{lead_id}/links", json=asked)
            assert answer.status_code == status, (scopes, binding, answer.text)


async def test_a_past_holder_makes_no_link_in_the_name_of_the_present_one(page: Page) -> None:
    lead_id = await page.lead()
    holder = (
        "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :lead and ended_at is null"
    )
    before = await page.floor.world.value(holder, lead=lead_id)
    await reassign(page.floor.env, lead_id, reason="a test", actor=ADMIN)
    assert await page.floor.world.value(holder, lead=lead_id) != before
    async with caller_of(page.app, "read", "booking", rep=before) as caller:
        assert (await caller.post(f"/v1/leads/{lead_id}/links", json={"reader": "holder"})).status_code == 403
        assert (await caller.post(f"/v1/leads/{lead_id}/links", json={})).status_code == 201


async def test_a_lead_without_a_holder_has_no_holders_link(page: Page, admin: httpx.AsyncClient) -> None:
    lead_id = await page.floor.lead()
    answer = await admin.post(f"/v1/leads/{lead_id}/links", json={"reader": "holder"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-holder")


@pytest.mark.parametrize(
    ("reader", "life", "status"),
    [("key", "4m", 422), ("key", "12h", 201), ("key", "13h", 422), ("holder", "90d", 201), ("holder", "91d", 422)],
)
async def test_a_link_lives_as_long_as_its_reader_may_have_it(
    page: Page, admin: httpx.AsyncClient, reader: str, life: str, status: int
) -> None:
    lead_id = await page.lead()
    answer = await admin.post(f"/v1/leads/{lead_id}/links", json={"reader": reader, "expires_in": life})
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["faults"][0]["path"] == "body.expires_in"


ENDS = {
    "expired": "",
    "revoked": "update lead_links set revoked_at = now()",
    "assignment ended": "update assignments set ended_at = now(), end_reason = 'test'",
    "rep not active": "update reps set active = false",
}


@pytest.mark.parametrize("end", [*ENDS, "reassigned", "merged"])
async def test_a_holders_link_that_is_over_is_refused_alike_whatever_ended_it(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient, end: str
) -> None:
    lead_id = await page.lead()
    path = await link_to(admin, lead_id, reader="holder", expires_in="5m")
    if end == "expired":
        page.floor.world.clock.advance(timedelta(minutes=5))
    elif end == "reassigned":
        await reassign(page.floor.env, lead_id, reason="a test", actor=ADMIN)
    elif end == "merged":
        other = await page.lead()
        merged = await admin.post(f"/v1/leads/{lead_id}/merge", json={"into": str(other), "reason": "one person"})
        assert merged.status_code == 200, merged.text
    else:
        await page.floor.world.rows(ENDS[end])
    answers = [await browser.get(path), await browser.post(f"{path}/accept", data={"appointment": str(uuid4())})]
    assert [answer.status_code for answer in answers] == [410, 410]
    assert {without_address(answer) for answer in answers} == {without_address(await over(page, browser))}


@pytest.mark.parametrize("end", ["revoked", "key revoked", "key over"])
async def test_a_keys_link_ends_with_the_key(page: Page, browser: httpx.AsyncClient, end: str) -> None:
    lead_id = await page.lead()
    async with caller_of(page.app, "read") as caller:
        path = await link_to(caller, lead_id)
        assert (await browser.get(path)).status_code == 200
        if end == "revoked":
            listed = (await caller.get(f"/v1/leads/{lead_id}/links")).json()["items"]
            assert [item["reader"] for item in listed] == ["key"]
            for _ in range(2):
                assert (await caller.delete(f"/v1/links/{listed[0]['id']}")).status_code == 204
        elif end == "key revoked":
            await page.floor.world.rows("update api_keys set revoked_at = now()")
        else:
            await page.floor.world.rows("update api_keys set expires_at = now() - interval '1 day'")
    answer = await browser.get(path)
    assert answer.status_code == 410
    assert without_address(answer) == without_address(await over(page, browser))


async def over(page: Page, browser: httpx.AsyncClient) -> httpx.Response:
    """The page of a link that has run out."""
    gone = SignedLink(id=uuid4(), expires_at=page.floor.env.clock() - timedelta(seconds=1))
    return await browser.get(f"/lead/{sign_link(page.floor.env.secrets, gone, context=SEAL_CONTEXT)}")


def without_address(answer: httpx.Response) -> str:
    return re.sub(r"/lead/[\w-]+", "", answer.text)


async def test_what_a_sentence_puts_behind_a_link_is_not_a_part_of_it(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    path = await link_to(admin, (await booked_lead(page))[0], reader="holder")
    for behind in BEHIND:
        shown = await browser.get(path + behind)
        assert (shown.status_code, f'action="{path}/accept"' in shown.text) == (200, True), behind
        assert (await browser.get(f"{path}{behind}/x")).status_code == 404


async def test_a_link_with_any_character_changed_is_no_link(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    path = await link_to(admin, await page.lead(), reader="holder")
    token = path.removeprefix("/lead/")
    nothing = await browser.get("/lead/nothing")
    assert nothing.status_code == 404
    for place, char in enumerate(token):
        other = "A" if char != "A" else "B"
        answer = await browser.get(f"/lead/{token[:place]}{other}{token[place + 1 :]}")
        assert answer.status_code == 404, place
        assert without_address(answer) == without_address(nothing)
    for wrong in (token[:-1], token + "A", token[4:], "", "x" * 2_000, f"{token}/x", f"{token}/accept/x"):
        assert (await browser.get(f"/lead/{wrong}")).status_code == 404


async def test_links_of_other_kinds_other_keys_and_other_databases_open_nothing(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    booking = page.path(lead_id).removeprefix("/book/")
    assert (await browser.get(f"/lead/{booking}")).status_code == 404
    ours = (await link_to(admin, lead_id, reader="holder")).removeprefix("/lead/")
    assert (await browser.get(f"/book/{ours}")).status_code == 404
    unknown = SignedLink(id=uuid4(), expires_at=page.floor.env.clock() + timedelta(days=1))
    token = sign_link(page.floor.env.secrets, unknown, context=SEAL_CONTEXT)
    assert (await browser.get(f"/lead/{token}")).status_code == 404


async def test_a_form_for_another_leads_appointment_changes_nothing(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, _ = await booked_lead(page)
    await booked_lead(page)
    path = await link_to(admin, lead_id, reader="holder")
    others = await page.floor.world.rows("select id from appointments where lead_id <> :lead", lead=lead_id)
    for meant in (str(others[0].id), "", "x", str(uuid4())):
        answer = await browser.post(f"{path}/accept", data={"appointment": meant})
        assert answer.headers["location"].endswith("?done=changed")
    assert await page.floor.world.value("select count(*) from appointments where accepted_at is not null") == 0


@pytest.mark.parametrize("end", ["revoked", "assignment ended", "rep not active"])
async def test_a_link_that_ends_while_its_page_is_open_accepts_nothing(
    page: Page, admin: httpx.AsyncClient, end: str
) -> None:
    lead_id, _ = await booked_lead(page)
    token = (await link_to(admin, lead_id, reader="holder")).removeprefix("/lead/")
    opened = await open_lead_page(page.floor.env, read_lead_link(page.floor.env, token))
    assert opened.appointment is not None
    await page.floor.world.rows(ENDS[end])
    with pytest.raises(Exception, match="This link has expired"):
        await accept_by_link(page.floor.env, opened, opened.appointment.id)
    assert await page.floor.world.value("select count(*) from appointments where accepted_at is not null") == 0
    assert opened.actor.kind is CallerKind.REP


async def test_only_who_makes_a_holders_link_ends_it(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, holder = await booked_lead(page)
    path = await link_to(admin, lead_id, reader="holder")
    (link,) = (await admin.get(f"/v1/leads/{lead_id}/links")).json()["items"]
    await page.was_with(lead_id, "lena")
    callers: list[tuple[tuple[str, ...], dict[str, str | None]]] = [
        (("read",), {}),
        (("read", "booking", "handover"), {}),
        (("read", "booking"), {"rep": "lena"}),
    ]
    for scopes, binding in callers:
        async with caller_of(page.app, *scopes, **binding) as caller:
            listed = (await caller.get(f"/v1/leads/{lead_id}/links")).json()["items"]
            status = 404 if binding else 403  # a rep who has the lead no more handles its own links alone
            assert (len(listed), (await caller.delete(f"/v1/links/{link['id']}")).status_code) == (
                0 if binding else 1,
                status,
            ), (scopes, binding)
        assert (await browser.get(path)).status_code == 200
    async with caller_of(page.app, "read", "booking", rep=holder) as closer:
        assert (await closer.delete(f"/v1/links/{link['id']}")).status_code == 204
    assert (await browser.get(path)).status_code == 410


async def test_a_keys_link_is_ended_by_that_key_or_an_admin(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, holder = await booked_lead(page)
    async with caller_of(page.app, "read") as maker, caller_of(page.app, "read") as other:
        for ends in (maker, admin):
            path = await link_to(maker, lead_id)
            link = (await maker.get(f"/v1/leads/{lead_id}/links")).json()["items"][0]["id"]
            assert (await other.delete(f"/v1/links/{link}")).status_code == 403
            async with caller_of(page.app, "read", "booking", rep=holder) as closer:
                assert (await closer.delete(f"/v1/links/{link}")).status_code == 403
            assert (await browser.get(path)).status_code == 200
            assert (await ends.delete(f"/v1/links/{link}")).status_code == 204
            assert (await browser.get(path)).status_code == 410


async def test_an_act_on_a_lead_that_moved_away_meanwhile_tells_that_the_link_is_over(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, _ = await booked_lead(page)
    token = (await link_to(admin, lead_id, reader="holder")).removeprefix("/lead/")
    opened = await open_lead_page(page.floor.env, read_lead_link(page.floor.env, token))
    assert opened.appointment is not None
    await reassign(page.floor.env, lead_id, reason="a test", actor=ADMIN)
    for act in (
        accept_by_link(page.floor.env, opened, opened.appointment.id),
        reject_by_link(page.floor.env, opened, opened.appointment.id, code=RejectCode.DUPLICATE, reason="x"),
    ):
        with pytest.raises(NotFound) as refused:
            await act
        assert trouble_of(refused.value) == ("expired", 410)


async def test_the_page_of_a_lead_that_was_merged_asks_for_no_hand_over(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, into = await page.floor.lead(), await page.floor.lead()
    path = await link_to(admin, lead_id, language="en")
    asks = 'class="missing"'
    assert asks in (await browser.get(path)).text
    merged = await admin.post(f"/v1/leads/{lead_id}/merge", json={"into": str(into), "reason": "one person"})
    assert merged.status_code == 200, merged.text
    shown = await browser.get(path)
    assert (shown.status_code, asks in shown.text) == (200, False)


async def test_links_of_leads_that_a_caller_does_not_see_are_not_there(page: Page, admin: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    await link_to(admin, lead_id)
    link_id = (await admin.get(f"/v1/leads/{lead_id}/links")).json()["items"][0]["id"]
    async with caller_of(page.app, "read", supplier="callwerk") as partner:
        assert (await partner.get(f"/v1/leads/{lead_id}/links")).status_code == 404
        assert (await partner.post(f"/v1/leads/{lead_id}/links", json={})).status_code == 404
        assert (await partner.delete(f"/v1/links/{link_id}")).status_code == 404
    assert (await admin.delete(f"/v1/links/{uuid4()}")).status_code == 404
    audited = await page.floor.world.rows("select action from audit where action like 'lead-link%'")
    assert [row.action for row in audited] == ["lead-link.made"]
