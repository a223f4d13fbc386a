"""The mail server that is run for trials and benchmarks: a process that tells what it took, and fails as it is asked to."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.smtp.desk import Desk, invitation, notice
from pointsman_sdk import AmbiguousOutcome, NoMemory, PlaceGone, Retryable
from pointsman_sdk.fakes import Fault, FaultPlan, Rates
from pointsman_smtp import fake
from pointsman_smtp.fake.control import controlled
from pointsman_smtp.fake.server import FakeMailServer
from support.programs.free_port import free_port
from support.waiting import wait_until

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with FakeMailServer().running() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Control:
    """The control port."""

    client: httpx.Client

    def told(self, what: str) -> list[dict[str, Any]]:
        """The messages as they were `received`, or `joined`."""
        found: list[dict[str, Any]] = self.client.get("/messages").json()[what]
        return found

    def lines(self) -> int:
        """How many the ledger has."""
        return self.client.get("/ledger").text.count("\n")

    def empty(self) -> None:
        """Have the mailbox emptied."""
        self.client.delete("/messages")

    def arm(self, **faults: object) -> httpx.Response:
        """Ask for faults."""
        return self.client.put("/faults", json=faults)

    def say(self, body: bytes) -> httpx.Response:
        """Ask for them in any words."""
        return self.client.put("/faults", content=body)


@pytest.fixture
def control(server: FakeMailServer) -> Iterator[Control]:
    with (
        controlled(server) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}/_control", trust_env=False) as client,
    ):
        yield Control(client)


async def test_it_tells_what_it_received_and_what_a_mailbox_shows(server: FakeMailServer, control: Control) -> None:
    desk = Desk(server, memory=NoMemory())
    for _ in range(2):
        await desk.connector().notices.put(notice(attachments=(invitation("CANCEL", 4),)))
    await desk.connector().notices.put(notice("notice-2"))
    assert [one["number"] for one in control.told("received")] == [1, 2, 3]
    first, second = control.told("joined")
    assert (first["copies"], second["copies"]) == (2, 1)
    assert (first["recipient"], first["subject"]) == ("ada@example.com", "Your appointment")
    assert first["invitation"] == {"method": "CANCEL", "uid": "a-1@example.com", "sequence": "4"}
    assert first["attachments"] == ["invite.ics"]
    assert control.lines() == 3
    control.empty()
    assert control.told("received") == []


async def test_it_fails_as_it_is_asked_to_once_each(server: FakeMailServer, control: Control) -> None:
    coming = [{"at": "MAIL", "say": "421 4.7.0 slower"}, {"at": "END", "cut": True, "takes": True}]
    assert control.arm(next=coming).json()["next"] == 2
    connector = Desk(server).connector()
    with pytest.raises(Retryable):
        await connector.notices.put(notice())
    with pytest.raises(AmbiguousOutcome):
        await connector.notices.put(notice())
    await connector.notices.put(notice())
    assert [one["copies"] for one in control.told("joined")] == [2]


async def test_it_refuses_addresses_and_is_out_of_service_as_it_is_asked_to(
    server: FakeMailServer, control: Control
) -> None:
    connector = Desk(server).connector()
    control.arm(unknown=["ada@example.com"])
    with pytest.raises(PlaceGone):
        await connector.notices.put(notice())
    control.arm(unknown=[], down=True)
    with pytest.raises(Retryable):
        await connector.check()
    control.arm(down=False)
    await connector.notices.put(notice())


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"next": [{"at": "LUNCH"}]}', b'{"next": [{"when": 1}]}', b'{"rates": 1}']
)
def test_it_says_what_it_cannot_do(control: Control, body: bytes) -> None:
    assert control.say(body).status_code == 422


async def test_plan_of_faults_ends_in_each_message_once_or_told(server: FakeMailServer) -> None:
    """Whatever befalls a message, put again until it is done it is in the mailbox once; a copy was told as ambiguous."""
    server.lost_s = 0.0
    server.troubles.plan = FaultPlan(rates=Rates(lost=0.1, failed=0.1, throttled=0.1, reset=0.2), seed=7)
    connector, told_twice = Desk(server).connector(), Counter[str]()
    for key in (f"notice-{number}" for number in range(60)):
        for _ in range(20):
            try:
                await connector.notices.put(notice(key))
                break
            except AmbiguousOutcome:
                told_twice[key] += 1
            except Retryable:
                continue
    copies = {messages[0].id: len(messages) for messages in server.mailbox.joined().values()}
    assert len(copies) == 60
    assert 0 < sum(copies.values()) - 60 <= sum(told_twice.values())
    befell = Counter(call.fault for call in server.ledger.calls)
    assert set(befell) == {Fault.NONE, Fault.LOST, Fault.FAILED, Fault.THROTTLED, Fault.RESET}


async def test_mail_outlives_the_process_in_a_file_and_is_read_by_a_person(tmp_path: Path) -> None:
    first, second = FakeMailServer(), FakeMailServer()
    first.keep_in(tmp_path / "kept.json")
    with first.running() as running:
        await Desk(running).connector().notices.put(notice())
    second.keep_in(tmp_path / "kept.json")
    assert second.standing() == first.standing()
    assert f"Subject: {notice().subject}" in second.mailbox.shown()


def test_its_entry_point_names_what_runs_it() -> None:
    (point,) = [one for one in entry_points(group="pointsman.fakes") if one.name == "smtp"]
    assert point.load() is fake.run


def test_it_runs_as_a_process() -> None:
    port, control_port = free_port(), free_port()
    ports = ["--port", str(port), "--control-port", str(control_port)]
    process = subprocess.Popen([sys.executable, "-m", "pointsman_smtp.fake", *ports])
    with httpx.Client(base_url=f"http://127.0.0.1:{control_port}/_control", trust_env=False) as client:

        def answers() -> bool:
            assert process.poll() is None
            with suppress(httpx.TransportError):
                return client.get("/messages").json() == {"received": [], "joined": []}
            return False

        try:
            wait_until(answers)
        finally:
            process.terminate()
            process.wait()
