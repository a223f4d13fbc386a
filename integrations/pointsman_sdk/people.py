"""Contact: the person that an appointment, a record or a programme is about."""

import re
from dataclasses import dataclass

# Deliberately loose about what is a mailbox, strict about what could break out of a header or a URI.
_EMAIL = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\]\",;:\\@]{1,64}@[^\s\x00-\x1f\x7f<>()\[\]\",;:\\@]{1,255}")


def check_email(email: str) -> str:
    """`email` itself, when it can be written as `mailto:` without escaping; ValueError otherwise."""
    if not _EMAIL.fullmatch(email):
        raise ValueError("not an email address that can be invited")
    return email


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person. The name is what a stranger typed into a form: any length, any character."""

    email: str
    name: str
    phone: str | None = None

    def __post_init__(self) -> None:
        check_email(self.email)
