"""The name under which an external id is kept: the same id from two senders names two people."""

#: Ids that a verified webhook brings. Webhooks share them by source system, which their mappings name: an admin wrote them.
WEBHOOK = "webhook"
#: Ids that the house's own keys bring.
API = "api"
#: Under it a number stands with the names beside it, of a lead that came with neither an email nor an id: said again, it
#: finds that lead, though others may have the number by then.
_TELEPHONE = "telephone"


def telephone_sender(bringer: str | None) -> str:
    """Under whose name such a number is kept; `bringer` as of `bringer_of`."""
    return _TELEPHONE if bringer is None else f"{_TELEPHONE}:{bringer}"


def is_telephone(sender: str) -> bool:
    """Whether what is kept under this name is a number, and no system's id."""
    return sender.startswith(_TELEPHONE)


def sender_of(supplier: str | None) -> str:
    """The sender of what a key says; `supplier` is the partner that the key belongs to, None for the house."""
    return API if supplier is None else f"partner:{supplier}"


def bringer_of(supplier: str | None, rep: str | None) -> str | None:
    """The caller that brings a lead in, where it does not see all leads: a rep's key, or a partner's."""
    if rep is not None:
        return f"rep:{rep}"
    return None if supplier is None else f"partner:{supplier}"
