"""How senders prove themselves: signature schemes by name, and what each of them covers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """One request as it arrived: header names in lower case, the URI as the sender must have written it."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes


class SignatureScheme(Protocol):
    """One intake's scheme, with what its sender chose."""

    @property
    def document(self) -> Mapping[str, Any]:
        """As it is stored and shown, its defaults filled in; never a secret."""
        ...

    @property
    def event_header(self) -> str | None:
        """The header whose value names the event, the same when it is delivered again."""
        ...

    @property
    def proof_headers(self) -> frozenset[str]:
        """The headers, in lower case, that carry a secret or a signature."""
        ...

    def verify(self, secrets: Sequence[str], request: SignedRequest, *, now: datetime) -> None:
        """Raise Unauthenticated unless one of the secrets signed exactly this request, and lately ("stale-signature")."""
        ...

    def secret_fault(self, secret: str) -> str | None:
        """Why the secret cannot be used, to follow "the secret"; None when it can."""
        ...


class SignatureSchemes(Protocol):
    """The schemes that there are."""

    def read(self, document: Mapping[str, Any]) -> SignatureScheme:
        """The scheme that `document` names. Raises Invalid, each fault with its path below `verifier`."""
        ...
