"""What a connection to a memory vendor needs to know."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema


class Handshake(StrEnum):
    """How the vendor tries an address for webhooks and wants to be answered, each as a vendor of renown does."""

    NONE = "none"
    META = "meta"  # GET with hub.challenge and hub.verify_token in the query
    GRAPH = "graph"  # POST with validationToken in the query
    SLACK = "slack"  # a signed POST of type url_verification
    SOAP = "soap"  # events as a SOAP message, which is acknowledged by one (Salesforce's outbound messages)


def _without_slash(url: str) -> str:
    return url.rstrip("/")


class MemoryConfig(BaseModel):
    """Works as it stands with a vendor served on this machine.

    With `client_id` and `client_secret` a person signs in by OAuth 2, else `token` is the API key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(description="Where the vendor is served"), AfterValidator(_without_slash)] = (
        "http://127.0.0.1:8425"
    )
    token: Annotated[SecretStr, Field(description="API key of the vendor")] = SecretStr("memory-token")
    client_id: Annotated[str | None, Field(description="Client id, to sign in by OAuth 2")] = None
    client_secret: Annotated[SecretStr | None, Field(description="Client secret, to sign in by OAuth 2")] = None
    webhook_secret: Annotated[SecretStr, Field(description="Secret with which the vendor signs webhooks")] = SecretStr(
        "memory-webhook-secret"
    )
    handshake: Annotated[
        Handshake,
        WithJsonSchema({"type": "string", "enum": [one.value for one in Handshake]}),
        Field(description="How the vendor tries an address for webhooks"),
    ] = Handshake.NONE
