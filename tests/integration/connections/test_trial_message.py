"""A test message goes to the address that an admin names: on record, by a key that may, and seldom."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from pointsman.domain.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.trial_message import (
    AGAIN_AFTER,
    SentTrial,
    TrialResult,
    send_trial_message,
)
from pointsman.services.ports import (
    Actor,
    ConnectionRef,
    Env,
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorUnansweredError,
)
from pointsman.services.ports.vendors.connections import VendorReceipt
from pointsman.services.ports.vendors.notices import BuyerNotice
from pointsman.services.wording.rendering import MessageReader, render
from support.floors.booking_floor import SETTER, Floor, open_floor

pytestmark = pytest.mark.anyio
GERMAN, ENGLISH = (MessageReader(language=name, zone="UTC") for name in ("de", "en"))


@dataclass(slots=True)
class Post:
    """Takes mail over connections of the connector `memory`, or fails as `ends` say."""

    taken: list[BuyerNotice] = field(default_factory=list)
    ends: list[VendorError] = field(default_factory=list)

    def sends_mail(self, connector: str) -> bool:
        return connector == "memory"

    def sends_from(self, _: ConnectionRef) -> str | None:
        return None

    async def send(self, _: ConnectionRef, notice: BuyerNotice) -> VendorReceipt:
        self.taken.append(notice)
        if self.ends:
            raise self.ends.pop(0)
        return VendorReceipt(vendor_id="1", version="1")


@dataclass(slots=True)
class Office:
    """A floor whose connection `cal` sends mail, too."""

    floor: Floor
    post: Post

    @property
    def env(self) -> Env:
        return replace(self.floor.env, notices=self.post, organisation="Nordwerk")

    async def send(self, key: str = "cal", to: str = "ada@example.com", *, actor: Actor = SETTER) -> SentTrial:
        return await send_trial_message(self.env, key, to=to, reader=ENGLISH, actor=actor)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_floor(database_url) as floor:
        yield Office(floor, Post())


async def test_one_message_goes_out_and_is_on_record_without_its_address(office: Office) -> None:
    assert await office.send(to=" ada@example.com ") == SentTrial(result=TrialResult.TAKEN)
    (sent,) = office.post.taken
    assert (sent.to, sent.sender, sent.invitation) == ("ada@example.com", "Nordwerk", None)
    assert "over the connection cal" in sent.text
    assert "over the connection cal" in sent.html
    (line,) = await office.floor.world.rows("select * from audit where action = 'connection.trial-message'")
    assert (line.actor, line.subject, line.after) == (SETTER.name, "connection:cal", {"domain": "example.com"})
    assert "ada" not in str(line)


async def test_it_is_written_in_the_language_of_whoever_asks(office: Office) -> None:
    await send_trial_message(office.env, "cal", to="ada@example.com", reader=GERMAN, actor=SETTER)
    assert office.post.taken[0].subject == "Probenachricht von Pointsman"


async def test_a_second_one_within_a_minute_is_refused_whatever_its_address(office: Office) -> None:
    await office.send()
    with pytest.raises(TooManyRequests) as caught:
        await office.send(to="ben@example.com")
    assert 0 < caught.value.retry_after_s <= 60
    office.floor.world.clock.advance(AGAIN_AFTER + timedelta(seconds=1))
    await office.send(to="ben@example.com")
    assert [one.to for one in office.post.taken] == ["ada@example.com", "ben@example.com"]


async def test_one_that_was_refused_by_the_vendor_counts_too(office: Office) -> None:
    """Or else a server that refuses each would be asked without end."""
    office.post.ends.append(VendorRejectedError("no"))
    assert (await office.send()).result is TrialResult.REFUSED
    with pytest.raises(TooManyRequests):
        await office.send()


@pytest.mark.parametrize(
    ("error", "result", "why"),
    [
        (VendorRejectedError("refuses the recipient (550 5.1.1)"), TrialResult.REFUSED, "refuses the recipient"),
        (VendorReauthError("refuses the sign-in (535 5.7.8)"), TrialResult.REFUSED, "refuses the sign-in"),
        (VendorUnansweredError("the connection broke"), TrialResult.UNKNOWN, "the connection broke"),
    ],
)
async def test_what_became_of_it_is_told(office: Office, error: VendorError, result: TrialResult, why: str) -> None:
    office.post.ends.append(error)
    sent = await office.send()
    assert sent.result is result
    assert sent.why is not None
    assert why in render(sent.why, ENGLISH)


@pytest.mark.parametrize("to", ["", "ada", "ada@", "Ada <ada@example.com>", "a@example.com, b@example.com", "a@b\r\n"])
async def test_what_is_no_single_address_is_refused_before_anything_is_written(office: Office, to: str) -> None:
    with pytest.raises(Invalid):
        await office.send(to=to)
    assert await office.floor.world.value("select count(*) from audit where action = 'connection.trial-message'") == 0


async def test_only_who_may_change_connections_sends_one(office: Office) -> None:
    for kind in (CallerKind.PARTNER, CallerKind.WEBHOOK):
        with pytest.raises(Forbidden):
            await office.send(actor=Actor(name="key:p", kind=kind))
    assert office.post.taken == []


async def test_a_connection_has_to_be_there_in_use_and_to_send_mail(office: Office) -> None:
    with pytest.raises(NotFound):
        await office.send("unknown")
    env = office.floor.env
    await save_connection(env, "other", connector="another", config={"url": "x"}, active=True, actor=SETTER)
    with pytest.raises(Invalid) as caught:
        await office.send("other")
    assert caught.value.code == "no-mail"
    await save_connection(env, "cal", connector="memory", config={"url": "x"}, active=False, actor=SETTER)
    with pytest.raises(Conflict):
        await office.send()
    assert office.post.taken == []
