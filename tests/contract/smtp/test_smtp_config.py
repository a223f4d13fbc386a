"""What a connection to a mail server may be configured with, and which port that is."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from pointsman_smtp import SmtpConfig
from support.connections.pages import ROOT, sent

PAGE = ROOT / "docs" / "connections" / "smtp.md"

LEAST = {"host": "smtp.example.com", "sender": "post@example.com"}
TOKEN = {"username": "post@example.com", "client_id": "id", "client_secret": "hush"}


@pytest.mark.parametrize(
    ("given", "port"),
    [({}, 587), ({"security": "tls"}, 465), ({"security": "none"}, 25), ({"security": "tls", "port": 2465}, 2465)],
)
def test_port_goes_with_the_security(given: dict[str, Any], port: int) -> None:
    assert SmtpConfig.model_validate({**LEAST, **given}).calls_at == port


@pytest.mark.parametrize(
    "given",
    [
        {"host": ""},
        {"host": "https://smtp.example.com"},
        {"host": "smtp.example.com/"},
        {"host": "smtp.example.com\r\n"},
        {"host": "smtp example.com"},
        {"port": 0},
        {"port": 65_536},
        {"security": "maybe"},
        {"sender": "post"},
        {"sender": "Post <post@example.com>"},
        {"sender": "pöst@example.com"},
        {"sender": "post@example.com\r\nRCPT TO:<a@b.c>"},
        {"sender_name": "a\r\nBcc: mallory@example.com"},
        {"hello": "a b"},
        {"hello": "a\r\nMAIL"},
        {"username": "anna"},
        {"password": "s3cret"},
        {"username": "an\x00na", "password": "s3cret"},
        {"seconds": 0},
        {"seconds": 26},
        {"starttls": True},
        {"host": "smtp.example.com:587"},
        {"host": "[2001:db8::1]:587"},
        {"host": "2001:db8::1::2"},
        {"sign_in": "maybe"},
        {"sign_in": "none", "username": "anna", "password": "s3cret"},
        {"client_id": "id", "client_secret": "hush"},
        {**TOKEN, "sign_in": "google", "username": None},
        {**TOKEN, "sign_in": "google", "client_secret": None},
        {**TOKEN, "sign_in": "google", "password": "s3cret"},
        {**TOKEN, "sign_in": "microsoft"},
        {**TOKEN, "sign_in": "microsoft_app", "tenant": "a/b"},
        {**TOKEN, "sign_in": "microsoft_app", "tenant": "example.com", "login_url": "login.example"},
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SmtpConfig.model_validate({**LEAST, **given})


@pytest.mark.parametrize("host", ["localhost", "192.0.2.1", "2001:db8::1", "smtp-relay.example.com"])
def test_names_and_addresses_of_servers_are_taken(host: str) -> None:
    assert SmtpConfig.model_validate({**LEAST, "host": host}).host == host


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("smtp.example.com:587", "did you mean 'smtp.example.com' as host and 587 as port?"),
        ("smtp://smtp.example.com:465/", "did you mean 'smtp.example.com' as host and 465 as port?"),
        ("https://smtp.example.com", "did you mean 'smtp.example.com' as host?"),
        ("[2001:db8::1]:25", "did you mean '2001:db8::1' as host and 25 as port?"),
        (" smtp.example.com", "did you mean 'smtp.example.com' as host?"),
        ("smtp example com", "such as smtp.example.com"),
        ("a:b:c", "such as smtp.example.com"),
    ],
)
def test_a_host_with_something_around_it_is_refused_with_what_was_meant(host: str, meant: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SmtpConfig.model_validate({**LEAST, "host": host})
    assert meant in str(caught.value)


@pytest.mark.parametrize("way", [{"sign_in": "google"}, {"sign_in": "microsoft", "tenant": "example.com"}])
def test_a_sign_in_by_token_has_a_mailbox_and_a_client(way: dict[str, Any]) -> None:
    assert SmtpConfig.model_validate({**LEAST, **TOKEN, **way}).by_token


def test_what_was_left_out_may_be_written_as_null_as_it_is_kept() -> None:
    config = SmtpConfig.model_validate(LEAST)
    assert SmtpConfig.model_validate(config.model_dump(mode="json")) == config


def test_page_about_mail_shows_what_can_be_saved() -> None:
    configs = [body["config"] for body in sent(PAGE)]
    assert [config.get("sign_in", "password") for config in configs] == ["password", "microsoft", "password"]
    for config in configs:
        SmtpConfig.model_validate(config)
    told = set(re.findall(r"`([a-z_]+)`", PAGE.read_text(encoding="utf-8")))
    assert set(SmtpConfig.model_fields) <= told


@pytest.mark.parametrize("field", ["username", "client_id", "sender", "sender_name", "host", "hello", "tenant"])
def test_half_of_a_character_is_refused_before_a_server_is_told(field: str) -> None:
    given = {"host": "mail.example", "sender": "post@example.com", "username": "anna", "password": "p"}
    SmtpConfig.model_validate(given)
    with pytest.raises(ValidationError, match=field):
        SmtpConfig.model_validate({**given, field: "an\udce4na"})
