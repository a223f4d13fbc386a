"""Checks of pushes: only the vendor's own call is taken, a callback that it tries answers, a watch that ends is begun anew."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from pointsman_sdk import Capability, Rejected, WebhookRequest
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import at
from pointsman_sdk.testing.tiers import Tier, proves

WATCHES = Capability.WATCHES
CALLBACK = "https://host.example/hooks/check"
SECRET, OTHER = SecretStr("watch-secret-of-32-characters-ok"), SecretStr("watch-secret-of-another-calendar")
_BODIES = (
    b"",
    b"{",
    b"{}",
    b"null",
    b"[1]",
    b'{"value":[]}',
    b'{"value":[1]}',
    b"\xff\xfe",
    b"[" * 50_000,
    b"1" * 9_999,
)


async def _is_watched(connector: Any, vendor: Any) -> bool:
    return await connector.watches.watch(vendor.calendar, CALLBACK, SECRET) is not None


async def _push(connector: Any, vendor: Any) -> WebhookRequest:
    """What the vendor sends when a calendar that is watched changes."""
    if not await _is_watched(connector, vendor):
        pytest.skip("excused: this vendor pushes no changes")
    vendor.block(at(14))
    pushed = vendor.pushed()
    assert pushed, "the vendor calls the callback when a watched calendar changes: let the fake do so"
    push: WebhookRequest = pushed[-1]
    return push


class PushChecks(Bench):
    """heard."""

    @proves(Tier.SILVER, WATCHES)
    async def test_push_is_acknowledged(self, connector: Any, vendor: Any) -> None:
        """heard() of the vendor's own call is a success without events or a body, however often it comes; the watch goes on."""
        push = await _push(connector, vendor)
        for _ in range(2):
            reply = connector.watches.heard(push, SECRET)
            assert 200 <= reply.status < 300
            assert (tuple(reply.events), reply.body, reply.renew) == ((), b"", False)

    @proves(Tier.SILVER, WATCHES)
    async def test_push_of_a_stranger_is_rejected(self, connector: Any, vendor: Any) -> None:
        """heard() rejects a call with the secret of another watch, and one that shows none, though it knows the callback."""
        forged = [WebhookRequest(method="POST", url=CALLBACK, headers={}, body=body) for body in _BODIES]
        if await _is_watched(connector, vendor):
            push = await _push(connector, vendor)
            with pytest.raises(Rejected):
                connector.watches.heard(push, OTHER)
            for value in ("", "\u00e9\u2028v1,==="):
                forged += [replace(one, headers=dict.fromkeys(push.headers, value)) for one in forged[: len(_BODIES)]]
        for request in forged:
            with pytest.raises(Rejected):
                connector.watches.heard(request, SECRET)

    @proves(Tier.GOLD, WATCHES)
    @pytest.mark.parametrize("body", _BODIES, ids=range(len(_BODIES)))
    async def test_malformed_push_is_rejected(self, connector: Any, vendor: Any, body: bytes) -> None:
        """heard() of a body that is not the vendor's raises Rejected, or says "look" where the headers prove it; nothing else."""
        push = await _push(connector, vendor)
        try:
            reply = connector.watches.heard(replace(push, body=body), SECRET)
        except Rejected:
            return
        assert not reply.events

    @proves(Tier.SILVER, WATCHES)
    async def test_callback_that_is_tried_answers(self, connector: Any, vendor: Any) -> None:
        """heard() of the vendor's trial of a callback has the status, the type and the body that the vendor waits for."""
        if not await _is_watched(connector, vendor):
            pytest.skip("excused: this vendor pushes no changes")
        for name, (request, wanted) in vendor.trials(CALLBACK).items():
            reply = connector.watches.heard(request, SECRET)
            assert (name, reply.status, reply.body) == (name, wanted.status, wanted.body)
            assert wanted.headers.items() <= reply.headers.items()
            assert not reply.events

    @proves(Tier.SILVER, WATCHES)
    async def test_watch_that_ends_is_begun_anew(self, connector: Any, vendor: Any) -> None:
        """heard() of a call that tells of a watch's end says `renew`, and is a success; a stranger cannot tell so."""
        if not await _is_watched(connector, vendor):
            pytest.skip("excused: this vendor pushes no changes")
        ends = vendor.end_watches()
        if not ends:
            pytest.skip("excused: this vendor does not say that a watch ends")
        for end in ends:
            reply = connector.watches.heard(end, SECRET)
            assert (200 <= reply.status < 300, reply.renew, reply.body, tuple(reply.events)) == (True, True, b"", ())
            with pytest.raises(Rejected):
                connector.watches.heard(end, OTHER)
