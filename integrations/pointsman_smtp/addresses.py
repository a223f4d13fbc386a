"""Mail addresses as the server and the header take them: the domain in ASCII, the part before it as it is written."""

from dataclasses import dataclass

import idna

from pointsman_sdk import check_email

_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253  # octets (RFC 5321, 4.5.3.1)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`domain` is ASCII. `utf8`: what stands before the @ is not, so that the server has to have SMTPUTF8 (RFC 6531)."""

    local: str
    domain: str

    @property
    def utf8(self) -> bool:
        return not self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def mailbox(address: str) -> Mailbox:
    """The address in its two parts. ValueError for what is none, or could be another one to some reader."""
    local, _, domain = check_email(address).rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise ValueError("the domain of the address cannot be one") from None
    try:
        size = len(local.encode())
    except UnicodeEncodeError:
        raise ValueError("half a character stands in the address") from None
    # Some servers and mail programs decode encoded words (RFC 2047) where none may stand.
    if "=?" in local or not local.isprintable() or size > _LONGEST_LOCAL or len(domain) > _LONGEST_DOMAIN:
        raise ValueError("not an address that mail goes to")
    return Mailbox(local, domain)
