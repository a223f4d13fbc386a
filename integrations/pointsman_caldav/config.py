"""What a connection to a CalDAV server needs to know."""

from typing import Annotated, Self
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class CaldavConfig(BaseModel):
    """One account on one server; its calendars are named when they are used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[str, Field(description="Address of the server, for instance https://dav.example.com/")]
    username: Annotated[str | None, Field(description="User name; empty for a server without login")] = None
    password: Annotated[SecretStr | None, Field(description="Password, better an app password")] = None
    time_zone: Annotated[
        str, Field(description="Zone of whole days, where neither the owner nor the calendar says one")
    ] = "UTC"
    trust_free_busy: Annotated[
        bool, Field(description="Believe the server's own report of calendars that show busy times alone")
    ] = False

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            url = httpx.URL(value)
        except (httpx.InvalidURL, ValueError):
            raise ValueError("not an address") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("must start with https:// (or http://) and name a host")
        if url.userinfo or url.query or url.fragment:
            raise ValueError("must hold neither a password nor a query: the credentials have fields of their own")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, KeyError, OSError):
            raise ValueError("not an IANA time zone, such as Europe/Berlin") from None
        return value

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, or neither")
        return self
