"""Taking up what was refused, once its mapping is mended."""

from collections.abc import Mapping

from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import say
from pointsman.services.intake.mapping.mapping_model import IntakeMapping
from pointsman.services.intake.read_events import BODY, read_events, read_refused_event, with_kept_headers
from pointsman.services.intake.refused_items import alert_to_refused
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.intake.inbox import InboxRow
from pointsman.services.transactions import run_in_transaction


class StillRefusedError(Exception):
    """The whole body is refused again: no repetition mends that."""

    def __init__(self, error: CodedMessage) -> None:
        super().__init__(error.code)
        self.error = error


async def take_apart(env: Env, item: InboxRow, mapping: IntakeMapping) -> None:
    """What was refused, a body or an event of it: its events become items of their own, which came in when it did.

    So an event that its sender delivered again meanwhile, or delivers later, counts once: it has the same name.
    """
    refused = item.result or {}
    if refused["refused"] == BODY:
        headers: Mapping[str, str] = refused.get("headers", {})
        read = with_kept_headers(await read_events(env, mapping, headers, item.body, mend=True), headers)
    else:
        read = await read_refused_event(env, mapping, refused, item.body)
    for event in read.refused:
        # The whole body would be taken for a repetition of itself.
        if event.error is not None and event.dedupe_key == item.dedupe_key:
            raise StillRefusedError(event.error)

    async def work(tx: Tx) -> None:
        if await tx.inbox.lock(item.id) is None:
            return  # done, or with another worker
        assert item.intake_id is not None, "its mapping was read"
        stored = await tx.inbox.accept_batch(
            batch_id=env.new_id(),
            intake_id=item.intake_id,
            intake_version=item.intake_version,
            raw=item.body,
            events=read.events,
            at=item.received_at,  # what gives no time of its own was true then
            even_closed=True,
        )
        if not stored.is_intake_current:
            raise Unavailable("The intake was changed meanwhile: the body is taken apart by its new mapping soon.")
        await alert_to_refused(env, tx, item.intake_key, read, stored.inbox_ids)
        items = [str(found) for found in stored.inbox_ids]
        flaws = refused.get("faults") or []  # what was taken out, or read by a rule
        told: dict[str, object] = {"warnings": flaws} if flaws else {}
        if not read.events:
            told["note"] = say("arrival.mapped-to-nothing").as_json()
        result = {"events": len(read.events), "items": items} | told
        await tx.inbox.finish(item.id, at=env.clock(), lead_id=None, result=result)

    await run_in_transaction(env, work)
