"""A connection to a fake mail server as the host makes it: past its own guard, with a memory that stays."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from pointsman.connectors.guard import PRIVATE_NETWORKS, AddressGuard
from pointsman_sdk import Attachment, Context, Memory, Notice, NoTokens, Tokens
from pointsman_sdk.http import make_client
from pointsman_sdk.testing.bench import reader_processes
from pointsman_sdk.testing.lent import BenchMemory
from pointsman_smtp import SmtpConfig, SmtpConnector, connector
from pointsman_smtp.fake.server import FakeMailServer

AT = datetime(2031, 1, 15, 12, 0, tzinfo=UTC)
INVITATION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:a-1@example.com\r\n"
    "SEQUENCE:{sequence}\r\nDTSTAMP:20310115T120000Z\r\nDTSTART:20310120T090000Z\r\nDTEND:20310120T093000Z\r\n"
    "SUMMARY:Gespräch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def invitation(method: str = "REQUEST", sequence: int = 0) -> Attachment:
    """An invitation as the host writes it."""
    content = INVITATION.format(method=method, sequence=sequence).encode()
    return Attachment(name="invite.ics", media_type="text/calendar", content=content)


def notice(key: str = "notice-1", **changes: Any) -> Notice:
    """A notice to Ada."""
    given = {"place": "ada@example.com", "subject": "Your appointment", "text": "See you on Monday.", "at": AT}
    return Notice(key=key, **{**given, **changes})


@dataclass(slots=True)
class Desk:
    """What a connection is made of; `config` is changed by name."""

    server: FakeMailServer
    memory: Memory = field(default_factory=BenchMemory)
    guard: AddressGuard = field(default_factory=lambda: AddressGuard(PRIVATE_NETWORKS))
    tokens: Tokens = field(default_factory=NoTokens)
    http: httpx.AsyncBaseTransport | None = None  # nothing goes over it where there is none

    def connector(self, **config: Any) -> SmtpConnector:
        given = {"host": "localhost", "port": self.server.port, "security": "none", "sender": "post@example.com"}
        context = Context(
            http=make_client(self.http),  # type: ignore[arg-type]  # None fails when it is used
            clock=lambda: AT,
            tokens=self.tokens,
            memory=self.memory,
            readers=reader_processes(),
            log=logging.getLogger("test.smtp"),
            dial=self.guard.dial,
        )
        return connector(SmtpConfig.model_validate({**given, **config}), context)
