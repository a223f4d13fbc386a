"""What the check of a policy finds."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a policy from being published; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault: where ("rules[3].when.all[1].field"), a stable code, and a sentence that says what to do."""

    path: str
    code: str
    severity: Severity
    message: str


def error(path: str, code: str, message: str) -> Finding:
    """A finding that forbids publishing."""
    return Finding(path=path, code=code, severity=Severity.ERROR, message=message)


def warning(path: str, code: str, message: str) -> Finding:
    """A finding that an admin should see, and may accept."""
    return Finding(path=path, code=code, severity=Severity.WARNING, message=message)
