"""The mail itself: the author's words or ours, with what is known of the appointment, from the rep and under one key."""

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import anyio
import pytest

from pointsman.connectors.mail.notices import ConnectorNotices
from pointsman.domain.policy.invitations import BuyerMessage, InvitationRules, Inviter
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.deliveries.kinds.notice_message import build_notice, change_url
from pointsman.services.deliveries.mail.change_link import change_link_id
from pointsman.services.ports import ConnectionRef, VendorRejectedError
from pointsman.services.ports.booking.booking_links import BookingLinkRow
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.vendors.notices import BuyerNotice
from pointsman_sdk import Notice, RemoteRecord
from support.mail_lines import NOON, ROW, MailLines, notice

MAIL = InvitationRules.model_validate(
    {
        "by": "mail",
        "connection": "post",
        "sender": "{{ rep }}, {{ organisation }}",
        "texts": {
            "confirmation": {
                "en": {"subject": "{{ purpose }} with {{ rep }}", "body": "At {{ time }}: {{ change_url }}"}
            }
        },
    }
)
BUYER = Mailbox("ada@example.com", "ada@example.com")
URL = "https://book.example/book/abc"
POST = ConnectionRef(id=UUID(int=6), connector="post", config={"sender": "Office@House.Example"}, sealed=b"")


def claimed(rules: InvitationRules = MAIL, *, row: Any = ROW, **lead: Any) -> Any:
    line = MailLines(rules=rules, row=row)
    known = {"first_name": "Ada", "last_name": "Weber", "facts": {"lead.country": "DE"}} | lead
    line.lead = SimpleNamespace(id=ROW.lead_id, **({"email": "ada@lead.example"} | known))
    line.config.policy.policy.pools["closers"].booking = BookingRules.model_validate({"purpose": "Consultation"})
    reps = {
        key: SimpleNamespace(name=key.capitalize(), email=f"{key}@example.com", time_zone="Europe/Berlin")
        for key in ("anna", "ben")
    }
    line.config.roster = SimpleNamespace(reps=reps)
    line.env.organisation, line.env.public_url = "Acme", "https://book.example"
    line.env.secrets = SimpleNamespace(seal=lambda plain, context: plain)  # its port names it
    return line.claimed(notice(sequence=2))


def told(given: Any, message: BuyerMessage = BuyerMessage.CONFIRMATION) -> BuyerNotice:
    return build_notice(given, message, to="ada@lead.example", url=URL, invitation=b"BEGIN:VCALENDAR")


def test_the_author_s_words_are_said_with_what_is_known() -> None:
    mail = told(claimed())
    assert (mail.subject, mail.sender, mail.to) == ("Consultation with Anna", "Anna, Acme", "ada@lead.example")
    assert mail.text == f"At 13:00: {URL}"
    assert f'<a href="{URL}">' in mail.html
    assert (mail.key, mail.thread) == (f"pm-{ROW.id}-invitation-2", f"pm-{ROW.id}")
    assert mail.reply_to == "anna@example.com"


@pytest.mark.parametrize("message", BuyerMessage)
@pytest.mark.parametrize("language", ["de", "en"])
def test_what_the_policy_does_not_say_is_ours_in_the_buyer_s_language(message: BuyerMessage, language: str) -> None:
    mail = told(
        claimed(InvitationRules(by=Inviter.MAIL, connection="post"), facts={"lead.language": language}), message
    )
    assert mail.subject
    assert "Anna" in mail.text
    assert "{" not in mail.subject + mail.text + mail.html


def test_the_link_to_the_conference_is_said() -> None:
    link = "https://meet.example/room"
    mail = told(claimed(InvitationRules(by=Inviter.MAIL, connection="post"), row=replace(ROW, join_url=link)))
    assert link in mail.text
    assert f'<a href="{link}">' in mail.html


def test_answers_go_where_the_policy_says_and_else_to_who_leads_it_now() -> None:
    given = MAIL.model_copy(update={"reply_to": "team@example.com"})
    assert told(claimed(given)).reply_to == "team@example.com"
    assert told(claimed(row=replace(ROW, rep_key="ben"))).reply_to == "ben@example.com"


def test_a_rep_who_is_gone_from_the_roster_is_left_out() -> None:
    assert told(claimed(row=replace(ROW, rep_key="gone"))).reply_to is None


@pytest.mark.parametrize(
    ("revoked_at", "status", "has_one"),
    [(None, "confirmed", True), (NOON, "confirmed", False), (None, "cancelled", False)],
)
def test_the_link_leads_to_the_appointment_while_it_stands(
    revoked_at: datetime | None, status: str, *, has_one: bool
) -> None:
    given = claimed(row=replace(ROW, status=status))
    link = BookingLinkRow(
        id=change_link_id(ROW.id, BUYER),
        lead_id=ROW.lead_id,
        made_by="worker",
        created_at=NOON,
        expires_at=ROW.ends_at,
        revoked_at=revoked_at,
    )
    given.tx.booking_links.known["get"] = link
    url = anyio.run(change_url, given, BUYER)
    assert (url is not None and url.startswith("https://book.example/book/")) == has_one


class Sender:
    """A connector that keeps what it is given to send."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.notices = self

    async def put(self, thing: Notice) -> RemoteRecord:
        self.sent.append(thing)
        return RemoteRecord(key=thing.key, place=thing.place, id="<id@house>", version="1")


def gateway(connector: object) -> ConnectorNotices:
    async def call(_connection: ConnectionRef, do: Any, *, writes: bool) -> Any:
        assert writes  # so that what is not answered counts as unanswered
        return await do(connector)

    calls: Any = SimpleNamespace(call=call)
    registry: Any = SimpleNamespace()
    return ConnectorNotices(gateway=calls, registry=registry)


def test_the_connector_is_given_the_message_with_its_file() -> None:
    sender, mail = Sender(), told(claimed())
    receipt = anyio.run(gateway(sender).send, POST, mail)
    (sent,) = sender.sent
    assert (receipt.vendor_id, receipt.sequence) == ("<id@house>", None)
    assert (sent.key, sent.place, sent.subject, sent.thread) == (mail.key, mail.to, mail.subject, mail.thread)
    assert [(one.media_type, one.content) for one in sent.attachments] == [("text/calendar", b"BEGIN:VCALENDAR")]


def test_a_reminder_has_no_file() -> None:
    sender = Sender()
    anyio.run(
        gateway(sender).send,
        POST,
        build_notice(claimed(), BuyerMessage.REMINDER, to="ada@lead.example", url=None, invitation=None),
    )
    assert sender.sent[0].attachments == ()


@pytest.mark.parametrize("address", ["", "no address", "ada@", "ada@lead.example\r\nBcc: eve@evil.example"])
def test_an_address_that_no_mail_can_go_to_is_refused_before_any_call(address: str) -> None:
    sender = Sender()
    with pytest.raises(VendorRejectedError):
        anyio.run(gateway(sender).send, POST, replace(told(claimed()), to=address))
    assert sender.sent == []


def test_a_connector_that_sends_none_is_named() -> None:
    with pytest.raises(VendorRejectedError, match="'post' sends no mail"):
        anyio.run(gateway(object()).send, POST, told(claimed()))


@pytest.mark.parametrize(
    ("config", "address"),
    [({"sender": "office@house.example"}, "office@house.example"), ({}, None), ({"sender": 7}, None)],
)
def test_the_mailbox_is_the_one_that_the_connection_names(config: dict[str, object], address: str | None) -> None:
    assert gateway(object()).sends_from(replace(POST, config=config)) == address


@pytest.mark.parametrize(
    "given", ["a\u200bb@house.example", "a\\b@house.example", "=?x@house.example", "a@😀.example", "jörg@house.example"]
)
def test_an_address_for_answers_that_cannot_be_one_keeps_no_mail_back(given: str) -> None:
    sender = Sender()
    anyio.run(gateway(sender).send, POST, replace(told(claimed()), reply_to=given))
    assert sender.sent[0].reply_to is None
