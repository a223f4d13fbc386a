"""What the check of a policy finds."""

from dataclasses import dataclass
from enum import StrEnum

from pointsman.domain.messages.message import Message


class Severity(StrEnum):
    """An error keeps a policy from being published; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault: where ("rules[3].when.all[1].field"), a stable code, and what it is and what to do about it."""

    path: str
    code: str
    severity: Severity
    message: Message


def error(path: str, code: str, message: Message) -> Finding:
    """A finding that forbids publishing."""
    return Finding(path=path, code=code, severity=Severity.ERROR, message=message)


def warning(path: str, code: str, message: Message) -> Finding:
    """A finding that an admin should see, and may accept."""
    return Finding(path=path, code=code, severity=Severity.WARNING, message=message)
