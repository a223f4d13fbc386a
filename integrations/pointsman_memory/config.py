"""What a connection to a memory vendor needs to know."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MemoryConfig(BaseModel):
    """Works as it stands: without `url` the vendor is one inside this process, forgotten when it ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str | None, Field(description="Where the vendor is served; empty: inside this process")] = None
    world: Annotated[str, Field(description="Which of the vendors inside this process")] = "default"
    token: Annotated[SecretStr, Field(description="API token of the vendor")] = SecretStr("memory-token")
    webhook_secret: Annotated[SecretStr, Field(description="Secret with which the vendor signs webhooks")] = SecretStr(
        "memory-webhook-secret"
    )
