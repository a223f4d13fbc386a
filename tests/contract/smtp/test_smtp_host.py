"""The host over a mail server: what it makes of how a message ended, and that no error has a secret."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contract.smtp.desk import AT, notice
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.guard import PRIVATE_NETWORKS
from pointsman.connectors.pace.open_gate import OpenGate
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.errors import (
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorUnansweredError,
)
from pointsman_sdk import Capability, RemoteRecord
from pointsman_smtp.fake.faults import Trouble
from pointsman_smtp.fake.server import FakeMailServer

pytestmark = pytest.mark.anyio
LOGIN = {"username": "anna", "password": "s3cret-password"}


class RememberingGate(OpenGate):
    """Lets every call in, and remembers of each how it ended: whether the connection is to blame."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[str] = []

    async def answered(self, *_: Any, **__: Any) -> None:
        self.ends.append("answered")

    async def failed(self, *_: Any, **__: Any) -> None:
        self.ends.append("failed")

    async def refused(self, _: Any, error: VendorReauthError, *__: Any, **___: Any) -> VendorError:
        self.ends.append("refused")
        return error


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with FakeMailServer(users={"anna": "s3cret-password"}).running() as running:
        yield running


@pytest.fixture
def gate() -> RememberingGate:
    return RememberingGate()


@pytest.fixture
async def gateway(gate: RememberingGate) -> AsyncIterator[ConnectorGateway]:
    contexts = ContextFactory(clock=lambda: AT, allowed=PRIVATE_NETWORKS)
    made = ConnectorGateway(
        registry=ConnectorRegistry.discover(), vault=Vault((new_key(),)), contexts=contexts, gate=gate
    )
    yield made
    await made.aclose()


async def send(gateway: ConnectorGateway, server: FakeMailServer, **config: object) -> RemoteRecord:
    given = {"host": "localhost", "port": server.port, "security": "none", "sender": "post@example.com", **LOGIN}
    public, sealed = gateway.seal("smtp", {**given, **config})
    connection = ConnectionRef(id=UUID(int=1), connector="smtp", config=public, sealed=sealed)
    await gateway.check(connection)
    record: RemoteRecord = await gateway.on(
        Capability.NOTICES,
        connection,
        lambda notices: notices.put(notice()),
        deadline=timedelta(seconds=30),
        writes=True,
    )
    return record


async def test_message_goes_through_the_host(
    gateway: ConnectorGateway, server: FakeMailServer, gate: RememberingGate
) -> None:
    await send(gateway, server)
    assert len(server.mailbox.received) == 1
    assert gate.ends == ["answered", "answered"]


@pytest.mark.parametrize(
    ("trouble", "error", "end"),
    [
        (Trouble(at="RCPT", say="450 4.2.0 greylisted"), VendorRetryableError, "answered"),
        (Trouble(at="RCPT", say="550 5.1.1 no such user"), VendorRejectedError, "answered"),
        (Trouble(at="END", cut=True, takes=True), VendorUnansweredError, "answered"),
        (Trouble(at="MAIL", say="421 4.7.0 too many"), VendorRetryableError, "failed"),
        (Trouble(at="GREETING", cut=True), VendorRetryableError, "failed"),
        (Trouble(at="AUTH", say="535 5.7.8 s3cret-password is not it"), VendorReauthError, "refused"),
    ],
)
async def test_one_recipient_that_is_put_off_does_not_stop_the_others(
    gateway: ConnectorGateway,
    server: FakeMailServer,
    gate: RememberingGate,
    trouble: Trouble,
    error: type[VendorError],
    end: str,
) -> None:
    """The connection is to blame for what befalls all of its messages, and for nothing else."""
    server.troubles.asked += [Trouble(at="QUIT", say="221 well"), trouble]  # the check comes first
    with pytest.raises(error) as caught:
        await send(gateway, server)
    assert gate.ends == ["answered", end]
    assert "s3cret" not in repr(caught.value)
