"""The name under which an external id is kept: the same id from two senders names two people."""

#: Ids that a verified webhook brings. Webhooks share them by source system, which their mappings name: an admin wrote them.
WEBHOOK = "webhook"
#: Ids that the house's own keys bring.
API = "api"


def sender_of(supplier: str | None) -> str:
    """The sender of what a key says; `supplier` is the partner that the key belongs to, None for the house."""
    return API if supplier is None else f"partner:{supplier}"


def bringer_of(supplier: str | None, rep: str | None) -> str | None:
    """The caller that brings a lead in, where it does not see all leads: a rep's key, or a partner's."""
    if rep is not None:
        return f"rep:{rep}"
    return None if supplier is None else f"partner:{supplier}"
