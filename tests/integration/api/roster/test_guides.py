"""The calls that README and the guides show are taken as they are pasted."""

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.policies.lifecycle import add_draft, publish_policy
from support.floors.use_case_env import ADMIN
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

ROOT = Path(__file__).parents[4]
PAGES = ("README.md", "docs/first-hour.md", "docs/guides/add-a-rep-with-a-calendar.md")
HOST = "http://127.0.0.1:8000"
ELSEWHERE = ("/v1/connections/", "/calendars")  # these ask a calendar server, which a guide only gives an example of


def calls() -> list[tuple[str, str, str, object]]:
    """(page, method, path, body) of each curl that the pages show."""
    found = []
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL):
            for command in re.findall(r"^curl (?:\\\n|[^\n']|'[^']*')*", block, re.MULTILINE):
                words = shlex.split(command)
                body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
                method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
                (address,) = (word for word in words if word.startswith(HOST))
                found.append((page, method, address.removeprefix(HOST), body))
    return found


async def test_each_call_is_taken(app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    env, headers = app.state.env, await sign_in("admin")
    role = {"works": ["closing", "qualification"]}
    assert (await client.put("/v1/roles/Closer", json=role, headers=headers)).is_success
    document = {"rules": [{"name": "all", "work": "nurture"}]}
    await publish_policy(
        env, (await add_draft(env, document, note="", actor=ADMIN)).policy.version, note="x", actor=ADMIN
    )
    pages = set[str]()
    for page, method, path, body in calls():
        pages.add(page)
        if not any(part in path for part in ELSEWHERE):
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.is_success, (page, path, answer.text)
    assert pages == set(PAGES)


def test_no_guide_names_a_command_that_is_not_there() -> None:
    from pointsman.cli.commands import COMMANDS

    for page in PAGES:
        named = re.findall(r"(?:bin/|`)pointsman ([a-z]+)", (ROOT / page).read_text())
        assert set(named) <= set(COMMANDS), page
