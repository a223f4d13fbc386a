"""House rules: what every connector keeps, whatever it can do."""

import asyncio
import contextlib
import re
import socket
import traceback
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NoReturn

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from pointsman_sdk import (
    CONTRACT,
    AmbiguousOutcome,
    Connector,
    ConnectorError,
    Per,
    ReauthRequired,
    Rejected,
    Retryable,
    Subjects,
    implemented,
    limits_of,
)
from pointsman_sdk.testing.bench import Bench, secrets_in
from pointsman_sdk.testing.kinds import KINDS
from pointsman_sdk.testing.lent import Lines
from pointsman_sdk.testing.samples import ADA, NOW, PRIVATE
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire


class HouseChecks(Bench):
    """Manifest, configuration, secrets, and errors named for what the host does next."""

    @proves(Tier.BRONZE)
    def test_manifest_is_complete(self, connector: Any) -> None:
        """Fill every field of the Manifest; the name is a lower-case identifier, docs an https address."""
        manifest = connector.manifest
        assert isinstance(connector, Connector)
        first, last = manifest.contract
        assert first <= CONTRACT <= last
        assert manifest.auth
        assert manifest.limits.at_once >= 1
        assert manifest.limits.busy_batch >= 1
        assert manifest.invites
        assert manifest.name.isidentifier()
        assert manifest.name == manifest.name.lower()
        assert manifest.title.strip()
        assert manifest.docs.startswith("https://")
        assert manifest.maintainers
        assert all(name.strip() for name in manifest.maintainers)

    @proves(Tier.BRONZE)
    def test_declares_exactly_what_it_implements(self, connector: Any) -> None:
        """Declare each capability whose attribute satisfies its Protocol, and limits per SUBJECT with `subject_of`; no others."""
        assert implemented(connector) == connector.manifest.capabilities
        assert isinstance(connector, Subjects) is (connector.manifest.limits.per is Per.SUBJECT)
        if (own := getattr(connector, "limits", None)) is not None:
            assert limits_of(connector) is own, "limits of a connection are `Limits`, counted as the manifest says"
            assert own.at_once >= 1
        assert connector.manifest.capabilities

    @proves(Tier.BRONZE)
    async def test_check_asks_the_vendor(self, connector: Any, wire: Wire) -> None:
        """`check()` makes one authenticated call over what the context lends, and passes when the vendor is well."""
        await connector.check()
        assert wire.seen, "nothing came through the lent client, or over a connection that was dialled"

    @proves(Tier.BRONZE)
    @pytest.mark.parametrize("status", [401, 403])
    async def test_refused_credentials_stop_the_connection(self, connector: Any, wire: Wire, status: int) -> None:
        """Turn 401 into ReauthRequired, 403 into ReauthRequired or Rejected; neither is worth a retry."""
        wire.answer(status, times=9)
        expected = ReauthRequired if status == 401 else (ReauthRequired, Rejected)
        with pytest.raises(expected):
            await connector.check()

    @proves(Tier.BRONZE)
    @pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 200])
    async def test_errors_keep_secrets(self, connector: Any, config: BaseModel, wire: Wire, status: int) -> None:
        """Keep credentials, and the vendor's answer which may echo them, out of the whole error chain."""
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError) as caught:
            await connector.check()
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert not [1 for secret in [*secrets_in(config), *wire.shown()] if secret in shown]

    @proves(Tier.BRONZE)
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    async def test_busy_vendor_is_retryable(self, connector: Any, wire: Wire, status: int) -> None:
        """Turn 429 and every 5xx into Retryable, with `retry_after` from Retry-After in seconds."""
        wire.answer(status, headers={"Retry-After": "7"})
        with pytest.raises(Retryable) as caught:
            await connector.check()
        assert caught.value.retry_after == (timedelta(seconds=7) if wire.tells_waits else None)

    @proves(Tier.BRONZE)
    async def test_retry_after_may_be_a_date(self, connector: Any, wire: Wire) -> None:
        """Retry-After may be an HTTP date: subtract `context.clock()`, never the machine's clock."""
        if not wire.tells_waits:
            pytest.skip("excused: this vendor says no time to wait for")
        wire.answer(429, headers={"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)})
        with pytest.raises(Retryable) as caught:
            await connector.check()
        assert caught.value.retry_after == timedelta(seconds=90)

    @proves(Tier.BRONZE)
    @pytest.mark.parametrize("text", ["soon", "-5", "1e9", "9" * 400, "Thu, 01 Jan 1970 00:00:00 GMT", "²"])
    async def test_absurd_retry_after_is_survived(self, connector: Any, wire: Wire, text: str) -> None:
        """A nonsensical Retry-After gives None or a wait between nothing and a day."""
        if not wire.tells_waits:
            pytest.skip("excused: this vendor says no time to wait for")
        wire.answer(429, headers={"Retry-After": text})
        with pytest.raises(Retryable) as caught:
            await connector.check()
        assert timedelta() <= (caught.value.retry_after or timedelta()) <= timedelta(days=1)

    @proves(Tier.BRONZE)
    async def test_unreachable_vendor_is_retryable(self, connector: Any, wire: Wire) -> None:
        """Turn a refused connection into Retryable; nothing was sent, so it is not an AmbiguousOutcome."""
        wire.refuse()
        with pytest.raises(Retryable) as caught:
            await connector.check()
        assert not isinstance(caught.value, AmbiguousOutcome)

    @proves(Tier.BRONZE)
    @pytest.mark.parametrize("fault", ["garble", "truncate", "flood"])
    async def test_spoilt_answer_is_an_error(self, connector: Any, wire: Wire, fault: str) -> None:
        """An answer that is not the vendor's, not whole or without end is a ConnectorError, not a success."""
        getattr(wire, fault)()
        with pytest.raises(ConnectorError):
            await connector.check()
        assert all(flood.read < flood.ENOUGH for flood in wire.floods), "read a body without end to its end"

    @proves(Tier.BRONZE)
    async def test_two_connections_share_nothing(
        self, connect: Callable[[BaseModel], Connector], config: BaseModel, wire: Wire
    ) -> None:
        """Keep no module or class state: what one connection was told must not reach another."""
        secrets = [name for name, value in dict(config).items() if isinstance(value, SecretStr)]
        first = connect(config)
        await first.check()
        connect(config.model_copy(update=dict.fromkeys(secrets, SecretStr("another-secret"))))
        before = list(wire.told())
        wire.seen = []
        await first.check()
        assert list(wire.told()) == before

    @proves(Tier.BRONZE)
    async def test_logs_keep_secrets(
        self, connector: Any, vendor: Any, config: BaseModel, wire: Wire, lines: Lines
    ) -> None:
        """The log has no credential and no person, whatever happens: those who run the host read it."""
        await connector.check()
        for kind in KINDS:
            if kind.capability in connector.manifest.capabilities:
                await kind.of(connector).put(kind.thing(vendor))
                wire.answer(500)
                with contextlib.suppress(ConnectorError):
                    await kind.of(connector).put(kind.thing(vendor, state=1 if kind.varies else 0, sequence=1))
                wire.heal()
        wire.answer(401, times=9)
        with contextlib.suppress(ConnectorError):
            await connector.check()
        hidden = [*secrets_in(config), *wire.shown(), ADA.email, ADA.name, PRIVATE]
        assert not [word for word in hidden if word and word in "\n".join(lines.written)]

    @proves(Tier.BRONZE)
    async def test_vendor_is_called_through_the_lent_client(
        self, connector: Any, vendor: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Open no client and no socket of your own: address guard, time-outs and limits are the lent one's."""

        def refused(*_: object, **__: object) -> NoReturn:
            raise AssertionError("the connector opens a connection of its own")

        for place, name in (
            (httpx.AsyncClient, "__init__"),
            (httpx.Client, "__init__"),
            (socket, "create_connection"),
            (asyncio, "open_connection"),
            (urllib.request, "urlopen"),
        ):
            monkeypatch.setattr(place, name, refused)
        await connector.check()
        for kind in KINDS:
            if kind.capability in connector.manifest.capabilities:
                await kind.of(connector).put(kind.thing(vendor))

    @proves(Tier.BRONZE)
    async def test_clock_is_the_lent_one(self, connector: Any, vendor: Any, wire: Wire) -> None:
        """Read no clock of your own: nothing that is sent has today's date, when `context.clock` says another."""
        for kind in KINDS:
            if kind.capability in connector.manifest.capabilities:
                await kind.of(connector).put(kind.thing(vendor))
        today = datetime.now(UTC)
        written = [f"{today:%Y-%m-%d}", f"{today:%Y%m%d}T", str(int(today.timestamp()))[:6]]
        sent = wire.sent()
        assert not [(day, text) for text in sent for day in written if day in text and len(day) > 6]
        assert not [
            text for text in sent if re.search(rf"(?<![0-9]){written[2]}[0-9]{{4}}(?:[0-9]{{3}})?(?![0-9])", text)
        ]

    @proves(Tier.BRONZE)
    async def test_closing_leaves_the_lent_world(self, connector: Any, http: httpx.AsyncClient) -> None:
        """aclose() lets go of what is the connector's, twice if need be; the lent client is the host's to close."""
        await connector.check()
        await connector.aclose()
        await connector.aclose()
        assert not http.is_closed

    @proves(Tier.BRONZE)
    async def test_what_was_dialled_is_hung_up(self, connector: Any, vendor: Any, wire: Wire) -> None:
        """Close each connection that you dialled, however the call ends: the host has few of them."""
        if await wire.left_open() is None:
            pytest.skip("excused: this vendor is called over the lent client")
        for fault in ("heal", "garble", "truncate", "flood"):
            getattr(wire, fault)()
            with contextlib.suppress(ConnectorError):
                await connector.check()
        for kind in KINDS:
            if kind.capability in connector.manifest.capabilities:
                await kind.of(connector).put(kind.thing(vendor))
                wire.reset()
                with contextlib.suppress(ConnectorError):
                    await kind.of(connector).put(kind.thing(vendor, key="other-g1"))
        await connector.aclose()
        assert await wire.left_open() == 0

    @proves(Tier.BRONZE)
    async def test_credentials_in_clear_are_said(self, connector: Any, wire: Wire) -> None:
        """Dial with `plain=True` where credentials go without TLS: then the host connects to opened networks alone."""
        await connector.check()
        if wire.in_clear() is None:
            pytest.skip("excused: this vendor is called over the lent client")
        assert wire.in_clear() == 0
