"""Sign-in checks: a token that is stale is renewed once, and one that is refused for good is not asked with again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pointsman_sdk import ReauthRequired
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import NOW
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire


class SignInChecks(Bench):
    """Connections that sign in by OAuth 2, on a bench whose vendor issues tokens (`TokenVendor`)."""

    @pytest.fixture
    async def issuing(self, connector: Any, vendor: Any) -> Any:
        """The vendor, once it let the connector in; the check is excused where that took no token of OAuth 2."""
        await connector.check()
        if not hasattr(vendor, "issue") or not vendor.issued.tokens:
            pytest.skip("excused: this connection does not sign in by OAuth 2")
        return vendor

    @proves(Tier.SILVER)
    async def test_refused_token_is_renewed_once(self, connector: Any, issuing: Any) -> None:
        """A 401 is answered by one renewal, however many ask meanwhile, and the call is made again: no error is seen."""
        before = issuing.issued.renewals
        issuing.expire()
        await asyncio.gather(*(connector.check() for _ in range(4)))
        assert issuing.issued.renewals == before + 1

    @proves(Tier.SILVER)
    async def test_expired_token_is_renewed_before_a_call(
        self, connector: Any, issuing: Any, tokens: Any, wire: Wire
    ) -> None:
        """A token whose time is over is renewed first, once for four callers: no vendor is shown it."""
        before, stale = issuing.issued.renewals, await tokens.current()
        tokens.lend(replace(stale, expires_at=NOW - timedelta(minutes=1), renew_at=None))
        shown_before = len(wire.shown())
        await asyncio.gather(*(connector.check() for _ in range(4)))
        assert stale.access.get_secret_value() not in wire.shown()[shown_before:], "a stale token was shown"
        assert issuing.issued.renewals == before + 1

    @proves(Tier.SILVER)
    async def test_token_refused_for_good_stops_the_connection(self, connector: Any, issuing: Any, wire: Wire) -> None:
        """A new token that is refused, too, is ReauthRequired, after one renewal: never a loop."""
        before = issuing.issued.renewals
        wire.answer(401, times=20)
        with pytest.raises(ReauthRequired):
            await connector.check()
        assert issuing.issued.renewals <= before + 1
