"""The secrets that a sender signs with."""

from collections.abc import Sequence

from pointsman.domain.errors import Fault, Invalid
from pointsman.services.ports.intake.signatures import SignatureScheme

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
