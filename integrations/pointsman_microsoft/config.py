"""What a connection to Microsoft 365 needs to know."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema

from pointsman_sdk import check_base_address, check_email


class Permission(StrEnum):
    """The kind of permission that the app was given."""

    DELEGATED = "delegated"  # a person signs in, and the app sees what they see
    APPLICATION = "application"  # the app itself signs in, and sees the mailboxes that an administrator gave it


class MicrosoftConfig(BaseModel):
    """One app registration in one directory. The addresses are Microsoft's worldwide cloud, unless others are given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    permission: Annotated[
        Permission,
        WithJsonSchema({"type": "string", "enum": [one.value for one in Permission]}),
        Field(description="delegated: a person signs in; application: the app signs in for many mailboxes"),
    ] = Permission.DELEGATED
    tenant: Annotated[
        str,
        Field(
            description="Directory (tenant) ID, or the directory's domain",
            pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$",
        ),
    ]
    client_id: Annotated[str, Field(description="Application (client) ID of the app registration", min_length=1)]
    client_secret: Annotated[SecretStr, Field(description="Value of a client secret of the app registration")]
    mailbox: Annotated[
        str | None,
        AfterValidator(lambda value: None if value is None else check_email(value)),
        Field(description="With application permission: a mailbox to try the connection with"),
    ] = None
    working_elsewhere_blocks: Annotated[
        bool, Field(description="Whether a time that is shown as working elsewhere cannot be booked")
    ] = False
    url: Annotated[str, AfterValidator(check_base_address), Field(description="Address of Microsoft Graph")] = (
        "https://graph.microsoft.com/v1.0"
    )
    login_url: Annotated[
        str, AfterValidator(check_base_address), Field(description="Address of Microsoft's sign-in")
    ] = "https://login.microsoftonline.com"
