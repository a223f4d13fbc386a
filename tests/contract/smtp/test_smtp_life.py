"""The buyer's mailbox through a whole life of an appointment, under faults: each state once, each invitation in its order."""

from collections.abc import Iterator

import pytest

from contract.smtp.desk import Desk, invitation, notice
from pointsman_sdk import AmbiguousOutcome, Notice, Retryable
from pointsman_sdk.fakes import FaultPlan, Rates
from pointsman_smtp import SmtpConnector
from pointsman_smtp.fake.server import FakeMailServer

pytestmark = pytest.mark.anyio

STATES = (("booked", "REQUEST", 0), ("moved", "REQUEST", 1), ("reassigned", "REQUEST", 2), ("cancelled", "CANCEL", 3))
TRIES = 30


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with FakeMailServer(lost_s=0.0).running() as running:
        yield running


def states(number: int) -> list[Notice]:
    """What the host sends about one appointment, from its booking to its end."""
    return [
        notice(
            f"appointment-{number}-{state}",
            subject=f"Your appointment is {state}",
            thread=f"appointment-{number}",
            sender="Anna Krause",
            attachments=(invitation(method, sequence),),
        )
        for state, method, sequence in STATES
    ]


async def bring(connector: SmtpConnector, thing: Notice) -> int:
    """As the host does: put it again until it is there. How often that may have been a second time."""
    doubted = 0
    for _ in range(TRIES):
        try:
            await connector.notices.put(thing)
        except AmbiguousOutcome:
            doubted += 1
        except Retryable:
            continue
        else:
            return doubted
    raise AssertionError(f"{TRIES} tries did not bring it there")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_buyer_has_each_state_once_and_in_its_order(server: FakeMailServer, seed: int) -> None:
    server.troubles.plan = FaultPlan(rates=Rates(lost=0.1, failed=0.1, throttled=0.1, reset=0.15), seed=seed)
    connector = Desk(server).connector()
    doubted = {thing.key: await bring(connector, thing) for number in range(6) for thing in states(number)}
    shown = list(server.mailbox.joined().values())
    assert len(shown) == len(doubted) == 24
    for (thing_key, twice), copies in zip(doubted.items(), shown, strict=True):
        assert len(copies) <= 1 + twice, f"{thing_key} came again, though the answer to it had arrived"
        assert len({copy.content for copy in copies}) == 1
    told = [(copies[0].invitation()["method"], copies[0].invitation()["sequence"]) for copies in shown]
    assert told == [(method, str(sequence)) for _, method, sequence in STATES] * 6
    threads = [str(copies[0].message["References"]) for copies in shown]
    assert [len(set(threads[start : start + 4])) for start in range(0, 24, 4)] == [1] * 6
    assert len(set(threads)) == 6
