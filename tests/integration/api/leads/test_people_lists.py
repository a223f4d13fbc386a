"""Leads, companies, what came in and who changed what can be found by each of their parts."""

import json
import logging
import re
import unicodedata
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pointsman.services.holds.close_lead import mark_won
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.accounts import merge_accounts
from pointsman.services.leads.lead_input import LeadInput
from support.databases.fixtures import EmptyDatabase
from support.floors.use_case_env import ADMIN, SENDER, World, open_world
from support.http.keys import MakeKey
from support.hypothesis_profiles import examples

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE"}
COLD = {"lead.source": "cold_list"}


async def submitted(world: World, email: str | None = None, **told: Any) -> UUID:
    facts = told.pop("facts", DACH)
    return (await submit_lead(world.env, LeadInput(email=email, facts=facts, **told), actor=SENDER)).lead.id


async def found(client: httpx.AsyncClient, path: str, headers: dict[str, str], **asked: object) -> list[dict[str, Any]]:
    """All pages of a list, two items each."""
    items: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        cursor = {"cursor": following} if following else {}
        answer = await client.get(path, params={**asked, "limit": 2, **cursor}, headers=headers)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        following = answer.json()["next"]
    return items


@pytest.fixture
async def leads(world: World) -> dict[str, UUID]:
    """Some of each stage, holder, company and source."""
    made = {
        "mara": await submitted(
            world,
            "Mara.Vogel@nordlicht.example",
            first_name="Mara",
            last_name="Vogel",
            phone="0171 1234567",
            external_id="4711",
            source_system="hubspot",
            sender="webhook",
            facts={**DACH, "lead.source": "demo_form", "company.name": "Nordlicht GmbH"},
        ),
        "otto": await submitted(world, "otto@nordlicht.example", first_name="Otto", last_name="Vogelsang"),
        "ida": await submitted(world, "ida@else.example", first_name="Ida", facts=COLD),
        "ole": await submitted(world, "ole@far.example", facts={"lead.country": "JP"}),
        "newsy": await submitted(world, "newsy@far.example", facts={"lead.source": "newsletter"}),
        "eva": await submitted(
            world, "eva@kunde.example", external_id="4711", source_system="erp", facts={"account.status": "customer"}
        ),
    }
    async with world.env.uow() as tx:
        lead = await tx.leads.get(made["otto"], lock=True)
        assert lead is not None
        await mark_won(world.env, tx, lead, actor=ADMIN)
    return made


async def test_leads_are_found_by_each_of_their_parts(
    client: httpx.AsyncClient, sign_in: MakeKey, leads: dict[str, UUID]
) -> None:
    read = await sign_in("read")
    everything = await found(client, "/v1/leads", read)
    assert [item["id"] for item in everything] == [str(one) for one in reversed(leads.values())]
    whole = [(await client.get(f"/v1/leads/{item['id']}", headers=read)).json() for item in everything]
    parts = {
        "stage": [item["stage"] for item in whole],
        "account": [item["account"]["id"] if item["account"] else None for item in whole],
        "source": [item["fields"].get("lead.source") for item in whole],
        "email": [item["email"] for item in whole],
        "rep": [item["holder"]["rep"] if item["holder"] else None for item in whole],
        "work": [item["holder"]["work"] if item["holder"] else None for item in whole],
        "pool": [item["holder"]["pool"] if item["holder"] else None for item in whole],
    }
    for name, values in parts.items():
        for value in {*values} - {None}:
            expected = [item["id"] for item, has in zip(everything, values, strict=True) if has == value]
            assert [item["id"] for item in await found(client, "/v1/leads", read, **{name: value})] == expected, name


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"email": "mara.vogel@NORDLICHT.example"}, ["mara"]),
        ({"email": "nobody@nordlicht.example"}, []),
        ({"phone": "+49 (171) 123 45 67"}, ["mara"]),
        ({"external_id": "4711"}, ["eva", "mara"]),
        ({"external_id": "4711", "source_system": "hubspot"}, ["mara"]),
        ({"external_id": "4711", "source_system": "salesforce"}, []),
        ({"q": "vogel"}, ["otto", "mara"]),
        ({"q": "VOGEL mara"}, ["mara"]),
        ({"q": "nordlicht"}, ["otto", "mara"]),
        ({"q": "%oge%"}, []),
        ({"q": "mar_"}, []),
        ({"account": "nordlicht.example"}, ["otto", "mara"]),
        ({"account": "https://www.nordlicht.example/about"}, ["otto", "mara"]),
        ({"rule": "Cold lists to the partner"}, ["ida"]),
        ({"rule": "Newsletter to nurture"}, []),
        ({"q": "vogel", "stage": "won"}, ["otto"]),
        ({"rep": "anna"}, []),
    ],
)
async def test_leads_are_found_as_people_write_what_they_know(
    client: httpx.AsyncClient, sign_in: MakeKey, leads: dict[str, UUID], asked: dict[str, str], names: list[str]
) -> None:
    items = await found(client, "/v1/leads", await sign_in("read"), **asked)
    assert [item["id"] for item in items] == [str(leads[name]) for name in names]


async def test_names_are_found_however_they_are_spelt(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World
) -> None:
    read = await sign_in("read")
    given = {"first_name": "Jo\u0308rg", "last_name": "Mu\u0308ller", "facts": {"company.name": "Bücher Strauß AG"}}
    await submitted(world, "info@xn--bcher-kva.example", **given)
    for words in ("jörg müller", "Joerg Mueller", "jorg muller", "MU\u0308LLER", "bücher.example", "info@bücher"):
        assert len(await found(client, "/v1/leads", read, q=words)) == 1, words
    for words in ("BÜCHER", "buecher", "bu\u0308cher", "strauss", "STRAUẞ"):
        assert len(await found(client, "/v1/accounts", read, q=words)) == 1, words
    assert await found(client, "/v1/leads", read, q="möller") == []


async def test_leads_are_found_by_when_they_were_made_and_changed_last(
    client: httpx.AsyncClient, sign_in: MakeKey, leads: dict[str, UUID]
) -> None:
    read = await sign_in("read")
    everything = await found(client, "/v1/leads", read)
    for field, prefix in (("created_at", ""), ("updated_at", "changed_")):
        bound = sorted(item[field] for item in everything)[3]
        after = [item["id"] for item in everything if item[field] >= bound]
        before = [item["id"] for item in everything if item[field] < bound]
        assert [item["id"] for item in await found(client, "/v1/leads", read, **{f"{prefix}since": bound})] == after
        assert [item["id"] for item in await found(client, "/v1/leads", read, **{f"{prefix}until": bound})] == before
        assert after
        assert before


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"email": "vogel"}, "email"),
        ({"phone": "0171 1234567"}, "phone"),
        ({"source_system": "hubspot"}, "source_system"),
        ({"q": "a b c"}, "q"),
        ({"q": "one two three four five six seven eight nine"}, "q"),
        ({"q": "\u02bc\u02bc\u02bc"}, "q"),
        ({"q": "___"}, "q"),
        ({"stage": "gone"}, "stage"),
        ({"work": "sleeping"}, "work"),
        ({"since": "yesterday"}, "since"),
        ({"changed_since": "2026-01-01T00:00:00"}, "changed_since"),
        ({"rep": ""}, "rep"),
    ],
)
async def test_what_cannot_be_looked_for_is_422_with_its_path(
    client: httpx.AsyncClient, sign_in: MakeKey, asked: dict[str, str], name: str
) -> None:
    answer = await client.get("/v1/leads", params=asked, headers=await sign_in("read"))
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == [f"query.{name}"]


async def test_a_merged_leads_names_find_the_lead_that_it_is_now(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, leads: dict[str, UUID]
) -> None:
    read = await sign_in("read")
    await merge_leads(world.env, leads["mara"], into=leads["ole"], reason="one person", actor=ADMIN)
    for asked in (
        {"email": "mara.vogel@nordlicht.example"},
        {"phone": "+491711234567"},
        {"external_id": "4711", "source_system": "hubspot"},
        {"q": "vogel mara"},
        {"q": "mara.vogel@nordlicht.example"},
        {"q": "Vogel, Mara <mara.vogel@nordlicht.example>", "since": "2020-01-01T00:00:00Z"},
    ):
        assert [item["id"] for item in await found(client, "/v1/leads", read, **asked)] == [str(leads["ole"])], asked


async def test_a_lead_is_found_by_the_names_and_addresses_that_it_had(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World
) -> None:
    read = await sign_in("read")
    known: dict[str, Any] = {"external_id": "7", "source_system": "crm", "sender": "webhook"}
    rosa = await submitted(world, "rosa@acme.example", first_name="Rosa", last_name="Weissenborn", **known)
    await submitted(world, "rosa@ACME.example", first_name="Rosa", last_name="WEISSENBORN", **known)
    assert await world.value("select other_names from leads where id = :id", id=rosa) is None
    for number, name in enumerate(("Ahorn", "Birke", "Linde", "Erle")):
        await submitted(world, f"rosa.{number}@acme.example", last_name=name, **known)
    for words in ("weissenborn", "rosa birke", "Rosa WEISSENBORN", "rosa@acme.example", "rosa.1@acme.example", "erle"):
        assert [item["id"] for item in await found(client, "/v1/leads", read, q=words)] == [str(rosa)], words
    for name in ("Ulme", "Esche", "Fichte"):
        await submitted(world, "rosa.3@acme.example", last_name=name, **known)
    assert len(await world.value("select other_names from leads where id = :id", id=rosa)) == 5
    assert await found(client, "/v1/leads", read, q="weissenborn") == []
    assert len(await found(client, "/v1/leads", read, q="linde")) == 1
    for name in ("Lärche", "Laerche", "La-erche", "Esch.e", "Fichte"):  # spellings share a place
        await submitted(world, "rosa.3@acme.example", last_name=name, **known)
    assert len(await found(client, "/v1/leads", read, q="ulme")) == 1


async def test_a_survivor_is_found_by_the_name_that_the_merge_replaced(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World
) -> None:
    read = await sign_in("read")
    old = await submitted(world, "w@acme.example", first_name="Rosa", last_name="Weissenborn")
    new = await submitted(world, "s@acme.example", first_name="Rosa", last_name="Schmidtke")
    await merge_leads(world.env, new, into=old, reason="one person", actor=ADMIN)
    for words in ("weissenborn", "schmidtke", "s@acme.example"):
        assert [item["id"] for item in await found(client, "/v1/leads", read, q=words)] == [str(old)], words


async def test_a_partner_finds_its_lead_by_no_name_that_the_lead_has_no_more(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, leads: dict[str, UUID]
) -> None:
    partner, own = await sign_in("read", supplier="callwerk"), str(leads["ida"])
    for name in ("Housename", "Lindqvist"):
        await submitted(world, "ida@else.example", first_name="Ida", last_name=name)
    for words, ids in (("lindqvist", [own]), ("ida lindqvist", [own]), ("housename", []), ("ida housename", [])):
        assert [item["id"] for item in await found(client, "/v1/leads", partner, q=words)] == ids, words
        assert len(await found(client, "/v1/leads", await sign_in("read"), q=words)) == 1, words


async def test_a_company_is_found_by_each_name_that_was_said_of_its_domain_and_by_the_domain(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World
) -> None:
    read = await sign_in("read")
    for number, name in enumerate(("Alpha GmbH", "Omega AG", "Omega AG", "ALPHA gmbh")):
        await submitted(world, f"p{number}@x11.example", facts={"company.name": name})
    await submitted(world, "q@other.example", facts={"company.name": "Else"})
    await submitted(world, "r@old11.example", facts={"company.name": "Alpha GmbH"})
    by_domain = "select id from accounts where domain = :domain"
    old, into = [await world.value(by_domain, domain=domain) for domain in ("old11.example", "x11.example")]
    await merge_accounts(world.env, old, into=into, reason="one company", actor=ADMIN)
    await submitted(world, "t@old11.example", facts={"company.name": "Sigma KG"})
    for words in (
        "sigma",
        "alpha",
        "omega",
        "x11.example",
        "www.x11.example",
        "https://x11.example/",
        "HTTPS://www.x11.example:443/about?x=1#y",
    ):
        assert [one["name"] for one in await found(client, "/v1/accounts", read, q=words)] == ["Alpha GmbH"], words
        if "x11" in words:
            assert len(await found(client, "/v1/leads", read, q=words)) == 4, words
    assert await world.value("select other_names from accounts where domain = 'x11.example'") == [
        "Omega AG",
        "Sigma KG",
    ]
    assert await world.value("select other_names from accounts where domain = 'other.example'") is None
    told = await world.rows(
        "select after -> 'other_names' as names from audit where action = 'account.changed' order by at, id"
    )
    assert [line.names for line in told if line.names] == [["Omega AG"], ["Omega AG", "Sigma KG"]]


async def test_names_of_merged_leads_keep_pages_in_order_each_lead_once(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, leads: dict[str, UUID]
) -> None:
    read = await sign_in("read")
    for one, into in (("mara", "ole"), ("otto", "ole")):
        await merge_leads(world.env, leads[one], into=leads[into], reason="one person", actor=ADMIN)
    newest = await submitted(world, "x.vogel@else.example", first_name="Xaver")
    items = await found(client, "/v1/leads", read, q="vogel")
    assert [item["id"] for item in items] == [str(newest), str(leads["ole"])]
    holders = [(await client.get(f"/v1/leads/{item['id']}", headers=read)).json()["holder"] for item in items]
    for rep in {holder["rep"] for holder in holders if holder}:
        expected = [item["id"] for item, holder in zip(items, holders, strict=True) if holder and holder["rep"] == rep]
        assert [item["id"] for item in await found(client, "/v1/leads", read, q="vogel", rep=rep)] == expected
    assert any(holders)
    assert await found(client, "/v1/leads", read, q="vogel", stage="closed") == []


async def test_a_partner_finds_its_own_leads_alone_whatever_it_asks(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, leads: dict[str, UUID]
) -> None:
    partner = await sign_in("read", supplier="callwerk")
    own = str(leads["ida"])
    (item,) = await found(client, "/v1/leads", partner)
    assert item["id"] == own
    for asked in (
        {"email": "ida@else.example"},
        {"q": "ida"},
        {"stage": "working"},
        {"source": "cold_list"},
        {"work": "prospecting"},
        {"pool": "partner-outbound"},
    ):
        assert [one["id"] for one in await found(client, "/v1/leads", partner, **asked)] == [own], asked
    for asked in (
        {"email": "mara.vogel@nordlicht.example"},
        {"phone": "+491711234567"},
        {"external_id": "4711"},
        {"q": "vogel"},
        {"work": "qualification"},
    ):
        assert await found(client, "/v1/leads", partner, **asked) == [], asked
    for name in ("account", "rule"):
        refused = await client.get("/v1/leads", params={name: "x.example"}, headers=partner)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-readable")
    await merge_leads(world.env, leads["ole"], into=leads["ida"], reason="one person", actor=ADMIN)
    assert await found(client, "/v1/leads", partner, email="ole@far.example") == []
    assert await found(client, "/v1/leads", partner, q="ole@far.example") == []
    assert (await client.get("/v1/leads/ole@far.example", headers=partner)).status_code == 404


async def test_companies_are_found_by_each_of_their_parts(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, leads: dict[str, UUID]
) -> None:
    read = await sign_in("read")
    news = LeadInput(email="ivo@nordlicht.example", facts={"account.owner": "lena"})
    await submit_lead(world.env, news, actor=SENDER)
    everything = await found(client, "/v1/accounts", read)
    assert len(everything) == 4
    for name in ("domain", "status", "owner"):
        for value in {item[name] for item in everything} - {None}:
            expected = [item["id"] for item in everything if item[name] == value]
            assert [item["id"] for item in await found(client, "/v1/accounts", read, **{name: value})] == expected, name
    bound = everything[1]["created_at"]
    newer, older = [item["id"] for item in everything[:2]], [item["id"] for item in everything[2:]]
    assert [item["id"] for item in await found(client, "/v1/accounts", read, since=bound)] == newer
    assert [item["id"] for item in await found(client, "/v1/accounts", read, until=bound)] == older
    for words, size in (("nordl gmb", 1), ("NORDLICHT", 1), ("north", 0), ("nord%", 0)):
        assert len(await found(client, "/v1/accounts", read, q=words)) == size, words
    one, other = everything[0], everything[-1]
    await world.owner_rows("update accounts set name = 'Former Name' where id = :id returning id", id=UUID(one["id"]))
    await merge_accounts(world.env, UUID(one["id"]), into=UUID(other["id"]), reason="one company", actor=ADMIN)
    (now,) = await found(client, "/v1/accounts", read, domain=one["domain"])
    assert now["id"] == other["id"]
    assert [item["id"] for item in await found(client, "/v1/accounts", read, q="former")] == [other["id"]]
    refused = await client.get("/v1/accounts", params={"q": "a"}, headers=read)
    assert [fault["path"] for fault in refused.json()["faults"]] == ["query.q"]


async def test_what_came_in_is_found_by_each_of_its_parts(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, leads: dict[str, UUID]
) -> None:
    admin = await sign_in("admin")
    intake, body = world.env.new_id(), json.dumps({"x": 1}).encode()
    await world.owner_rows(
        "insert into intakes (id, key, title, kind, verifier, sealed, mapping, sample, active, version, created_at)"
        " values (:id, 'form', 'Form', 'lead', '{}', '', '{}', '{}', true, 1, now()) returning id",
        id=intake,
    )
    kinds = (
        ("done", None, intake, None, leads["mara"]),
        ("dead", "no-identity", intake, None, None),
        ("refused", "known-elsewhere", None, "partner:callwerk", None),
        ("dead", "unreadable", intake, None, None),
    )
    for number, (status, error, of, sender, lead) in enumerate(kinds):
        await world.owner_rows(
            "insert into inbox (id, intake_id, sender, dedupe_key, body, status, error_code, lead_id, received_at)"
            " values (:id, :of, :sender, :key, :body, :status, :error, :lead, :at) returning id",
            id=world.env.new_id(),
            of=of,
            sender=sender,
            key=f"event-{number}",
            body=body,
            status=status,
            error=error,
            lead=lead,
            at=world.env.clock(),
        )
    everything = await found(client, "/v1/inbox", admin)
    assert [item["dedupe_key"] for item in everything] == ["event-3", "event-2", "event-1", "event-0"]
    assert {item["size"] for item in everything} == {len(body)}
    for name, field in (("status", "status"), ("intake", "intake"), ("dedupe_key", "dedupe_key"), ("lead", "lead_id")):
        for value in {item[field] for item in everything} - {None}:
            expected = [item["id"] for item in everything if item[field] == value]
            assert [item["id"] for item in await found(client, "/v1/inbox", admin, **{name: value})] == expected, name
    (of_mara,) = await found(client, "/v1/inbox", admin, lead="mara.vogel@nordlicht.example")
    assert of_mara["dedupe_key"] == "event-0"
    (unnamed,) = await found(client, "/v1/inbox", admin, error="no-identity")
    assert unnamed["dedupe_key"] == "event-1"
    bound = everything[1]["received_at"]
    assert len(await found(client, "/v1/inbox", admin, since=bound)) == 2
    assert len(await found(client, "/v1/inbox", admin, until=bound)) == 2


async def test_the_audit_trail_is_found_by_each_of_its_parts(
    client: httpx.AsyncClient, sign_in: MakeKey, leads: dict[str, UUID]
) -> None:
    admin = await sign_in("admin")
    everything = await found(client, "/v1/audit", admin)
    for name in ("subject", "actor", "action"):
        values = {item[name] for item in everything}
        assert len(values) > 1, name
        for value in sorted(values)[:5]:
            expected = [item["id"] for item in everything if item[name] == value]
            assert [item["id"] for item in await found(client, "/v1/audit", admin, **{name: value})] == expected, name
    bound = everything[3]["at"]
    since = [item["id"] for item in everything if item["at"] >= bound]
    assert [item["id"] for item in await found(client, "/v1/audit", admin, since=bound)] == since
    assert len(await found(client, "/v1/audit", admin, until=bound)) == len(everything) - len(since)
    by_address = await found(client, "/v1/audit", admin, subject="lead:mara.vogel@nordlicht.example")
    assert {item["subject"] for item in by_address} == {f"lead:{leads['mara']}"}


_TEXTS = st.text("abu%_\\'\"- Äßéüe\u0308\u2019", min_size=1, max_size=8)


_SIGNS = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_{|}~', " "))


def folded(text: str, *, umlaut: str = "") -> str:
    """Without case, marks and apostrophes; what stands for the two dots of ä, ö and ü."""
    decomposed = unicodedata.normalize("NFD", text.replace("'", "").replace("\u2019", "")).lower()
    decomposed = re.sub("(?<=[aou])\u0308", umlaut, decomposed)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).replace("ß", "ss")


def with_one_letter(text: str) -> str:
    return text.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def is_in(word: str, text: str) -> bool:
    plain, spelt, asked = folded(text), folded(text, umlaut="e"), folded(word)
    as_words = [f" {line.translate(_SIGNS)} " for line in (plain, with_one_letter(plain))]
    words = asked.translate(_SIGNS)
    if not re.search("[^ ]{3}", words):
        return bool(words.strip()) and any(" " + words.strip(" ") in line for line in (plain, *as_words))
    whole = f" {with_one_letter(words).strip(' ')} "
    return any(asked in line for line in (plain, with_one_letter(plain), spelt, *as_words)) or any(
        whole in line for line in (plain, with_one_letter(plain), spelt, *as_words)
    )


@examples(20)
@given(names=st.lists(_TEXTS, min_size=1, max_size=4), asked=_TEXTS)
async def test_text_is_found_as_it_is_written_whatever_signs_it_has(
    empty_database: EmptyDatabase, names: list[str], asked: str
) -> None:
    from pointsman.domain.errors import Invalid
    from pointsman.domain.permissions.callers import SEES_ALL
    from pointsman.domain.text.search_words import search_words
    from pointsman.services.ports.leads.lead_search import LeadFilter

    with empty_database() as url:
        async with open_world(url) as world:
            for number, name in enumerate(names):
                await submitted(world, f"p{number}@far.example", first_name=name)
            try:
                words = search_words(asked, path="query.q")
            except Invalid:
                words = (asked,)
            async with world.env.uow() as tx:
                ids = await tx.lead_search.page(LeadFilter(sees=SEES_ALL, words=words[:4]), after=None, limit=10)
                rows = await tx.leads.get_many(ids)
                everybody = await tx.leads.get_many(await tx.lead_search.page(LeadFilter(), after=None, limit=10))
    expected = {
        one.id
        for one in everybody.values()
        if all(is_in(word, f"{one.first_name or ''} {one.last_name or ''} {one.email}") for word in words[:4])
    }
    assert {*rows} == expected


async def test_no_log_line_and_no_metric_has_what_was_looked_for(
    client: httpx.AsyncClient, sign_in: MakeKey, leads: dict[str, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    admin, person = await sign_in("admin"), "mara.vogel@nordlicht.example"
    addresses = [
        (f"/v1/leads?email={person}", 200),
        (f"/v1/leads?q={person}", 200),
        (f"/v1/leads?emial={person}", 422),
        (f"/v1/leads?{person}=1", 422),
        (f"/v1/leads/{person}", 200),
        (f"/v1/leads/x{person}", 404),
        (f"/v1/leads/{person}%20x", 422),
        (f"/v1/inbox?lead={person}", 200),
        (f"/v1/audit?subject=lead:{person}", 200),
        (f"/v1/nothing/{person}", 404),
    ]
    with capture_logs() as lines, caplog.at_level(logging.DEBUG):
        for address, status in addresses:
            assert (await client.get(address, headers=admin)).status_code == status, address
    assert len([line for line in lines if line["event"] == "request"]) == len(addresses)
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith("http")
    ]  # the client's are not
    told = f"{lines}{ours}{(await client.get('/metrics', headers=admin)).text}"
    assert "nordlicht" not in told
    assert "/v1/leads/{lead_id}" in told
