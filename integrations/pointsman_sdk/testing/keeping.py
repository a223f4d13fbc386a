"""One set of checks over every kind of thing that is kept at the vendor: put, get, drop."""

import asyncio
from typing import Any

import pytest

from pointsman_sdk import AmbiguousOutcome, ConnectorError, Rejected, RemoteRecord, Retryable
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.kinds import DROPPING, GETTING, KINDS, VARYING, Kind, hostile, hostile_words, over
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

every_kind, varying, getting, dropping = over(KINDS), over(VARYING), over(GETTING), over(DROPPING)


def texts(vendor: Any, kind: Kind) -> list[str]:
    """What the vendor's rows of this kind are called."""
    return sorted(row.text for row in vendor.rows(kind.capability))


class KeepingChecks(Bench):
    """Desired state: a thing is brought to a state under its key, whatever is repeated or lost."""

    @proves(Tier.SILVER)
    @every_kind
    async def test_put_keeps_what_was_asked(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """put() makes one, answers it as the vendor has it under its key and place, and get() answers the same."""
        thing = kind.thing(vendor)
        made = await kind.of(connector).put(thing)
        assert isinstance(made, RemoteRecord)
        assert (made.key, made.place) == (thing.key, thing.place)
        assert made.id
        assert texts(vendor, kind) == [kind.text(0)]
        if "get" in kind.verbs:
            assert await kind.of(connector).get(thing.place, thing.key) == made

    @proves(Tier.SILVER)
    @every_kind
    async def test_put_again_keeps_one(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """The same state again changes nothing, its version neither."""
        thing = kind.thing(vendor)
        made = await kind.of(connector).put(thing)
        assert await kind.of(connector).put(thing) == made
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @every_kind
    async def test_simultaneous_puts_keep_one(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """Let the vendor's own uniqueness decide, not a look-up before the write: retries may overlap."""
        tries = [kind.of(connector).put(kind.thing(vendor)) for _ in range(4)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(a, Retryable) or not isinstance(a, BaseException) for a in answers), answers
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @every_kind
    @pytest.mark.parametrize("fault", ["lose_answer", "reset"])
    async def test_lost_answer_keeps_one(self, connector: Any, vendor: Any, wire: Wire, kind: Kind, fault: str) -> None:
        """A write without an answer is AmbiguousOutcome, and the same put() then leaves one."""
        thing = kind.thing(vendor)
        getattr(wire, fault)()
        with pytest.raises(AmbiguousOutcome):
            await kind.of(connector).put(thing)
        await kind.of(connector).put(thing)
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @every_kind
    @pytest.mark.parametrize("status", [500, 502, 504])
    async def test_gateway_s_failure_after_the_act_keeps_one(
        self, connector: Any, vendor: Any, wire: Wire, kind: Kind, status: int
    ) -> None:
        """A 500, 502 or 504 on a write is AmbiguousOutcome: a gateway may have said it for a vendor that acted."""
        thing = kind.thing(vendor)
        wire.fail_after(status)
        with pytest.raises(AmbiguousOutcome):
            await kind.of(connector).put(thing)
        await kind.of(connector).put(thing)
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @every_kind
    async def test_unreadable_answer_to_a_write_keeps_one(
        self, connector: Any, vendor: Any, wire: Wire, kind: Kind
    ) -> None:
        """An answer to a write that cannot be read is no failure of the write: AmbiguousOutcome, or read back at once."""
        thing = kind.thing(vendor)
        wire.alter(lambda body: b"<html>hello</html>" if body.strip() else body, writes_only=True)
        answers = await asyncio.gather(kind.of(connector).put(thing), return_exceptions=True)
        answer: object = answers[0]
        assert isinstance(answer, AmbiguousOutcome | RemoteRecord), repr(answer)
        await kind.of(connector).put(thing)
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @every_kind
    async def test_failed_write_may_be_repeated(self, connector: Any, vendor: Any, wire: Wire, kind: Kind) -> None:
        """A 503 on a write is Retryable, and the same put() then works."""
        wire.answer(503, writes_only=True)
        with pytest.raises(Retryable):
            await kind.of(connector).put(kind.thing(vendor))
        await kind.of(connector).put(kind.thing(vendor))
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @varying
    async def test_newer_state_takes_the_older_one_s_place(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """put() with a newer state changes the one that is there, and its version with it."""
        made = await kind.of(connector).put(kind.thing(vendor))
        changed = await kind.of(connector).put(kind.thing(vendor, state=1))
        assert changed.id == made.id
        assert changed.version != made.version
        assert texts(vendor, kind) == [kind.text(1)]

    @proves(Tier.SILVER)
    @varying
    async def test_late_state_changes_nothing(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """A lower sequence than stands there is late: answer what is there."""
        await kind.of(connector).put(kind.thing(vendor))
        newer = await kind.of(connector).put(kind.thing(vendor, state=2))
        assert await kind.of(connector).put(kind.thing(vendor, state=1)) == newer
        assert texts(vendor, kind) == [kind.text(2)]

    @proves(Tier.SILVER)
    @every_kind
    async def test_what_vanished_is_made_anew(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """When someone removed it, put() makes it: the host says that it stands."""
        if not kind.varies and "get" not in kind.verbs:
            pytest.skip("excused: what was sent is not taken back")
        await kind.of(connector).put(kind.thing(vendor))
        vendor.erase(kind.capability)
        await kind.of(connector).put(kind.thing(vendor, sequence=1))
        assert texts(vendor, kind) == [kind.text(0)]

    @proves(Tier.SILVER)
    @varying
    async def test_owner_s_edits_are_kept(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """put() sets what the state says and nothing else: what its owner wrote beside it stays."""
        await kind.of(connector).put(kind.thing(vendor))
        if not vendor.annotate(kind.capability, "bring the contract"):
            pytest.skip("excused: this vendor's kind has no field beside the host's")
        await kind.of(connector).put(kind.thing(vendor, state=1))
        assert [row.note for row in vendor.rows(kind.capability)] == ["bring the contract"]
        assert texts(vendor, kind) == [kind.text(1)]

    @proves(Tier.GOLD)
    @varying
    async def test_update_of_others_is_not_lost(self, connector: Any, vendor: Any, wire: Wire, kind: Kind) -> None:
        """What others change between your read and your write stays: write with If-Match, or only what is yours."""
        await kind.of(connector).put(kind.thing(vendor))
        wire.before_write(lambda: vendor.annotate(kind.capability, "moved to room 4"))
        for _ in range(3):
            try:
                await kind.of(connector).put(kind.thing(vendor, state=1))
                break
            except Retryable:
                continue
        notes = [row.note for row in vendor.rows(kind.capability)]
        wire.heal()
        if not vendor.annotate(kind.capability, "moved to room 4"):
            pytest.skip("excused: this vendor's kind has no field beside the host's")
        assert notes == ["moved to room 4"]
        assert texts(vendor, kind) == [kind.text(1)]

    @proves(Tier.SILVER)
    @getting
    async def test_unknown_key_is_none(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """get() answers None for a key that it never saw, also when others are there."""
        made = await kind.of(connector).put(kind.thing(vendor))
        assert await kind.of(connector).get(made.place, "never-seen-g1") is None

    @proves(Tier.SILVER)
    @getting
    async def test_failed_look_up_is_not_none(self, connector: Any, vendor: Any, wire: Wire, kind: Kind) -> None:
        """get() that cannot read raises: None would make the host believe that there is nothing."""
        made = await kind.of(connector).put(kind.thing(vendor))
        for status in (400, 401, 403, 429, 500, 503):
            wire.answer(status, times=9)
            with pytest.raises(ConnectorError):
                await kind.of(connector).get(made.place, "check-g1")

    @proves(Tier.SILVER)
    @dropping
    async def test_drop_is_idempotent(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """drop() takes this one away; a second time, or for an unknown key, it succeeds and does nothing."""
        made = await kind.of(connector).put(kind.thing(vendor))
        await kind.of(connector).put(kind.thing(vendor, key="other-g1", state=1 if kind.varies else 0))
        for key in (made.key, made.key, "never-seen-g1"):
            await kind.of(connector).drop(made.place, key)
        assert len(vendor.rows(kind.capability)) == 1
        assert await kind.of(connector).get(made.place, made.key) is None
        assert await kind.of(connector).get(made.place, "other-g1") is not None

    @proves(Tier.SILVER)
    @dropping
    async def test_failed_drop_is_not_done(self, connector: Any, vendor: Any, wire: Wire, kind: Kind) -> None:
        """drop() that the vendor refused raises; a lost answer is AmbiguousOutcome; both may be repeated."""
        made = await kind.of(connector).put(kind.thing(vendor))
        for status in (401, 403, 429, 503):
            wire.answer(status, writes_only=True, times=2)
            with pytest.raises(ConnectorError):
                await kind.of(connector).drop(made.place, made.key)
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await kind.of(connector).drop(made.place, made.key)
        await kind.of(connector).drop(made.place, made.key)
        assert texts(vendor, kind) == []

    @proves(Tier.SILVER)
    @every_kind
    async def test_place_that_is_gone_says_so(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """A place that cannot be used any more raises, PlaceGone at best: also for drop(), where it is not "gone already"."""
        place = vendor.gone(kind.capability)
        if place is None:
            pytest.skip("excused: this kind has no places")
        keeper = kind.of(connector)
        lost = kind.thing(_Elsewhere(vendor, place))
        with pytest.raises(Rejected):
            await keeper.put(lost)
        if "drop" in kind.verbs:
            with pytest.raises(Rejected):
                await keeper.drop(place, "check-g1")

    @proves(Tier.GOLD)
    @every_kind
    async def test_strangers_words_are_only_text(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """Names are untrusted: line breaks, quotes and markup must not become fields, guests or other rows."""
        thing = hostile(kind, vendor)
        await kind.of(connector).put(thing)
        (row,) = vendor.rows(kind.capability)
        assert hostile_words(kind) in row.text
        assert "mallory@example.com" not in row.guests
        if "get" in kind.verbs:
            assert await kind.of(connector).get(thing.place, thing.key) is not None


class _Elsewhere:
    """The vendor, with all its places at one that is gone."""

    def __init__(self, vendor: Any, place: str) -> None:
        self._vendor = vendor
        self.calendar = self.programme = self.address = place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vendor, name)
