"""The notice gateway: messages sent by whatever connector a connection names."""

from pointsman.connectors.registry import ConnectorRegistry
from pointsman.domain.errors import NotFound, Unavailable
from pointsman_sdk import Capability


class ConnectorNotices:
    """Implements `NoticeGateway`."""

    def __init__(self, *, registry: ConnectorRegistry) -> None:
        self._registry = registry

    def sends_mail(self, connector: str) -> bool:
        """Whether its manifest says that it sends messages; not of a connector that is gone or broken."""
        try:
            return Capability.NOTICES in self._registry.manifest(connector).capabilities
        except (NotFound, Unavailable):
            return False
