"""A secret that was pasted or read from a file has no end of a line, wherever it is given; its blanks are its own."""

from typing import Any

import pytest
from pydantic import BaseModel

from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.pasted import blanks_around
from pointsman.domain.errors import Invalid

REGISTRY = ConnectorRegistry.discover()
SMTP = {"host": "mail.example", "username": "anna", "sender": "post@example.com"}
GOOGLE = {"client_id": "id", "client_secret": "hush"}


def secret_of(config: BaseModel, name: str) -> str:
    found: str = getattr(config, name).get_secret_value()
    return found


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize(
    ("connector", "config", "name"),
    [
        ("smtp", SMTP, "password"),
        ("caldav", {"base_url": "https://dav.example", "username": "anna"}, "password"),
        ("google", GOOGLE, "client_secret"),
        ("memory", {"url": "https://memory.example", "webhook_secret": "s"}, "token"),
    ],
)
def test_the_end_of_a_line_is_dropped(connector: str, config: dict[str, Any], name: str, end: str) -> None:
    assert secret_of(REGISTRY.parse_config(connector, {**config, name: f"hush{end}"}), name) == "hush"


@pytest.mark.parametrize("secret", [" hush", "hush ", "hu sh", "one\ntwo"])
def test_what_may_be_meant_stays(secret: str) -> None:
    assert secret_of(REGISTRY.parse_config("smtp", {**SMTP, "password": f"{secret}\n"}), "password") == secret


def test_what_is_no_secret_is_left_to_the_connectors_own_model() -> None:
    assert not REGISTRY.parse_config("caldav", {"base_url": "https://dav.example", "time_zone": "UTC"}).model_extra
    assert blanks_around({"client_id": " id ", "client_secret": "hush "}, {"client_secret", "password"}) == [
        "client_secret"
    ]


@pytest.mark.parametrize(
    ("connector", "config", "field"),
    [
        ("caldav", {}, "base_url"),
        ("google", GOOGLE, "url"),
        ("smtp", {"host": "mail.example", "sender": "post@example.com"}, "login_url"),
    ],
)
def test_an_address_without_its_scheme_is_refused_with_what_was_meant(
    connector: str, config: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        REGISTRY.parse_config(connector, {**config, field: "dav.example.com:8443"})
    (fault,) = caught.value.faults
    assert fault.path == f"body.config.{field}"
    assert fault.message.endswith("did you mean https://dav.example.com:8443?")


@pytest.mark.parametrize(
    "given", ["anna:s3cret@dav.example.com", "hush", "ftp://dav.example.com", "dav.example.com?a=b"]
)
def test_what_may_be_a_secret_is_not_proposed(given: str) -> None:
    with pytest.raises(Invalid) as caught:
        REGISTRY.parse_config("caldav", {"base_url": given})
    assert given not in caught.value.faults[0].message


@pytest.mark.parametrize("name", REGISTRY.names())
def test_half_of_a_character_in_any_field_is_refused_with_the_field(name: str) -> None:
    """As the terminal reads bytes in another encoding: neither a vendor nor a database can be told of it."""
    for field in REGISTRY.manifest(name).config.model_fields:
        for value in ("a\udce4b", ["\ud800"], {"\udfff": 1}):
            with pytest.raises(Invalid) as refused:
                REGISTRY.parse_config(name, {field: value})
            (fault,) = refused.value.faults
            assert (fault.path, fault.code) == (f"body.config.{field}", "lone-surrogate")


def test_half_of_a_character_in_the_name_of_a_field_is_told_in_what_can_be_written() -> None:
    with pytest.raises(Invalid) as refused:
        REGISTRY.parse_config("smtp", {"ho\udce4st": "mail.example"})
    (fault,) = refused.value.faults
    assert fault.path.encode() == b"body.config.'ho\\udce4st'"
