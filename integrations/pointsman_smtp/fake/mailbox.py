"""The mailbox: every message as it was received, and joined by Message-ID, as mail programs do."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"^(UID|SEQUENCE|METHOD)(?:;[^:\r\n]*)?:([^\r\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it came."""

    number: int
    at: datetime
    sender: str
    recipient: str
    content: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        """As a mail program reads it."""
        read = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def id(self) -> str:
        """The Message-ID; where there is none, nothing joins it with another."""
        return str(self.message["Message-ID"] or f"<number-{self.number}>")

    def text(self, kind: str = "plain") -> str:
        """The text of that kind, "" where there is none."""
        found = [part for part in self.message.walk() if part.get_content_type() == f"text/{kind}"]
        return str(found[0].get_content()) if found else ""

    def invitation(self) -> dict[str, str]:
        """`method`, `uid` and `sequence` of the invitation in it, where there is one."""
        told = _FOLD.sub("", self.text("calendar"))
        return {name.lower(): value for name, value in reversed(_LINE.findall(told))}

    def shown(self) -> str:
        """As a person reads it: sender and recipient, the text, and the invitation as a calendar reads it."""
        message = self.message
        heads = [f"{name}: {message[name]}" for name in ("From", "To", "Date", "Subject") if message[name] is not None]
        parts = ["\n".join(heads), self.text().strip(), self.text("calendar").replace("\r", "").strip()]
        return f"{'=' * 72}\n" + "\n\n".join(part for part in parts if part)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        message = self.message
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "sender": self.sender,
            "recipient": self.recipient,
            "message_id": self.id,
            "from": str(message["From"]),
            "to": str(message["To"]),
            "reply_to": None if message["Reply-To"] is None else str(message["Reply-To"]),
            "subject": str(message["Subject"]),
            "text": self.text(),
            "html": self.text("html"),
            "invitation": self.invitation(),
            "attachments": [part.get_filename() for part in message.iter_attachments()],
            "raw": self.content.decode("utf-8", "replace"),
        }


@dataclass(slots=True)
class Mailbox:
    """What was received, in its order."""

    received: list[Received] = field(default_factory=list)

    def joined(self) -> dict[str, list[Received]]:
        """By Message-ID: as many messages as a mail program shows that joins copies."""
        found: dict[str, list[Received]] = {}
        for one in self.received:
            found.setdefault(f"{one.recipient} {one.id}", []).append(one)
        return found

    def kept(self) -> dict[str, Any]:
        """As JSON, to be taken up again."""
        return {
            "received": [
                {
                    "at": one.at.isoformat(),
                    "sender": one.sender,
                    "recipient": one.recipient,
                    "content": one.content.decode("latin-1"),
                }
                for one in self.received
            ]
        }

    def take_up(self, kept: dict[str, Any]) -> None:
        """Go on from what `kept` said."""
        self.received = [
            Received(
                number=number,
                at=datetime.fromisoformat(one["at"]),
                sender=one["sender"],
                recipient=one["recipient"],
                content=one["content"].encode("latin-1"),
            )
            for number, one in enumerate(kept["received"], start=1)
        ]

    def shown(self) -> str:
        """Each message as a person reads it, the newest first."""
        return "\n\n".join(one.shown() for one in reversed(self.received)) or "No mail yet."

    def told(self) -> dict[str, Any]:
        """As JSON."""
        joined = [{**copies[0].told(), "copies": len(copies)} for copies in self.joined().values()]
        return {"received": [one.told() for one in self.received], "joined": joined}
