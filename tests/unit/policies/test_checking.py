"""A document is checked against what is there now: the roster, the intakes, and which connections send mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pointsman.domain.policy.invitations import TextName
from pointsman.services.policies.checking import check_and_preview, check_document

pytestmark = pytest.mark.anyio

CONNECTIONS = {"post": "smtp", "calendars": "caldav"}


def env(asked: list[str]) -> Any:
    """An environment with two connections and neither roster nor intakes; `asked` hears whose manifest was read."""

    async def live_versions() -> Any:
        return SimpleNamespace(roster=None, policy=None)

    async def connectors() -> dict[str, str]:
        return CONNECTIONS

    async def intakes() -> list[Any]:
        return []

    async def writing_connectors() -> dict[str, str]:
        return {}

    @asynccontextmanager
    async def uow() -> AsyncIterator[Any]:
        yield SimpleNamespace(
            policies=SimpleNamespace(live_versions=live_versions),
            connections=SimpleNamespace(connectors=connectors),
            calendars=SimpleNamespace(writing_connectors=writing_connectors),
            intakes=SimpleNamespace(list=intakes),
        )

    def sends_mail(connector: str) -> bool:
        asked.append(connector)
        return connector == "smtp"

    return SimpleNamespace(
        uow=uow,
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
