"""The secrets that a sender signs with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pointsman.domain.errors import Fault, Invalid, Unauthenticated
from pointsman.services.ports.intake.signatures import SignatureScheme, SignedRequest

MAX_SECRETS = 5


def check_secrets(scheme: SignatureScheme, secrets: Sequence[str]) -> None:
    """Raise Invalid unless there are secrets, not too many, and every one can be used with the scheme."""
    if not 1 <= len(secrets) <= MAX_SECRETS:
        raise Invalid(f"An intake has 1 to {MAX_SECRETS} secrets.")
    faults = [
        Fault(path=f"secrets[{position}]", code="malformed", message=f"the secret {reason}")
        for position, secret in enumerate(secrets)
        if (reason := scheme.secret_fault(secret))
    ]
    if faults:
        raise Invalid("A secret cannot be used.", faults=faults)


class ProvenByConnector:
    """The scheme of an intake whose connector proves the sender: by itself it lets nothing in."""

    document: Mapping[str, Any] = {}
    event_header: str | None = None
    proof_headers: frozenset[str] = frozenset()

    def verify(self, secrets: Sequence[str], request: SignedRequest, *, now: datetime) -> None:  # noqa: ARG002  # SignatureScheme
        raise Unauthenticated("The connection of this intake proves the sender.", code="bad-signature")

    def secret_fault(self, secret: str) -> str | None:  # noqa: ARG002  # SignatureScheme
        return "has no use: the connection proves the sender"
