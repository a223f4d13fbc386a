"""What a connection to HubSpot needs to know."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pointsman_sdk import check_base_address

API = "https://api.hubapi.com"
APP = "https://app.hubspot.com"
_NAME = re.compile(r"[a-z0-9_]{1,100}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_MOST_NAMES = 200


class HubSpotConfig(BaseModel):
    """Either a token of the account, or an app as whose user a person signs in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: Annotated[SecretStr | None, Field(description="Service key, or access token of a private app")] = None
    client_id: Annotated[str | None, Field(description="Client id of an app, for a person to sign in")] = None
    client_secret: Annotated[SecretStr | None, Field(description="Client secret that belongs to it")] = None
    webhook_secret: Annotated[
        SecretStr | None,
        Field(description="With a token: client secret of the app that sends webhooks; empty without webhooks"),
    ] = None
    version: Annotated[
        str,
        Field(description="Version of HubSpot's API: a date such as 2026-09, or v3", pattern=r"^(\d{4}-(03|09)|v3)$"),
    ] = "2026-09"
    calls_in_ten_seconds: Annotated[
        int, Field(description="Calls that HubSpot allows the app in ten seconds: 100, or 190 from Professional on")
    ] = 100
    properties: Annotated[
        str, Field(description="Further properties of contacts to read, by internal name, divided by commas")
    ] = ""
    watched: Annotated[
        str, Field(description="Properties of contacts whose changes are news, as the app's subscriptions name them")
    ] = "lifecyclestage,hs_lead_status,hubspot_owner_id"
    lists: Annotated[str, Field(description="Ids of lists whose new members are news, divided by commas")] = ""
    tasks: Annotated[bool, Field(description="Whether the outcome of a task is news about its contact")] = False
    url: Annotated[str, Field(description="Where the API is; HubSpot's, unless you try a fake")] = API
    app_url: Annotated[str, Field(description="Where a person signs in; HubSpot's, unless you try a fake")] = APP

    @field_validator("url", "app_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return check_base_address(value)

    @field_validator("calls_in_ten_seconds")
    @classmethod
    def _is_a_limit(cls, value: int) -> int:
        if not 10 <= value <= 250:
            raise ValueError("HubSpot allows 100, 190 or, with an add-on, 250 calls in ten seconds: give 10 to 250")
        return value

    @field_validator("properties", "watched")
    @classmethod
    def _are_names(cls, value: str) -> str:
        return _checked(value, _NAME, "an internal name has small letters, digits and underscores")

    @field_validator("lists")
    @classmethod
    def _are_numbers(cls, value: str) -> str:
        return _checked(value, _NUMBER, "a list's id is a number, which stands at the end of its address")

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("give both client_id and client_secret, or neither")
        if (self.token is None) == (self.client_id is None):
            raise ValueError("give either a token or an app (client_id)")
        return self

    def property_names(self) -> tuple[str, ...]:
        return _parts(self.properties)

    def watched_names(self) -> tuple[str, ...]:
        return _parts(self.watched)

    def list_ids(self) -> tuple[str, ...]:
        return _parts(self.lists)

    def hook_secret(self) -> str | None:
        """What the app signs its webhooks with: its client secret."""
        found = self.webhook_secret or self.client_secret
        return None if found is None else found.get_secret_value()


def _parts(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def _checked(value: str, form: "re.Pattern[str]", what: str) -> str:
    parts = _parts(value)
    if len(parts) > _MOST_NAMES:
        raise ValueError(f"more than {_MOST_NAMES} names")
    if not all(form.fullmatch(part) for part in parts):
        raise ValueError(what)
    return ",".join(parts)
