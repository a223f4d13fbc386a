"""A document is checked against what is there now: the roster, the intakes, and which connections send mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.domain.policy.invitations import TextName
from pointsman.services.policies.checking import check_and_preview, check_document
from support.wording import english

pytestmark = pytest.mark.anyio

CONNECTIONS = {"post": "smtp", "calendars": "caldav", "later": "hub", "sooner": "hub"}


def env(asked: list[str]) -> Any:
    """An environment with two connections and neither roster nor intakes; `asked` hears whose manifest was read."""

    async def live_versions() -> Any:
        return SimpleNamespace(roster=None, policy=None)

    async def connectors() -> dict[str, str]:
        return CONNECTIONS

    async def owner_keeping_crms() -> list[Any]:
        return [
            SimpleNamespace(id=2, key="later", connector="hub", created_at=datetime(2026, 11, 2, tzinfo=UTC)),
            SimpleNamespace(id=1, key="sooner", connector="hub", created_at=datetime(2026, 11, 1, tzinfo=UTC)),
        ]

    async def intakes() -> list[Any]:
        return []

    async def writing_connectors() -> dict[str, str]:
        return {}

    @asynccontextmanager
    async def uow() -> AsyncIterator[Any]:
        yield SimpleNamespace(
            policies=SimpleNamespace(live_versions=live_versions),
            connections=SimpleNamespace(connectors=connectors, owner_keeping_crms=owner_keeping_crms),
            calendars=SimpleNamespace(writing_connectors=writing_connectors),
            intakes=SimpleNamespace(list=intakes),
        )

    def sends_mail(connector: str) -> bool:
        asked.append(connector)
        return connector == "smtp"

    def abilities(connector: str) -> frozenset[CrmAbility]:
        asked.append(connector)
        return frozenset({CrmAbility.RECORDS, CrmAbility.TASKS})

    return SimpleNamespace(
        uow=uow,
        crm=SimpleNamespace(abilities=abilities),
        notices=SimpleNamespace(sends_mail=sends_mail),
        clock=lambda: datetime(2026, 11, 18, tzinfo=UTC),
        public_url="https://leads.example",
        organisation="",
    )


def document(connection: str) -> dict[str, Any]:
    invitations = {"by": "mail", "connection": connection}
    return {"pools": {"closers": {"work": "closing", "members": ["anna"], "invitations": invitations}}}


@pytest.mark.parametrize(
    ("connection", "code"),
    [("post", None), ("psot", "unknown-connection"), ("calendars", "connection-sends-no-mail")],
)
async def test_a_connection_is_known_by_its_key_and_sends_mail_by_its_connector(
    connection: str, code: str | None
) -> None:
    findings = await check_document(env([]), document(connection))
    assert [one.code for one in findings if "invitations" in one.path] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("crm", "code"),
    [
        ({"connection": "later", "set": {"x": "y"}}, None),
        ({"connection": "latter", "set": {"x": "y"}}, "unknown-connection"),
        ({"connection": "post", "set": {"x": "y"}}, "connection-hears-of-no-leads"),
        ({"connection": "later", "lists": ["12"]}, "connection-cannot"),
        ({"lists": ["12"]}, "no-crm-there"),
        ({"tasks": [{"subject": "Call"}]}, "several-crms"),
    ],
)
async def test_what_a_rule_has_the_crm_do_is_held_against_the_crms_that_hear_of_leads(
    crm: dict[str, Any], code: str | None
) -> None:
    rule = {"name": "inbound", "work": "qualification", "pool": "sdr", "crm": crm}
    findings = await check_document(env([]), {"rules": [rule]})
    found = [(one.code, one.message) for one in findings if ".crm" in one.path]
    assert [found_code for found_code, _ in found] == ([] if code is None else [code])
    if code == "several-crms":
        assert "first does it, sooner" in english(found[0][1])


async def test_no_connector_is_imported_for_a_policy_that_sends_nothing() -> None:
    asked: list[str] = []
    await check_document(env(asked), {"pools": {"closers": {"work": "closing", "members": ["anna"]}}})
    assert asked == []


async def test_the_preview_comes_with_the_findings() -> None:
    findings, preview = await check_and_preview(env([]), document("post"))
    assert not [one for one in findings if "invitations" in one.path]
    (pool,) = preview.pools
    assert (pool.pool, pool.messages[0].message) == ("closers", "confirmation")
    assert pool.values["de"][TextName.FIRST_NAME] == "Erika"


async def test_a_document_that_cannot_be_read_has_findings_alone() -> None:
    findings, preview = await check_and_preview(env([]), {"pools": {"closers": {"invitations": {"by": "mail"}}}})
    assert "mail-without-connection" in [one.code for one in findings]
    assert preview.pools == ()
