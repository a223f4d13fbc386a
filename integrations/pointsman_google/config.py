"""What a connection to Google Calendar needs to know."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pointsman_google.service_key import ServiceKey
from pointsman_sdk import check_base_address, check_email

API = "https://www.googleapis.com/calendar/v3"
AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address


class GoogleConfig(BaseModel):
    """Either a client with which one user signs in, or a service account that acts for the users of a Workspace domain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Annotated[str | None, Field(description="OAuth client id, from Google Cloud, for a user to sign in")] = (
        None
    )
    client_secret: Annotated[SecretStr | None, Field(description="OAuth client secret that belongs to it")] = None
    service_account_key: Annotated[
        SecretStr | None,
        Field(description="Key file (JSON) of a service account with domain-wide delegation, instead of a client"),
    ] = None
    acting_as: Annotated[
        str | None,
        Field(description="Address of a user: as this one the service account lists calendars and reads busy times"),
    ] = None
    url: Annotated[str, Field(description="Where the Calendar API is; Google's, unless you try a fake")] = API
    authorize_url: Annotated[str, Field(description="Where a user signs in; Google's, unless you try a fake")] = (
        AUTHORIZE
    )
    token_url: Annotated[str, Field(description="Where tokens are issued; Google's, unless you try a fake")] = TOKEN

    @field_validator("url", "authorize_url", "token_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return check_base_address(value)

    @field_validator("acting_as")
    @classmethod
    def _is_a_user(cls, value: str | None) -> str | None:
        return None if value is None else check_email(value)

    @field_validator("service_account_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            ServiceKey.of(value)
        return value

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("give both client_id and client_secret, or neither")
        if (self.service_account_key is None) != (self.acting_as is None):
            raise ValueError("give both service_account_key and acting_as, or neither")
        if (self.client_id is None) == (self.acting_as is None):
            raise ValueError("give either a client (client_id) or a service account (service_account_key)")
        return self
