"""What a connection to a mail server may be configured with, and which port that is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pointsman_smtp import SmtpConfig

LEAST = {"host": "smtp.example.com", "sender": "post@example.com"}


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
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SmtpConfig.model_validate({**LEAST, **given})


@pytest.mark.parametrize("host", ["localhost", "192.0.2.1", "2001:db8::1", "smtp-relay.example.com"])
def test_names_and_addresses_of_servers_are_taken(host: str) -> None:
    assert SmtpConfig.model_validate({**LEAST, "host": host}).host == host


def test_what_was_left_out_may_be_written_as_null_as_it_is_kept() -> None:
    config = SmtpConfig.model_validate(LEAST)
    assert SmtpConfig.model_validate(config.model_dump(mode="json")) == config


def test_page_about_mail_shows_what_can_be_saved() -> None:
    page = (Path(__file__).parents[3] / "docs" / "connections" / "smtp.md").read_text(encoding="utf-8")
    shown = [json.loads(" ".join(body.split())) for body in re.findall(r"-d '(\{.*?\})'", page, re.DOTALL)]
    assert len(shown) == 2
    for body in shown:
        assert body["connector"] == "smtp"
        SmtpConfig.model_validate(body["config"])
    told = set(re.findall(r"`([a-z_]+)`", page))
    assert set(SmtpConfig.model_fields) <= told
