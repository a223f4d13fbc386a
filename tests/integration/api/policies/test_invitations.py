"""Invitations over HTTP: shown before they are live, checked against the connections, refused, and compared in words."""

from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.roster.change_roster import put_roster
from support.databases.fixtures import make_floor
from support.floors.use_case_env import ADMIN, POLICY, floor_given
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

POOL = "closers-mid-market"
MAIL = {"by": "mail", "connection": "post"}


def inviting(**invitations: Any) -> dict[str, Any]:
    return {**POLICY, "pools": {**POLICY["pools"], POOL: {**POLICY["pools"][POOL], "invitations": invitations}}}


async def furnish(app: FastAPI) -> None:
    """The floor's roster, a connection that sends mail, and one whose connector is gone."""
    env = app.state.env
    await put_roster(env, floor_given(), actor=ADMIN)
    async with env.uow() as tx:
        for key, connector in (("post", "memory"), ("calendars", "gone")):
            row = ConnectionRow(
                id=env.new_id(), key=key, connector=connector, config={}, sealed=b"", active=True, fault=None,
                created_at=env.clock(),
            )  # fmt: skip
            await tx.connections.add(row)


@pytest.fixture
async def desk(client: httpx.AsyncClient, app: FastAPI, own_database: str, sign_in: MakeKey) -> httpx.AsyncClient:
    await make_floor(own_database, "roster and connections", partial(furnish, app))
    client.headers.update(await sign_in("admin", "read"))
    return client


async def checked(desk: httpx.AsyncClient, document: Any, **headers: str) -> dict[str, Any]:
    answer = await desk.post("/v1/policies/check", json=document, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_each_message_is_shown_as_it_would_go_out(desk: httpx.AsyncClient) -> None:
    texts = {"confirmation": {"de": {"subject": "Hallo {{ first_name }}", "body": "{{ change_url }}"}}}
    shown = await checked(desk, inviting(**MAIL, reminders=["1d"], texts=texts))
    assert shown["publishable"], shown["findings"]
    (pool,) = shown["previews"]
    assert (pool["pool"], shown["previews_left_out"]) == (POOL, 0)
    assert {(one["message"], one["language"]) for one in pool["messages"]} == {
        (message, language)
        for message in ("confirmation", "change", "cancellation", "reminder")
        for language in ("de", "en")
    }
    first = pool["messages"][0]
    assert first["subject"] == f"Hallo {pool['values']['de']['first_name']}"
    assert first["html"].startswith('<p><a href="http')


async def test_a_policy_that_sends_nothing_has_no_previews(desk: httpx.AsyncClient) -> None:
    assert (await checked(desk, POLICY))["previews"] == []


async def test_a_document_that_cannot_be_read_has_findings_and_no_previews(desk: httpx.AsyncClient) -> None:
    shown = await checked(desk, inviting(by="mail"))
    assert [one["code"] for one in shown["findings"]] == ["mail-without-connection"]
    assert shown["previews"] == []


@pytest.mark.parametrize(
    ("connection", "code"), [("psot", "unknown-connection"), ("calendars", "connection-sends-no-mail")]
)
async def test_a_connection_that_sends_no_mail_is_found(desk: httpx.AsyncClient, connection: str, code: str) -> None:
    shown = await checked(desk, inviting(by="mail", connection=connection))
    assert [one["code"] for one in shown["findings"] if one["path"].startswith("pools.")] == [code]
    assert not shown["publishable"]


async def test_faults_of_texts_are_told_in_german_with_their_line(desk: httpx.AsyncClient) -> None:
    texts = {"change": {"de": {"body": "Guten Tag\n{{ nmae }}"}}}
    shown = await checked(desk, inviting(**MAIL, texts=texts), **{"Accept-Language": "de"})
    (fault,) = [one for one in shown["findings"] if one["code"] == "unknown-text-name"]
    assert fault["path"] == f"pools.{POOL}.invitations.texts.change.de.body"
    assert fault["message"] == "Zeile 2: Es gibt keinen Namen „nmae“; meinten Sie „name“?"


async def test_a_draft_whose_text_has_a_fault_cannot_go_live(desk: httpx.AsyncClient) -> None:
    texts = {"change": {"en": {"subject": "{{ name.__class__ }}"}}}
    draft = await desk.post("/v1/policies", json=inviting(**MAIL, texts=texts))
    assert draft.status_code == 201, draft.text
    refused = await desk.post(f"/v1/policies/{draft.json()['version']}/publish", json={"note": "go"})
    assert refused.status_code == 422
    assert [fault["code"] for fault in refused.json()["faults"]] == ["text-malformed"]


async def test_what_changed_in_invitations_is_told_in_words(desk: httpx.AsyncClient) -> None:
    one, other = [
        (await desk.post("/v1/policies", json=document)).json()["version"] for document in (POLICY, inviting(**MAIL))
    ]
    answer = (await desk.get(f"/v1/policies/{one}/diff/{other}")).json()
    said = [change["sentence"] for part in answer["parts"] for change in part["changes"]]
    assert said[0] == f"pool '{POOL}' now has mail as way of invitations, was none"
