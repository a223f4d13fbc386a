"""A notice as a message (RFC 5322, RFC 2045), with an invitation in all the places where mail programs look for it (RFC 6047)."""

import re
from base64 import b32encode
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from pointsman_sdk import Attachment, Notice, Rejected
from pointsman_smtp import headers
from pointsman_smtp.addresses import Mailbox, mailbox
from pointsman_smtp.config import SmtpConfig

_POLICY = SMTP.clone(cte_type="7bit")  # so that every server takes it
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)")
_METHOD = re.compile(r"^METHOD:(PUBLISH|REQUEST|REPLY|CANCEL)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r"[^\w .()+-]+")
_LONGEST_FILE_NAME = 60
_LONG = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What goes to the server; each line of `content` ends in CR and LF. `utf8`: only to one with SMTPUTF8."""

    id: str
    sender: Mailbox
    recipient: Mailbox
    content: bytes

    @property
    def utf8(self) -> bool:
        return self.recipient.utf8 or not self.content.isascii()


def message_id(kind: str, key: str, domain: str) -> str:
    """The same for the same key for good: a mailbox that has the message twice can tell it by this."""
    made = b32encode(sha256(f"{kind}\n{key}".encode()).digest()[:20]).decode().lower()
    return f"<{made}@{domain}>"


def compose(notice: Notice, config: SmtpConfig) -> Mail:
    """The message. Raises Rejected for what cannot be written without becoming something else."""
    sender = mailbox(config.sender)
    recipient = _mailbox(notice.place, "the recipient's address")
    named_by = sender if notice.named_by is None else _mailbox(notice.named_by, "the address that named the message")
    made = message_id("message", notice.key, named_by.domain)
    fields = [
        headers.address("From", sender, headers.one_line(notice.sender, headers.LONGEST_NAME) or config.sender_name),
        headers.address("To", recipient),
        headers.subject(notice.subject),
        headers.plain("Date", format_datetime(notice.at)),
        headers.plain("Message-ID", made),
        headers.plain("Auto-Submitted", "auto-generated"),  # so that absence notes do not answer it (RFC 3834, 5)
    ]
    if notice.reply_to:
        fields.append(headers.address("Reply-To", _mailbox(notice.reply_to, "the address for replies")))
    if notice.thread:
        # There is no first message of a thread that is known to have come: all refer to one that was never sent.
        root = message_id("thread", notice.thread, named_by.domain)
        fields += [headers.plain("In-Reply-To", root), headers.plain("References", root)]
    return Mail(id=made, sender=sender, recipient=recipient, content=headers.block(fields) + _body(notice, made))


def _mailbox(address: str, what: str) -> Mailbox:
    try:
        return mailbox(address)
    except ValueError as error:
        raise Rejected(f"{what} cannot be used: {error}") from None


def _body(notice: Notice, made: str) -> bytes:
    message = EmailMessage(policy=_POLICY)
    message.set_content(_clean(notice.text), cte=_encoding(notice.text))
    if notice.html is not None:
        message.add_alternative(_clean(notice.html), subtype="html", cte=_encoding(notice.html))
    for attached in notice.attachments:
        _show(message, attached)
    for attached in notice.attachments:
        _attach(message, attached)
    # Not by chance, as the library draws them: sent again, the message is the same to the last byte.
    for number, part in enumerate(one for one in message.walk() if one.is_multipart()):
        part.set_boundary(f"={number}={made[1:33]}=")
    return message.as_bytes()


def _encoding(text: str) -> str | None:
    """None: as the library chooses. It writes quoted-printable character by character, and a long text would stop all else."""
    return "base64" if len(text) > _LONG else None


def _clean(text: str) -> str:
    return _CONTROLS.sub("", text)


def _show(message: EmailMessage, attached: Attachment) -> None:
    """An invitation as one of the forms of the text: the last one, which is the one that is preferred (RFC 2046, 5.1.4)."""
    if _type(attached) != ("text", "calendar"):
        return
    text = _calendar(attached)
    found = _METHOD.findall(text.partition("BEGIN:V")[2].partition("BEGIN:V")[0].replace("\r\n", "\n"))
    if len(found) != 1:
        raise Rejected("a calendar file has to say one METHOD before its first event")
    parameters = {"method": found[0].upper()}
    message.add_alternative(text, subtype="calendar", cte="base64", params=parameters)


def _attach(message: EmailMessage, attached: Attachment) -> None:
    kind = _type(attached)
    # Under its own type a mail program would show the invitation a second time.
    main, sub = ("application", "ics") if kind == ("text", "calendar") else kind
    name = _NAME.sub("_", headers.one_line(attached.name, _LONGEST_FILE_NAME)).strip(" .") or "attachment"
    message.add_attachment(attached.content, maintype=main, subtype=sub, filename=name)


def _type(attached: Attachment) -> tuple[str, str]:
    found = _TYPE.fullmatch(attached.media_type.partition(";")[0].strip().lower())
    if found is None or found[1] in ("multipart", "message"):
        raise Rejected("an attachment says no media type that can be sent")
    return found[1], found[2]


def _calendar(attached: Attachment) -> str:
    try:
        text = attached.content.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("a calendar file is not UTF-8") from None
    lines = text.replace("\r\n", "\n")
    if "\r" in lines or _CONTROLS.search(lines):
        raise Rejected("a calendar file has control characters, or line breaks that are none")
    if lines.count("BEGIN:VCALENDAR\n") != 1 or not lines.startswith("BEGIN:VCALENDAR\n"):
        raise Rejected("a calendar file has to be one calendar")
    return text
