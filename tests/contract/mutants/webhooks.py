"""Connectors that believe anybody, lose leads, or do not answer as the vendor wants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

from contract.mutants.base import MANIFEST, fails
from pointsman_memory import MemoryConnector
from pointsman_memory.intake import MemoryIntake
from pointsman_memory.signature import SIGNATURE
from pointsman_sdk import Arrival, ConnectorError, Event, Missed, Rejected, Reply, Signs, WebhookRequest

_NUMBERS = count(1)


@fails("test_signed_webhook_is_answered")
class TakesOneEventOfMany(MemoryIntake):
    def answer(self, hook: WebhookRequest) -> Reply:
        reply = super().answer(hook)
        return replace(reply, events=reply.events[:1])


@fails("test_tampered_webhook_is_rejected")
class BelievesAnybody(MemoryIntake):
    def answer(self, hook: WebhookRequest) -> Reply:
        secret = self._config.webhook_secret.get_secret_value()
        signed = SIGNATURE.sign(hook, secret, now=self._clock(), event_id="")
        return super().answer(replace(hook, headers=signed))


@fails("test_signature_covers_the_body")
class SignsNoBody(MemoryConnector):
    manifest = replace(MANIFEST, signs=Signs(body=False, time=True))


@fails("test_replayed_webhook_is_rejected")
class BelievesOldNews(MemoryIntake):
    def answer(self, hook: WebhookRequest) -> Reply:
        try:
            return super().answer(hook)
        except Rejected as error:
            if "timestamp" not in str(error) and "clock" not in str(error):
                raise
        return Reply(status=202)


@fails("test_event_keys_are_stable")
class MakesKeysOfItsOwn(MemoryIntake):
    def answer(self, hook: WebhookRequest) -> Reply:
        reply = super().answer(hook)
        return replace(reply, events=[replace(event, key=f"own-{next(_NUMBERS)}") for event in reply.events])


@fails("test_malformed_webhook_is_rejected")
class AnswersOneToAnything(MemoryIntake):
    def answer(self, hook: WebhookRequest) -> Reply:
        try:
            return super().answer(hook)
        except Rejected as error:
            if "signature" in str(error).lower():
                return Reply(status=200)
            raise


@fails("test_handshakes_are_answered_as_the_vendor_wants")
class AnswersEveryHandshakeWithOk(MemoryIntake):
    def answer(self, hook: WebhookRequest) -> Reply:
        reply = super().answer(hook)
        return reply if reply.events else Reply(status=200, body=b"ok")


@fails("test_events_are_fetched_together")
class FetchesOneByOne(MemoryIntake):
    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        found: dict[str, Arrival | None] = {}
        for event in events:
            found.update(await super().fetch([event]))
        return found


@fails("test_what_is_older_than_its_event_is_left_out")
class TakesACopyThatLagsForTheNews(MemoryIntake):
    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        return await super().fetch([replace(event, version=None) for event in events])


@fails("test_failed_fetch_is_not_nothing")
class TakesAFailedFetchForNothing(MemoryIntake):
    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        try:
            return await super().fetch(events)
        except ConnectorError:
            return dict.fromkeys(event.key for event in events)


@fails("test_missed_events_are_told")
class TellsTheFirstPage(MemoryIntake):
    async def since(self, cursor: str | None) -> Missed:
        found = await super().since(cursor)
        return replace(found, events=found.events[:1])
