"""Intake checks: only what the vendor signed, lately; each event with a key that stays; handshakes as the vendor wants them."""

from dataclasses import replace
from typing import Any

import pytest

from pointsman_sdk import Capability, ConnectorError, Event, Rejected
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import ADA, HOSTILE
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

INTAKE = Capability.INTAKE


class IntakeChecks(Bench):
    """answer, fetch, since."""

    @proves(Tier.SILVER, INTAKE)
    def test_signed_webhook_is_answered(self, connector: Any, vendor: Any) -> None:
        """answer() to the vendor's own request is a success, and gives one event per lead, each with its own key."""
        reply = connector.intake.answer(vendor.hook([ADA, HOSTILE]))
        assert 200 <= reply.status < 300
        assert len({event.key for event in reply.events}) == 2

    @proves(Tier.SILVER, INTAKE)
    def test_tampered_webhook_is_rejected(self, connector: Any, vendor: Any) -> None:
        """answer() rejects a request without a signature, and one whose body is not the one that was signed."""
        hook = vendor.hook([ADA])
        forged = [
            replace(hook, headers={}),
            replace(hook, headers=dict.fromkeys(hook.headers, "")),
            replace(hook, headers=dict.fromkeys(hook.headers, "\u00e9\u2028v1,===")),
        ]
        if connector.manifest.signs is not None and connector.manifest.signs.body:
            forged += [replace(hook, body=hook.body + b" "), replace(hook, body=b"")]
        for request in forged:
            with pytest.raises(Rejected):
                connector.intake.answer(request)

    @proves(Tier.GOLD, INTAKE)
    def test_signature_covers_the_body(self, connector: Any) -> None:
        """The manifest says so (`signs.body`): who reads one request of a vendor that signs no body can forge others."""
        assert connector.manifest.signs is not None, "say in the manifest what the vendor's signature covers"
        assert connector.manifest.signs.body

    @proves(Tier.GOLD, INTAKE)
    def test_replayed_webhook_is_rejected(self, connector: Any, vendor: Any) -> None:
        """answer() rejects what was signed an hour ago, or in an hour: a signature is not good for ever."""
        for age in (3600, -3600):
            with pytest.raises(Rejected):
                connector.intake.answer(vendor.hook([ADA], age_seconds=age))

    @proves(Tier.SILVER, INTAKE)
    def test_event_keys_are_stable(self, connector: Any, vendor: Any) -> None:
        """The same event delivered again has the same key: take the vendor's id, do not make one."""
        hook = vendor.hook([ADA, HOSTILE])
        first, again = connector.intake.answer(hook), connector.intake.answer(hook)
        assert [event.key for event in first.events] == [event.key for event in again.events]

    @proves(Tier.GOLD, INTAKE)
    @pytest.mark.parametrize("body", [b"", b"{", b"null", b"[1]", b'{"a":1}', b"\xff\xfe", b"[" * 50_000, b"1" * 9_999])
    def test_malformed_webhook_is_rejected(self, connector: Any, vendor: Any, body: bytes) -> None:
        """answer() raises Rejected for every body that is not the vendor's format, and nothing else."""
        with pytest.raises(Rejected):
            connector.intake.answer(replace(vendor.hook([ADA]), body=body))

    @proves(Tier.SILVER, INTAKE)
    def test_handshakes_are_answered_as_the_vendor_wants(self, connector: Any, vendor: Any) -> None:
        """A handshake, a challenge, an empty push: status and body are what the vendor waits for, and there is no event."""
        for name, (request, wanted) in vendor.handshakes().items():
            reply = connector.intake.answer(request)
            assert (name, reply.status, reply.body) == (name, wanted.status, wanted.body)
            assert not reply.events

    @proves(Tier.SILVER, INTAKE)
    async def test_events_are_fetched_together(self, connector: Any, vendor: Any, wire: Wire) -> None:
        """fetch() answers what each event says, in fewer calls than there are events; None for what is not there."""
        events = list(connector.intake.answer(vendor.hook([ADA, HOSTILE])).events)
        wire.seen = []
        found = await connector.intake.fetch(events)
        assert [ADA.email in str(found[events[0].key].fields), HOSTILE.email in str(found[events[1].key].fields)] == [
            True,
            True,
        ]
        assert len(wire.seen) < len(events) or all(event.body is not None for event in events)
        lost = replace(events[0], key="lost-1", about="never-seen-1", body=None)
        assert (await connector.intake.fetch([lost])).get("lost-1") is None

    @proves(Tier.GOLD, INTAKE)
    async def test_what_is_older_than_its_event_is_left_out(self, connector: Any, vendor: Any) -> None:
        """fetch() leaves out what the vendor does not show yet: the older copy would be taken for the news."""
        told = connector.intake.answer(vendor.hook([ADA])).events[0]
        ahead = vendor.ahead(told)
        if ahead is None:
            pytest.skip("excused: the events of this vendor do not tell which state they are about")
        assert ahead.key not in await connector.intake.fetch([ahead])
        assert told.key in await connector.intake.fetch([told])

    @proves(Tier.GOLD, INTAKE)
    @pytest.mark.parametrize("status", [401, 403, 429, 500])
    async def test_failed_fetch_is_not_nothing(self, connector: Any, vendor: Any, wire: Wire, status: int) -> None:
        """fetch() that cannot read raises, or leaves the event out: None would throw the lead away."""
        events: list[Event] = list(connector.intake.answer(vendor.hook([ADA])).events)
        wire.answer(status, times=9)
        try:
            found = await connector.intake.fetch(events)
        except ConnectorError:
            return
        assert events[0].key not in found or found[events[0].key] is not None

    @proves(Tier.SILVER, INTAKE)
    async def test_missed_events_are_told(self, connector: Any, vendor: Any) -> None:
        """since() tells, over all pages, what happened after the cursor, under the keys of the webhooks."""
        begun = await connector.intake.since(None)
        assert not begun.events
        told = list(connector.intake.answer(vendor.hook([ADA, HOSTILE])).events)
        told += connector.intake.answer(vendor.hook([ADA])).events
        cursor = begun.cursor
        missed: list[Event] = []
        for _ in range(10):
            page = await connector.intake.since(cursor)
            cursor, missed = page.cursor, [*missed, *page.events]
            if not page.events:
                break
        assert [event.key for event in missed] == [event.key for event in told]

    @proves(Tier.SILVER, INTAKE)
    async def test_unknown_cursor_of_events_is_not_complete(self, connector: Any) -> None:
        """since() with a cursor that the vendor does not know (any more) says that something is missing."""
        assert not (await connector.intake.since("no-such-cursor")).complete

    @proves(Tier.GOLD, INTAKE)
    @pytest.mark.parametrize("status", [401, 429, 500])
    async def test_failed_catching_up_raises(self, connector: Any, wire: Wire, status: int) -> None:
        """since() that cannot read raises: "nothing happened" would lose what came during the outage."""
        begun = await connector.intake.since(None)
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.intake.since(begun.cursor)
