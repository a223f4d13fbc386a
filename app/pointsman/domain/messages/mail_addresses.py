"""Mail addresses that people write for us to use: what could not be sent later is refused where it is written."""

from pydantic_core import PydanticCustomError

from pointsman.domain.text.visible import BLANK

_LONGEST_LOCAL = 64  # octets (RFC 5321, 4.5.3.1)


def is_plain_address(address: str) -> bool:
    """Whether every sign of it is seen, and none makes it another address to some mail program."""
    local, _, _ = address.rpartition("@")
    return (
        address.isprintable()
        and BLANK.search(address) is None
        and "\\" not in address
        and "=?" not in local  # some decode encoded words (RFC 2047) where none may stand
        and len(local.encode()) <= _LONGEST_LOCAL
    )


def takes_replies(address: str) -> bool:
    """Whether any mail server takes it in a header: one with letters beyond ASCII before the @ only some do (RFC 6531)."""
    local, _, _ = address.rpartition("@")
    return local.isascii() and all(local.split(".")) and is_plain_address(address)


def refuse_hidden_address(address: str) -> str:
    """An address as it is. Raises what pydantic tells of the field where it is not plain."""
    if not is_plain_address(address):
        raise PydanticCustomError(
            "hidden-address",
            "a sign in it is not seen, or means something else in mail: delete the address and type it by hand",
        )
    return address


def refuse_reply_address(address: str) -> str:
    """The same, and where some server would not take it for answers."""
    if not takes_replies(refuse_hidden_address(address)):
        raise PydanticCustomError(
            "reply-address",
            "some mail servers do not take it: write an address without umlauts before the @, and with each dot between signs",
        )
    return address
