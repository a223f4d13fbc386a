"""The answer to `POST /v1/leads` says what is stored, and who has the lead."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.domain.leads.nurture import NurtureCause
from pointsman.services.holds.close_lead import move_to_nurture
from support.floors.use_case_env import ADMIN, World
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio


@pytest.fixture
async def headers(sign_in: MakeKey) -> dict[str, str]:
    return await sign_in("admin")


async def both(
    client: httpx.AsyncClient, headers: dict[str, str], email: str, **fields: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the answer says, and the lead as it is read a moment later."""
    body = {"email": email, "fields": {name.replace("__", "."): value for name, value in fields.items()}}
    answer = await client.post("/v1/leads", json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json(), (await client.get(f"/v1/leads/{answer.json()['lead']['id']}", headers=headers)).json()


def agree(said: dict[str, Any], read: dict[str, Any]) -> None:
    """The answer is a lead as it is read, and its holder."""
    assert said["lead"] == {name: read[name] for name in said["lead"]}
    assert said["holder"] == read["holder"]


async def test_a_new_lead_is_answered_with_its_holder(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    said, read = await both(client, headers, "mara@nordlicht.example", lead__country="DE")
    agree(said, read)
    assert said["holder"]["decision_id"] == said["decision"]["id"]
    assert (said["holder"]["rep"], said["holder"]["work"]) == (said["decision"]["rep"], "qualification")


async def test_a_known_lead_is_answered_with_who_has_it(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    first, _ = await both(client, headers, "mara@nordlicht.example", lead__country="DE")
    again, read = await both(client, headers, "mara@nordlicht.example", lead__score=7)
    agree(again, read)
    assert (again["decision"], again["holder"]) == (None, first["holder"])


async def test_a_lead_that_no_rep_has_is_answered_without_a_holder(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for email, fields in (("ida@far.example", {}), ("ole@far.example", {"lead__country": "JP"})):
        said, read = await both(client, headers, email, **fields)
        agree(said, read)
        assert (said["holder"], said["lead"]["stage"]) == (None, "held")


async def test_a_lead_that_a_rule_puts_into_nurture_says_since_when_and_why(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    said, read = await both(client, headers, "mara@nordlicht.example", lead__source="newsletter")
    agree(said, read)
    assert (said["lead"]["stage"], said["lead"]["nurture_cause"]) == ("nurture", "rule")
    assert said["lead"]["nurture_since"] is not None
    assert "Newsletter to nurture" in said["lead"]["nurture_reason"]


async def test_a_lead_that_comes_back_from_nurture_has_no_cool_off_left(
    client: httpx.AsyncClient, headers: dict[str, str], world: World
) -> None:
    first, _ = await both(client, headers, "mara@nordlicht.example", lead__country="DE")
    for until, stays in ((timedelta(days=9), True), (timedelta(seconds=-1), False)):
        async with world.env.uow() as tx:
            lead = await tx.leads.get(UUID(first["lead"]["id"]), lock=True)
            assert lead is not None
            cool_off = world.env.clock() + until
            await move_to_nurture(
                world.env, tx, lead, cause=NurtureCause.LOST, until=cool_off, end_reason="lost", actor=ADMIN
            )
        said, read = await both(client, headers, "mara@nordlicht.example", lead__score=9)
        agree(said, read)
        assert (said["lead"]["nurture_until"] is not None, said["holder"] is None) == (stays, stays)


async def test_a_partner_hears_of_its_own_rep_alone(
    client: httpx.AsyncClient, headers: dict[str, str], sign_in: MakeKey
) -> None:
    partner = await sign_in("intake", "read", supplier="callwerk")
    own = {"email": "otto@else.example", "fields": {"lead.source": "cold_list"}}
    for _ in range(2):
        answer = (await client.post("/v1/leads", json=own, headers=partner)).json()
        assert answer["holder"]["rep"] in {"mia", "paul"}
        assert answer["lead"]["stage"] == "working"
    await both(client, headers, "mara@nordlicht.example", lead__country="DE")
    of_house = await client.post("/v1/leads", json={"email": "mara@nordlicht.example"}, headers=partner)
    assert (of_house.json()["lead"], of_house.json()["holder"]) == (None, None)
