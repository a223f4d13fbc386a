"""What a partner or a rep says of a person who is known and not theirs: kept as it came, for an admin to look at and apply."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.leads.senders import bringer_of
from pointsman.domain.permissions.callers import Scope, kind_of_key
from pointsman.domain.text.strict_json import fingerprint, parse_json
from pointsman.services.audit import audit
from pointsman.services.intake.inbox_errors import KNOWN_ELSEWHERE
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead_in_tx
from pointsman.services.leads.evidence_intake import taken_in
from pointsman.services.leads.fields import known_fields
from pointsman.services.leads.lead_input import LeadInput, identify_person
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake.inbox import InboxRow


async def keep_refused(env: Env, tx: Tx, body: bytes, given: LeadInput, *, known: UUID | None, actor: Actor) -> None:
    """Keep the request of such a key as a refused item of the inbox; a repeated one is kept once.

    With `known`, of `KnownElsewhere`, it stands in from now on for the lead that it would have made.
    """
    sender = bringer_of(actor.supplier, actor.rep)
    assert sender is not None, "others see every lead"
    await tx.inbox.refuse(
        inbox_id=env.new_id(),
        sender=sender,
        dedupe_key="sha256:" + fingerprint(parse_json(body)),
        body=body,
        error=KNOWN_ELSEWHERE,
        result={
            "key": actor.name.removeprefix("key:"),
            "supplier": actor.supplier,
            "rep": actor.rep,
            "scopes": sorted(actor.scopes),
        },
        at=env.clock(),
    )
    if known is None:
        return
    await tx.refused_words.keep(
        identify_person(given, (await known_fields(env, tx)).lists),
        word_id=env.new_id(),
        bringer=sender,
        first_name=given.first_name,
        last_name=given.last_name,
        refused_for=known,
        at=env.clock(),
    )


#: Reads a stored body as its sender said it, and when: what that caller could not say then is not said now.
Reader = Callable[[Tx, InboxRow, Actor], Any]


async def apply_refused(
    env: Env,
    tx: Tx,
    inbox_id: UUID,
    read: Reader,
    *,
    reason: str,
    actor: Actor,
    calendars: Mapping[str, CalendarState],
) -> tuple[InboxRow, SubmitResult]:
    """Take a refused item in after all, as what its sender says, on an admin's word. NotFound; Conflict "not-refused"."""
    item = await tx.inbox.lock_refused(inbox_id)
    if item is None:
        if await tx.inbox.get(inbox_id) is None:
            raise NotFound("There is no inbox item with this id.")
        raise Conflict("Only an item that was refused, and not applied yet, can be applied.", code="not-refused")
    if item.intake_id is not None:
        said = "An intake's item is taken up again: POST /v1/inbox/{inbox_id}/replay."
        raise Conflict(said, code="not-a-partners")
    sender = _sender(item)
    given: LeadInput = await read(tx, item, sender)
    # All came through its sender's key, and counts as such; without a time, it was true on arrival.
    evidence = tuple(taken_in(env, given.evidence, sender))
    given = replace(given, evidence=evidence, occurred_at=given.occurred_at or item.received_at)
    submitted = await submit_lead_in_tx(env, tx, given, actor=actor, calendars=calendars, speaker=sender)
    result = {**(item.result or {}), "created": submitted.created, "applied_by": actor.name}
    await tx.inbox.finish(item.id, at=env.clock(), lead_id=submitted.lead.id, result=result)
    after = {"lead": str(submitted.lead.id), "sender": item.intake_key}
    await audit(env, tx, actor, "inbox.applied", f"inbox:{item.id}", after=after, reason=reason)
    done = await tx.inbox.get(item.id)
    assert done is not None, "it was locked"
    return done, submitted


def _sender(item: InboxRow) -> Actor:
    kept = item.result or {}
    return Actor(
        name=f"key:{kept['key']}",
        kind=kind_of_key(scopes=frozenset(), supplier=kept["supplier"], rep=kept["rep"]),
        supplier=kept["supplier"],
        rep=kept["rep"],
        scopes=frozenset(Scope(scope) for scope in kept["scopes"]),
    )
