"""The address of a server in a connection's configuration: one check for all connectors that have one."""

import pytest
from pydantic import BaseModel, ValidationError

from pointsman_caldav import CaldavConfig
from pointsman_google import GoogleConfig
from pointsman_microsoft import MicrosoftConfig
from pointsman_sdk import check_address, check_base_address

GOOD = ("https://dav.example.com/", "http://127.0.0.1:5232", "https://[::1]:8443/calendars/anna/")
WRONG = {
    "": "must start with https://",
    "dav.example.com": "must start with https://",
    "ftp://dav.example.com/": "must start with https://",
    "https:///calendars": "must start with https://",
    "https://dav.example.com:port/": "not an address",
    "https://anna:secret@dav.example.com/": "neither a password nor a query",
    "https://dav.example.com/?token=secret": "neither a password nor a query",
    "https://dav.example.com/#anna": "neither a password nor a query",
}
FORMS: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    "base_url": (CaldavConfig, {}),
    "token_url": (GoogleConfig, {"client_id": "client", "client_secret": "secret"}),
    "login_url": (MicrosoftConfig, {"tenant": "example.com", "client_id": "client", "client_secret": "secret"}),
}


@pytest.mark.parametrize("written", GOOD)
def test_a_servers_address_is_taken_as_it_is_written(written: str) -> None:
    assert check_address(written) == written


@pytest.mark.parametrize("written", GOOD)
def test_an_address_before_the_paths_of_calls_ends_without_a_slash(written: str) -> None:
    assert check_base_address(written) == written.rstrip("/")


@pytest.mark.parametrize("written", WRONG)
def test_what_is_no_servers_address_is_refused_with_what_is_wrong(written: str) -> None:
    for check in (check_address, check_base_address):
        with pytest.raises(ValueError, match=WRONG[written]) as refused:
            check(written)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("written", WRONG)
def test_every_connector_refuses_it_at_its_own_field(name: str, written: str) -> None:
    form, rest = FORMS[name]
    with pytest.raises(ValidationError, match=WRONG[written]) as refused:
        form.model_validate({**rest, name: written})
    assert [one["loc"] for one in refused.value.errors()] == [(name,)]
