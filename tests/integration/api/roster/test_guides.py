"""The calls that README and the guides show are taken as they are pasted."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.policies.lifecycle import add_draft, publish_policy
from support.floors.use_case_env import ADMIN
from support.http.keys import MakeKey
from support.http.shown_calls import Shown, shown_calls

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

ROOT = Path(__file__).parents[4]
PAGES = ("README.md", "docs/first-hour.md", "docs/guides/add-a-rep-with-a-calendar.md")
ELSEWHERE = ("/v1/connections/", "/calendars")  # these ask a calendar server, which a guide only gives an example of


def calls() -> list[tuple[str, Shown]]:
    """Each curl that the pages show, by page."""
    return [(page, shown) for page in PAGES for shown in shown_calls((ROOT / page).read_text())]


async def test_each_call_is_taken(app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    env, headers = app.state.env, await sign_in("admin")
    role = {"works": ["closing", "qualification"]}
    assert (await client.put("/v1/roles/Closer", json=role, headers=headers)).is_success
    document = {"rules": [{"name": "all", "work": "nurture"}]}
    await publish_policy(
        env, (await add_draft(env, document, note="", actor=ADMIN)).policy.version, note="x", actor=ADMIN
    )
    pages = set[str]()
    for page, shown in calls():
        pages.add(page)
        if not any(part in shown.path for part in ELSEWHERE):
            answer = await client.request(shown.method, shown.path, json=shown.body, headers=headers)
            assert answer.is_success, (page, shown.path, answer.text)
    assert pages == set(PAGES)


def test_no_guide_names_a_command_that_is_not_there() -> None:
    from pointsman.cli.commands import COMMANDS

    for page in (*PAGES, "docs/guides/from-the-phone-to-the-closer.md"):
        named = re.findall(r"(?:bin/|`)pointsman ([a-z]+)", (ROOT / page).read_text())
        assert set(named) <= set(COMMANDS), page
