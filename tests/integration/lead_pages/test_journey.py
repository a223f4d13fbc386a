"""The journey of a lead: all that the tables hold of it, in order, and no more than its reader may know."""

import re
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.ports import Actor
from support.floors.use_case_env import ADMIN
from support.http.booking_links import Page
from support.http.service import caller_of

pytestmark = pytest.mark.anyio


async def journey_of(client: httpx.AsyncClient, lead_id: object, **headers: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/leads/{lead_id}/journey", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texts(journey: dict[str, Any]) -> list[str]:
    return [entry["text"] for entry in journey["entries"]]


EVIDENCE = [{"name": name, "value": f"yes: {name}"} for name in ("need", "intent", "offer_known")]
#: What an act sends: its path, and its body; {lead} and {other} are leads, {appointment} the lead's newest.
ACTS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/leads/{lead}/handovers", {"evidence": EVIDENCE, "setter": "lena", "auto_book": True}),
    ("/v1/leads/{lead}/handovers", {"evidence": EVIDENCE[:1], "setter": "jonas"}),
    ("/v1/leads/{lead}/handovers", {"evidence": [EVIDENCE[0] | {"affirmed": False}]}),
    ("/v1/leads/{lead}/reassign", {"reason": "a test"}),
    ("/v1/leads/{lead}/assign", {"rep": "sofia", "work": "qualification", "reason": "a test"}),
    ("/v1/leads/{lead}/merge", {"into": "{other}", "reason": "one person"}),
    ("/v1/leads/{lead}/booking-links", {}),
    ("/v1/overrides", {"lead_id": "{lead}", "rep": "anna", "work": "closing", "reason": "a test", "approver": "x",
                       "expires_at": "{soon}"}),
    ("/v1/appointments/{appointment}/accept", {}),
    ("/v1/appointments/{appointment}/cancel", {"reason": "no time", "for_buyer": True}),
    ("/v1/appointments/{appointment}/reject", {"code": "wrong_segment", "reason": "too small"}),
    ("/v1/appointments/{appointment}/reject", {"code": "duplicate", "reason": "known"}),
]  # fmt: skip


async def new_lead(admin: httpx.AsyncClient, email: str, **fields: Any) -> str:
    given = {"lead.country": "DE", "company.employees": 120} | {k.replace("__", "."): v for k, v in fields.items()}
    answer = await admin.post("/v1/leads", json={"email": email, "fields": given})
    return str(answer.json()["lead"]["id"])


async def random_leads(page: Page, admin: httpx.AsyncClient, count: int, chance: Random) -> list[str]:
    """So many leads, each with a history by chance: some are merged, some are in nurture, some have appointments."""
    leads: list[str] = []
    for number in range(count):
        source = chance.choice(["demo_form", "newsletter", "cold_list"])
        country = chance.choice(["DE", "AT", "FR"])
        fields = {"lead.country": country, "lead.source": source, "company.employees": chance.choice([5, 120])}
        given = {"email": f"person{number}@firm{chance.randrange(count)}.example", "fields": fields}
        leads.append((await admin.post("/v1/leads", json=given)).json()["lead"]["id"])
        if chance.random() < 0.3:
            await admin.post("/v1/leads", json=given | {"first_name": "Kim"})
        for path, body in chance.choices(ACTS, k=chance.randrange(6)):
            shown = (await admin.get("/v1/appointments", params={"lead": leads[-1], "limit": 1})).json()["items"]
            names = {
                "lead": leads[-1],
                "other": chance.choice(leads),
                "appointment": shown[0]["id"] if shown else leads[-1],
                "soon": (page.floor.env.clock() + timedelta(hours=1)).isoformat(),
            }
            sent = {name: value.format(**names) if isinstance(value, str) else value for name, value in body.items()}
            answer = await admin.post(path.format(**names), json=sent)
            assert answer.status_code < 500, answer.text
    await page.floor.work()
    return leads


#: One statement per table, written apart from the service's: (kind, id, instant) of all that there is about a lead.
TABLES = {
    "created": "select id, at from audit where subject = 'lead:' || cast(:lead as text) and action = 'lead.created'",
    "news": "select id, at from audit where subject = 'lead:' || cast(:lead as text) and action = 'lead.changed'",
    "nurture": "select id, at from audit where subject = 'lead:' || cast(:lead as text) and action = 'lead.nurture'",
    "won": "select id, at from audit where subject = 'lead:' || cast(:lead as text) and action = 'lead.won'",
    "closed": "select id, at from audit where subject = 'lead:' || cast(:lead as text) and action = 'lead.closed'",
    "contact-ended": "select id, at from audit where subject = 'lead:' || cast(:lead as text) "
    "and action = 'lead.contact-ended'",
    "contact-allowed": "select id, at from audit where subject = 'lead:' || cast(:lead as text) "
    "and action = 'lead.contact-allowed'",
    "event": "select id, received_at as at from inbox where lead_id = cast(:lead as uuid)",
    "decided": "select id, at from decisions where lead_id = cast(:lead as uuid)",
    "held": "select id, held_at as at from holds where lead_id = cast(:lead as uuid)",
    "released": "select id, released_at as at from holds where lead_id = cast(:lead as uuid) and released_at is not null",
    "gate": "select id, checked_at as at from gate_checks where lead_id = cast(:lead as uuid)",
    "override": "select id, created_at as at from overrides where lead_id = cast(:lead as uuid)",
    "assigned": "select id, assigned_at as at from assignments where lead_id = cast(:lead as uuid) and decision_id is null",
    "appointment": "select id, at from appointment_events where appointment_id in "
    "(select id from appointments where lead_id = cast(:lead as uuid))",
    "delivery": "select id, coalesce(done_at, greatest(created_at, case status when 'pending' then next_attempt_at end)) "
    "as at from deliveries "
    "where appointment_id in (select id from appointments where lead_id = cast(:lead as uuid))",
    "booking-link": "select id, created_at as at from booking_links where lead_id = cast(:lead as uuid)",
}  # fmt: skip


async def told_by_tables(page: Page, lead_id: str) -> set[tuple[str, str, datetime, str]]:
    world, found = page.floor.world, set()
    merged = [str(row.id) for row in await world.rows("select id from leads where merged_into = :lead", lead=lead_id)]
    for record in (lead_id, *merged):
        for kind, sql in TABLES.items():
            found |= {(kind, str(row.id), row.at, record) for row in await world.rows(sql, lead=record)}
        row = (await world.rows("select merged_into, merged_at from leads where id = :lead", lead=record))[0]
        if row.merged_into is not None:
            found.add(("merged", record, row.merged_at, str(row.merged_into)))
        by_time: dict[tuple[datetime, str, bool], list[UUID]] = {}
        sql = "select id, created_at, source, affirmed from evidence where lead_id = :lead"
        for one in await world.rows(sql, lead=record):
            by_time.setdefault((one.created_at, one.source, one.affirmed), []).append(one.id)
        found |= {("evidence", str(min(ids)), at, record) for (at, _, _), ids in by_time.items()}
    return found


async def test_every_link_of_a_journey_leads_to_something(page: Page, admin: httpx.AsyncClient) -> None:
    for lead_id in await random_leads(page, admin, 4, Random(7)):
        paths = {path for entry in (await journey_of(admin, lead_id))["entries"] for path in entry["links"].values()}
        for path in paths:
            assert (await admin.get(path)).status_code == 200, path


async def test_a_journey_is_told_in_the_language_that_is_asked_for_with_people_by_name(
    page: Page, admin: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    await page.floor.hand_over(lead_id, at_earliest=True)
    english = texts(await journey_of(admin, lead_id))
    german = texts(await journey_of(admin, lead_id, **{"Accept-Language": "de-AT"}))
    assert "Lena handed the lead over, and the gate for closing opened." in english
    assert "Lena hat den Lead übergeben, und die Freigabe für den Abschluss ist erteilt." in german
    assert any(text.startswith("Ein Termin mit ") for text in german)
    assert set(re.findall(r"\((MEZ|UTC|MESZ)\)", " ".join(german))) == {
        "MEZ"
    }  # one clock, also for a key without a rep
    assert len(english) == len(german)


async def test_a_partner_reads_where_its_lead_was_and_nothing_of_the_house(
    page: Page, admin: httpx.AsyncClient
) -> None:
    lead_id = await new_lead(admin, "a@cold.example", lead__source="cold_list", lead__country="FR")
    await admin.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": EVIDENCE[:1], "setter": "lena"})
    whole = await journey_of(admin, lead_id)
    async with caller_of(page.app, "read", supplier="callwerk") as partner:
        seen = await journey_of(partner, lead_id)
        other = await page.floor.lead()
        assert (await partner.get(f"/v1/leads/{other}/journey")).status_code == 404
    hidden = {"event", "news", "override", "delivery", "evidence", "gate"}  # lena asked the gate
    assert [e["id"] for e in seen["entries"]] == [e["id"] for e in whole["entries"] if e["kind"] not in hidden]
    names = {name for entry in seen["entries"] for name in entry["details"]}
    assert names.isdisjoint({"rule", "source", "actor", "account", "person", "failed", "policy_version"})
    reps = {entry["details"].get("rep") or entry["details"].get("setter") for entry in seen["entries"]}
    assert reps <= {"mia", "paul", None}
    assert not any("Lena" in text for text in texts(seen))
    assert {name for entry in seen["entries"] for name in entry["links"]} <= {"decision", "appointment"}


async def test_a_journey_tells_no_word_of_a_buyer_or_of_evidence(page: Page, admin: httpx.AsyncClient) -> None:
    person = {"email": "secret-mail@hidden.example", "first_name": "Secretname", "phone": "+49 171 5550000"}
    evidence = [one | {"value": "secret finding"} for one in EVIDENCE]
    sent = person | {"fields": {"lead.country": "DE", "company.name": "Secret GmbH"}, "evidence": evidence}
    lead_id = (await admin.post("/v1/leads", json=sent)).json()["lead"]["id"]
    await admin.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": evidence, "setter": "lena"})
    answer = await admin.get(f"/v1/leads/{lead_id}/journey")
    assert "secret" not in answer.text.lower()


async def test_a_journey_says_who_brought_a_lead_in_and_how_it_was_known_again(
    page: Page, admin: httpx.AsyncClient
) -> None:
    lead_id = await new_lead(admin, "kim@told.example")
    more = {"email": "kim@told.example", "fields": {"lead.country": "AT"}}
    await admin.post("/v1/leads", json=more)
    told = texts(await journey_of(admin, lead_id))
    assert told[0] == "The lead is new: the API key test brought it in, and its company is known by the address."
    news = "The API key test told more about the lead, known by its email address: 1 field changed."
    assert news in told


async def test_a_lead_is_named_by_its_address_too(page: Page, admin: httpx.AsyncClient) -> None:
    lead_id = await new_lead(admin, "kim@named.example")
    assert (await journey_of(admin, "kim@named.example"))["lead_id"] == lead_id


async def test_a_merged_record_tells_its_own_story_and_the_survivor_tells_both(
    page: Page, admin: httpx.AsyncClient
) -> None:
    one, two = await new_lead(admin, "a@one.example"), await new_lead(admin, "a@two.example")
    merged = await admin.post(f"/v1/leads/{two}/merge", json={"into": str(one), "reason": "one person"})
    assert merged.status_code == 200, merged.text
    survivor, gone = await journey_of(admin, one), await journey_of(admin, two)
    assert {entry["lead_id"] for entry in survivor["entries"]} == {str(one), str(two)}
    assert "Another record of this person was merged into this one." in texts(survivor)
    assert gone["merged_into"] == str(one)
    assert {entry["lead_id"] for entry in gone["entries"] if entry["kind"] != "merged"} == {str(two)}


async def test_a_rep_of_the_house_reads_colleagues_by_name_and_times_in_the_own_zone(page: Page) -> None:
    lead_id = await page.lead()
    await page.floor.hand_over(lead_id, at_earliest=True)
    journey = await load_journey(page.floor.env, lead_id, actor=ADMIN)
    closer = next(entry.details["rep"] for entry in journey.entries if entry.kind == "appointment")
    async with caller_of(page.app, "read", rep=closer) as rep:
        seen = await journey_of(rep, lead_id)
    assert any(text.startswith("Lena handed the lead over") for text in texts(seen))
    booked = next(text for text in texts(seen) if "was booked for" in text)
    assert "CE" in booked  # CET or CEST, where the closer is
    assert not any("rule" in entry["details"] for entry in seen["entries"])


async def test_each_act_on_an_appointment_is_told_of_the_rep_who_had_it_then(
    page: Page, admin: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    await page.floor.hand_over(lead_id, at_earliest=True)
    row = (await admin.get("/v1/appointments", params={"lead": str(lead_id)})).json()["items"][0]
    acts: list[tuple[str, dict[str, Any]]] = [
        (f"/v1/appointments/{row['id']}/accept", {}),
        (f"/v1/leads/{lead_id}/reassign", {"reason": "a test"}),
        (f"/v1/appointments/{row['id']}/cancel", {"reason": "no time"}),
    ]
    for path, body in acts:
        page.floor.env.clock.advance(timedelta(seconds=1))
        assert (await admin.post(path, json=body)).status_code == 200, path
    told = [entry for entry in (await journey_of(admin, lead_id))["entries"] if entry["kind"] == "appointment"]
    first, second = told[0]["details"]["rep"], told[-1]["details"]["rep"]
    reps = [(entry["details"]["act"], entry["details"]["rep"]) for entry in told]
    assert reps == [("book", first), ("accept", first), ("reassign", second), ("cancel", second)]
    assert first != second
    assert told[1]["text"] == f"{first.title()} accepted the appointment."


async def test_what_the_buyer_denied_is_told_apart_from_what_was_found(page: Page, admin: httpx.AsyncClient) -> None:
    lead_id = await page.floor.lead()
    mixed = [EVIDENCE[0] | {"affirmed": False}, EVIDENCE[1]]
    await admin.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": mixed, "setter": "lena"})
    told = texts(await journey_of(admin, lead_id))
    assert "It was noted that the buyer denied need." in told
    assert "Evidence was noted that the lead is motivated." in told


async def test_of_a_very_long_story_the_latest_entries_are_told(page: Page, admin: httpx.AsyncClient) -> None:
    lead_id = await new_lead(admin, "a@long.example")
    await admin.post(f"/v1/leads/{lead_id}/handovers", json=ACTS[0][1])
    journey = await load_journey(page.floor.env, UUID(lead_id), actor=ADMIN, most=3)
    everything = await told_by_tables(page, lead_id)
    assert journey.is_cut
    assert [entry.at for entry in journey.entries] == sorted(at for _, _, at, _ in everything)[-3:]
    whole = await load_journey(page.floor.env, UUID(lead_id), actor=ADMIN, most=len(everything))
    assert (whole.is_cut, len(whole.entries)) == (False, len(everything))


async def test_a_webhook_or_a_buyer_reads_no_journey(page: Page) -> None:
    async with caller_of(page.app, "booking") as setter:
        assert (await setter.get(f"/v1/leads/{await page.lead()}/journey")).status_code == 403
    with pytest.raises(Exception, match="may not read leads"):
        await load_journey(page.floor.env, await page.lead(), actor=Actor(name="b", kind=CallerKind.BUYER))


async def test_a_journey_tells_of_events_assignments_without_a_decision_and_a_sale(
    page: Page, admin: httpx.AsyncClient
) -> None:
    lead_id = await new_lead(admin, "a@sent.example")
    world = page.floor.world
    intake, now = page.floor.env.new_id(), page.floor.env.clock()
    await world.rows(
        "insert into intakes (id, key, title, kind, verifier, sealed, mapping, sample, active, version, created_at)"
        " values (:id, 'form', 'Website form', 'lead', '{}', '', '{}', '{}', true, 1, :now)",
        id=intake,
        now=now,
    )
    for status in ("done", "dead", "received"):
        await world.rows(
            "insert into inbox (id, intake_id, dedupe_key, body, status, lead_id, received_at)"
            " values (:id, :intake, cast(:status as text), '', :status, :lead, :now)",
            id=page.floor.env.new_id(),
            intake=intake,
            status=status,
            lead=lead_id,
            now=now,
        )
    await world.rows(
        "update assignments set ended_at = :now, end_reason = 'test' where lead_id = :lead", lead=lead_id, now=now
    )
    await world.rows(
        "insert into assignments (id, lead_id, rep_id, work, assigned_at)"
        " select :id, :lead, id, 'qualification', :now from reps where key = 'jonas'",
        id=page.floor.env.new_id(),
        lead=lead_id,
        now=now,
    )
    await world.rows(
        "insert into audit (id, at, actor, action, subject) values (:id, :now, 'cli', 'lead.won', :subject)",
        id=page.floor.env.new_id(),
        now=now,
        subject=f"lead:{lead_id}",
    )
    journey = await journey_of(admin, lead_id)
    assert {
        "Website form sent an event.",
        "Website form sent an event that could not be taken in.",
        "Website form sent an event that has not been taken in yet.",
        "Jonas has the lead for qualification.",
        "The lead bought.",
    } <= set(texts(journey))
    told = {(e["kind"], e["id"], datetime.fromisoformat(e["at"]), e["lead_id"]) for e in journey["entries"]}
    assert told == await told_by_tables(page, lead_id)
