"""A notice becomes one message that every mail program reads alike, whatever the words in it."""

import re
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.smtp.desk import INVITATION, invitation, notice
from pointsman_sdk import Attachment, Notice, Rejected
from pointsman_smtp import SmtpConfig
from pointsman_smtp.headers import LONGEST_NAME, LONGEST_SUBJECT, one_line
from pointsman_smtp.message import compose

CONFIG = SmtpConfig.model_validate({"host": "mail.example", "sender": "post@example.com", "sender_name": "Pointsman"})
FIELDS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
OF_MIME = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
# Halves of characters cannot come: the host's readers let none through. They are tried below all the same.
words = st.text(st.characters(codec="utf-8"), max_size=300) | st.sampled_from(
    [
        'Zoë "Zed" O\'Brien; \\, <b>&amp;</b>',
        "Müller, Söhne & Partner GmbH für außerordentlich lange Namen, die umbrechen müssen, weil sie lang sind, <x@y.z>",
        "Hi\r\nBcc: mallory@example.com\r\n\r\nHello",
        "Hi\nBcc: mallory@example.com",
        "a\u2028Bcc: mallory@example.com\u0085b\x00c\rd",
        "=?utf-8?q?Bcc=3A_mallory=40example=2Ecom?=",
        'A \\ "B" \\" \\',
        "é" * 250,
        "日本語" * 80,
        "x" * 2_000,
        "a " * 900,
        ", ".join(["a@example.com"] * 20),
    ]
)


def read(thing: Notice, config: SmtpConfig = CONFIG) -> EmailMessage:
    """As a mail program reads it."""
    found = message_from_bytes(compose(thing, config).content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def sole(field: Any) -> Address:
    """The one address of a field."""
    (address,) = field.addresses
    assert isinstance(address, Address)
    return address


def name_in(field: str, content: bytes) -> str:
    """The name before an address, by RFC 2047: newer parts of the library put a blank between two encoded words."""
    name, _ = parseaddr(str(message_from_bytes(content)[field]))
    return str(make_header(decode_header(name)))


def parts(message: EmailMessage) -> Sequence[str]:
    return [part.get_content_type() for part in message.walk()]


def own_fields(message: EmailMessage) -> Sequence[str]:
    return [name for name in message.keys() if name not in OF_MIME]  # noqa: SIM118  # a field may stand there twice


# -- what stands where


def test_message_says_who_when_and_that_no_person_wrote_it() -> None:
    message = read(notice())
    assert own_fields(message) == FIELDS
    assert str(message["From"]) == "Pointsman <post@example.com>"
    assert str(message["To"]) == "ada@example.com"
    assert str(message["Date"]) == "Wed, 15 Jan 2031 12:00:00 +0000"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert parts(message) == ["text/plain"]


def test_sender_of_a_notice_is_a_name_before_the_connections_own_address() -> None:
    message = read(notice(sender="Anna Krause", reply_to="anna@example.com"))
    assert str(message["From"]) == "Anna Krause <post@example.com>"
    assert str(message["Reply-To"]) == "anna@example.com"


def test_key_makes_the_message_id_for_good() -> None:
    """The literal is a promise: a mailbox that has the message joins a later copy by it."""
    assert compose(notice(), CONFIG).id == "<rkrrnwhycxzgitk4lfqsop4efe3ras76@example.com>"
    others = [notice("notice-2"), notice(subject="Another"), notice(place="bob@example.com"), notice(thread="a-1")]
    ids = [compose(one, CONFIG).id for one in others]
    assert ids[0] != compose(notice(), CONFIG).id
    assert set(ids[1:]) == {compose(notice(), CONFIG).id}


def test_a_message_that_another_connection_may_have_delivered_keeps_its_id() -> None:
    there = CONFIG.model_copy(update={"sender": "house@other.example"})
    again = compose(notice(named_by=CONFIG.sender), there)
    assert (again.id, str(again.sender)) == (compose(notice(), CONFIG).id, "house@other.example")
    with pytest.raises(Rejected, match="the address that named the message"):
        compose(notice(named_by="none"), there)


def test_messages_of_a_thread_refer_to_the_same_one() -> None:
    first, second, other = (
        read(notice(key, thread=thread)) for key, thread in (("a", "t-1"), ("b", "t-1"), ("c", "t-2"))
    )
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert first["References"] != other["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_long_domain_leaves_ids_whole() -> None:
    domain = ".".join(["a-long-name"] * 20)
    config = CONFIG.model_copy(update={"sender": f"post@{domain}"})
    mail = compose(notice(thread="t-1"), config)
    lines = mail.content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    told = [line for line in lines if line.startswith((b"Message-ID: <", b"References: <", b"In-Reply-To: <"))]
    assert len(told) == 3
    assert all(line.endswith(f"@{domain}>".encode()) for line in told)


def test_forms_of_the_text_stand_with_the_preferred_one_last() -> None:
    message = read(notice(html="<p>Monday</p>", attachments=(invitation(),)))
    assert parts(message) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_invitation_says_its_method_and_comes_as_a_file_too(method: str) -> None:
    """RFC 6047, 2.4: the parameter says what the file says."""
    given = invitation(method, sequence=2)
    message = read(notice(attachments=(given,)))
    shown = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    assert dict(shown["Content-Type"].params) == {"charset": "utf-8", "method": method}
    assert shown.get_payload(decode=True) == given.content
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("invite.ics", given.content)


def test_other_files_are_attached() -> None:
    given = Attachment(name="Übersicht für Ada.pdf", media_type="application/pdf", content=bytes(range(256)))
    (attached,) = read(notice(attachments=(given,))).iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (given.name, given.content)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"; filename="b.exe', "a_ filename_b.exe"),
        ("a\r\nBcc: x@y.z", "a Bcc_ x_y.z"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("", "attachment"),
        ("...", "attachment"),
        ("ü" * 200, "ü" * 59 + "_"),
    ],
)
def test_name_of_a_file_is_a_name_alone(name: str, kept: str) -> None:
    given = Attachment(name=name, media_type="text/plain", content=b"x")
    message = read(notice(attachments=(given,)))
    assert [part.get_filename() for part in message.iter_attachments()] == [kept]
    assert own_fields(message) == FIELDS


@pytest.mark.parametrize(
    "media_type", ["", "pdf", "message/rfc822", "multipart/mixed", "text/plain\r\nBcc: x@y.z", "a b/c", "text/*"]
)
def test_file_of_no_type_is_refused(media_type: str) -> None:
    with pytest.raises(Rejected):
        compose(notice(attachments=(Attachment(name="a", media_type=media_type, content=b"x"),)), CONFIG)


GOOD = INVITATION.format(method="REQUEST", sequence=0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        GOOD.encode("utf-16"),
        (GOOD * 2).encode(),
        GOOD.replace("METHOD:REQUEST\r\n", "").encode(),
        GOOD.replace("METHOD:REQUEST\r\n", "METHOD:REQUEST\r\nMETHOD:CANCEL\r\n").encode(),
        GOOD.replace("METHOD:REQUEST", "METHOD:REQUEST; x=y").encode(),
        GOOD.replace("METHOD:REQUEST", "METHOD:DELETE").encode(),
        GOOD.replace("Gespräch", "Gespr\x00ch").encode(),
        GOOD.replace("Gespräch", "a\rATTENDEE:mailto:mallory@example.com").encode(),
        b"X:1\r\n" + GOOD.encode(),
    ],
)
def test_calendar_that_is_not_one_is_refused(content: bytes) -> None:
    """Mail programs that read it differently would show different things."""
    given = Attachment(name="invite.ics", media_type="text/calendar", content=content)
    with pytest.raises(Rejected, match="calendar file"):
        compose(notice(attachments=(given,)), CONFIG)


@pytest.mark.parametrize("field", ["place", "reply_to"])
@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@example.com\r\nBcc: mallory@example.com",
        "ada@example.com,mallory@example.com",
        "ada@example.com mallory@example.com",
        "<ada@example.com>",
        "ada@example.com> SIZE=1",
        "Ada <ada@example.com>",
        "ada@\ud800.example",
        "ad\ud800a@example.com",
        "ad\u200ba@example.com",
        "ada@-bücher-.example",
        "=?utf-8?q?mallory=40example=2Enet=3E?=@example.com",
        f"{'a' * 65}@example.com",
        f"{'ü' * 40}@example.com",
        f"ada@{'a.' * 130}example",
    ],
)
def test_address_that_is_none_is_refused(field: str, address: str) -> None:
    if field == "reply_to" and not address:
        return  # there is none
    with pytest.raises(Rejected, match="cannot be used"):
        compose(notice(**{field: address}), CONFIG)


# -- whatever the words


def test_words_that_look_encoded_are_not_decoded() -> None:
    word = "=?utf-8?q?Bcc=3A_mallory=40example=2Ecom?="
    content = compose(notice(subject=word, sender=word), CONFIG).content
    assert word.encode() not in content.partition(b"\r\n\r\n")[0]
    assert str(read(notice(subject=word))["Subject"]) == word


@given(subject=words, sender=words, text=words, html=st.none() | words)
def test_words_stay_words(subject: str, sender: str, text: str, html: str | None) -> None:
    mail = compose(notice(subject=subject, sender=sender, text=text, html=html, attachments=(invitation(),)), CONFIG)
    message = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert own_fields(message) == FIELDS
    assert str(message["Subject"]) == one_line(subject, LONGEST_SUBJECT)
    assert sole(message["From"]).addr_spec == "post@example.com"
    assert name_in("From", mail.content) == (one_line(sender, LONGEST_NAME) or "Pointsman")
    assert sole(message["To"]).addr_spec == "ada@example.com"
    forms = {part.get_content_type(): part for part in message.walk() if not part.is_multipart()}
    assert set(forms) == {"text/plain", "text/calendar", "application/ics"} | (
        {"text/html"} if html is not None else set()
    )
    assert said(forms["text/plain"].get_content()) == said(text)
    if html is not None:
        assert said(forms["text/html"].get_content()) == said(html)


def said(text: str) -> list[str]:
    """The lines of a text, without what no mail carries, and without empty ones at its end."""
    return re.split("\r\n|\r|\n", re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text).rstrip("\r\n"))


@given(subject=words, sender=words, text=words, name=words)
def test_every_server_takes_the_lines(subject: str, sender: str, text: str, name: str) -> None:
    """ASCII, CR and LF together alone, and none of the lines longer than RFC 5322 has it (2.1.1)."""
    file = Attachment(name=name, media_type="application/pdf", content=text.encode())
    thing = notice(subject=subject, sender=sender, text=text, thread="t-1", attachments=(file,))
    content = compose(thing, CONFIG).content
    assert content.isascii()
    assert b"\x00" not in content
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    head = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) <= 78 for line in head), max(head, key=len)
    assert content == compose(thing, CONFIG).content


@given(words=st.text(st.characters(), max_size=100))
def test_halves_of_characters_are_left_out(words: str) -> None:
    compose(notice(subject=words, sender=words, text=words, html=words), CONFIG)


def test_long_text_is_not_written_character_by_character() -> None:
    text = "Ü" * 100_000
    message = read(notice(text=text, html=text))
    assert {part["Content-Transfer-Encoding"] for part in message.walk() if not part.is_multipart()} == {"base64"}
    assert [part.get_content().strip() for part in message.walk() if not part.is_multipart()] == [text, text]


def test_vast_subject_takes_no_time() -> None:
    message = read(notice(subject="é" * 5_000_000, sender="ü," * 5_000_000))
    assert len(str(message["Subject"])) == LONGEST_SUBJECT
