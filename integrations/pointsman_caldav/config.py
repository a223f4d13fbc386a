"""What a connection to a CalDAV server needs to know."""

from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pointsman_sdk import check_address


class CaldavConfig(BaseModel):
    """One account on one server; its calendars are named when they are used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[
        str,
        AfterValidator(check_address),
        Field(description="Address of the server, for instance https://dav.example.com/"),
    ]
    username: Annotated[str | None, Field(description="User name; empty for a server without login")] = None
    password: Annotated[SecretStr | None, Field(description="Password, better an app password")] = None
    time_zone: Annotated[
        str, Field(description="Zone of whole days, where neither the owner nor the calendar says one")
    ] = "UTC"
    trust_free_busy: Annotated[
        bool, Field(description="Believe the server's own report of calendars that show busy times alone")
    ] = False

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
