"""What every scheme is: a value that verifies a request, and signs one as its sender does."""

import hmac
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from pointsman_sdk.signatures.refusals import BadSignature, StaleSignature
from pointsman_sdk.signs import Signs
from pointsman_sdk.webhooks import WebhookRequest

#: How far a signed time may be from the receiver's clock, before and after.
TOLERANCE = timedelta(minutes=5)
_SHORTEST_SECRET = 16

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$", to_lower=True)]


class SignatureScheme(BaseModel):
    """One way to sign. It is told by the name in `scheme`, and by what its sender chooses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signs: ClassVar[Signs]
    #: The header whose value names the event, the same when it is delivered again.
    event_header: ClassVar[str | None] = None

    scheme: str

    def verify(self, hook: WebhookRequest, secrets: Sequence[str], *, now: datetime) -> None:
        """Raise BadSignature unless one of the secrets signed exactly this request, and StaleSignature unless lately.

        `hook.url` is the receiver's public address from its own configuration: a Host header is the sender's word. All active
        secrets are given, so that one can be rotated without losing a request.
        """
        is_signed_with = self.matcher(hook, now)
        # No early exit: how long it takes says nothing about which secret matched.
        answers = [is_signed_with(secret) for secret in secrets]
        if not any(answers):
            raise BadSignature("The signature is not ours: check the secret and the address.")

    @abstractmethod
    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        """The headers that the sender adds to `hook`, in lower case: for fakes and demonstrations."""

    @property
    @abstractmethod
    def proof_headers(self) -> frozenset[str]:
        """The headers, in lower case, that carry a secret or a signature: they are never stored or shown."""

    def secret_fault(self, secret: str) -> str | None:
        """Why the secret cannot be used, to follow "the secret"; None when it can."""
        if len(secret) < _SHORTEST_SECRET:
            return f"is shorter than {_SHORTEST_SECRET} characters: make it longer"
        if not secret.isascii() or not secret.isprintable():
            return "has characters that are not printable ASCII"
        return None

    @abstractmethod
    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        """Whether a secret signed the request, as a function. Raises BadSignature for one that no secret could have signed."""


def sent_header(hook: WebhookRequest, name: str) -> str:
    """The header's value. Raises BadSignature when there is none, or none that can be compared."""
    value = hook.headers.get(name, "")
    if not value or not value.isascii():
        raise BadSignature(f"The header {name} is missing or unreadable.")
    return value


def check_lately(milliseconds: int, now: datetime) -> None:
    """Raise StaleSignature unless the time, since 1970, is near `now`."""
    if abs(now.timestamp() * 1000 - milliseconds) > TOLERANCE.total_seconds() * 1000:
        raise StaleSignature("The timestamp is more than five minutes away from our clock.")


def hmac_sha256(secret: str, source: bytes) -> bytes:
    return hmac.digest(secret.encode(), source, "sha256")
