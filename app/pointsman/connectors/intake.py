"""The intake gateway: webhooks answered, read and caught up with by whatever connector a connection names."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.hook_values import MAX_TOGETHER, arrival, hook_events, reply_of, sdk_event
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import kept_text
from pointsman.services.ports import ConnectionRef
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookArrival, HookEvent, HookReply, MissedEvents
from pointsman_sdk import Capability, Connector, Intake, WebhookRequest

FETCH_WITHIN = timedelta(seconds=30)
MAX_CURSOR = 10_000


class ConnectorIntake:
    """Implements `IntakeGateway`, over the connectors that `gateway` has built."""

    def __init__(self, *, gateway: ConnectorGateway, registry: ConnectorRegistry) -> None:
        self._gateway, self._registry = gateway, registry

    def takes_in(self, connector: str) -> bool:
        """Whether its manifest says that it has webhooks."""
        return Capability.INTAKE in self._registry.manifest(connector).capabilities

    async def answer(self, connection: ConnectionRef, request: SignedRequest) -> HookReply:
        """Asked beside the event loop, so that a connector which hangs holds up nothing else."""
        hook = WebhookRequest(method=request.method, url=request.uri, headers=request.headers, body=request.body)

        def ask(connector: Connector) -> HookReply:
            return reply_of(_intake(connector).answer(hook))

        return await self._gateway.answer(connection, ask)

    async def fetch(self, connection: ConnectionRef, events: Sequence[HookEvent]) -> Mapping[str, HookArrival | None]:
        """In as few calls as the vendor allows."""

        async def ask(intake: Intake) -> dict[str, HookArrival | None]:
            found = await intake.fetch([sdk_event(event) for event in events])
            read, left = dict[str, HookArrival | None](), MAX_TOGETHER
            for event in events:
                if event.key not in found:
                    continue
                try:
                    told = arrival(found[event.key])
                except (TypeError, ValueError, AttributeError) as error:
                    # Left out: what says of itself what no JSON can must not keep the others waiting.
                    self._gateway.tell_of_bug(connection.connector, type(error).__name__)
                    continue
                left -= 0 if told is None else len(told.body)
                if left >= 0:  # else it is fetched again, with fewer others
                    read[event.key] = told
            return read

        return await self._gateway.on(Capability.INTAKE, connection, ask, deadline=FETCH_WITHIN)

    async def since(self, connection: ConnectionRef, cursor: str | None) -> MissedEvents:
        """One page. With an event left out that cannot be kept it is not complete: so a human hears of it."""

        async def ask(intake: Intake) -> MissedEvents:
            missed, left_out = await intake.since(cursor), list[str]()
            following = None if missed.cursor is None else kept_text(missed.cursor, MAX_CURSOR)
            events = hook_events(missed.events, left_out=lambda error: left_out.append(type(error).__name__))
            for kind in left_out:
                self._gateway.tell_of_bug(connection.connector, kind)
            return MissedEvents(events=events, cursor=following, complete=missed.complete and not left_out)

        return await self._gateway.on(Capability.INTAKE, connection, ask, deadline=FETCH_WITHIN)


def _intake(connector: Connector) -> Intake:
    able = getattr(connector, Capability.INTAKE, None)
    if not isinstance(able, Intake):
        raise TypeError("the connector has no webhooks")
    return able
