"""Messages of connected vendors, as the use cases see them."""

from typing import Protocol


class NoticeGateway(Protocol):
    """Sends messages over whatever connector a connection names."""

    def sends_mail(self, connector: str) -> bool:
        """Whether its manifest says that it sends messages; not of a connector that is gone or broken."""
        ...
