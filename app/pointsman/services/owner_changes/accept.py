"""A change of owner that the policy accepts: the rep gets the lead as by hand, or the rules give it on, or it is refused."""

from collections.abc import Mapping
from functools import partial

from pointsman.domain.backoff import retry_delay
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, PointsmanError, Unavailable
from pointsman.domain.messages.message import Message, as_written, rep_name, say
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.owner_changes.judge import AGAIN_AFTER, Accepting, is_as_seen
from pointsman.services.owner_changes.keep import actor_of, connection_words, keep_change, refusal_message
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.crm_owners import OwnerOutcome
from pointsman.services.reassignment.appointment_transfer import prepare_transfer
from pointsman.services.reassignment.by_rules import reassign_in_tx, resolve_absence_alert
from pointsman.services.reassignment.manual import CrmWord, assign_manually
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.transactions import run_in_transaction


class _OvertakenError(Exception):
    """Something was done to the lead since it was looked at: its owner is looked at again."""


async def accept(env: Env, what: Accepting) -> None:
    """The lead goes where the CRM has it, in one transaction with what is kept of that; who may not have it, is refused."""
    try:
        await (_assign(env, what, what.rep.key) if what.rep is not None else _release(env, what))
    except _OvertakenError:
        await _look_again(env, what)
    except Unavailable:
        await _look_again(env, what, tries=what.known.tries)
    except PointsmanError as refused:
        if isinstance(refused, Conflict) and refused.code == "holder-changed":
            await _look_again(env, what)
            return
        await run_in_transaction(env, partial(_refuse, env, what, refused))


async def _assign(env: Env, what: Accepting, rep: str) -> None:
    async def check(tx: Tx) -> None:
        await _require_as_seen(env, tx, what)

    async def keep(tx: Tx, routed: RoutingResult) -> None:
        said = say("owner-change.accepted", rep=rep_name(rep))
        await _keep(env, tx, what, OwnerOutcome.ACCEPTED, said, routed)

    await assign_manually(
        env,
        what.known.lead_id,
        rep=rep,
        work=what.work,
        override_id=None,
        reason="",
        actor=actor_of(what.connection),
        crm=CrmWord(connection=what.connection.key, check=check, keep=keep),
    )


async def _release(env: Env, what: Accepting) -> None:
    transfer = await prepare_transfer(env, what.known.lead_id)

    async def attempt(calendars: Mapping[str, CalendarState]) -> None:
        async def work(tx: Tx) -> None:
            await _require_as_seen(env, tx, what)
            before, routed = await reassign_in_tx(
                env,
                tx,
                what.known.lead_id,
                reason=connection_words(what.connection),
                actor=actor_of(what.connection),
                calendars=calendars,
                holder=what.holder,
                transfer=transfer,
            )
            await resolve_absence_alert(env, tx, before)
            await _keep(env, tx, what, OwnerOutcome.RELEASED, say("owner-change.released"), routed)

        await run_in_transaction(env, work)

    await with_closer_calendars(env, attempt)


async def _keep(env: Env, tx: Tx, what: Accepting, outcome: OwnerOutcome, said: Message, routed: RoutingResult) -> None:
    await keep_change(env, tx, what.connection, what.change, outcome, said, decision_id=routed.decision_id)
    await tx.crm_owners.take_over(what.known, owner=what.change.there, at=env.clock())
    await tx.crm_owners.looked(what.known)


async def _require_as_seen(env: Env, tx: Tx, what: Accepting) -> None:
    """The lead and its record's owner, both locked, are as they were looked at."""
    lead = await tx.leads.get(what.known.lead_id)
    if lead is None or lead.merged_into is not None:
        raise _OvertakenError
    await tx.leads.get(what.known.lead_id, lock=True)
    current = await tx.decisions.current_assignment(what.known.lead_id)
    if (current.rep if current else None) != what.holder or not await is_as_seen(env, tx, what.known):
        raise _OvertakenError


async def _refuse(env: Env, what: Accepting, refused: PointsmanError, tx: Tx) -> None:
    told = refused.told if isinstance(refused.told, Message) else as_written(str(refused))
    why = refusal_message(what.rep, refused.code, refused.extra.get("missing"), told)
    await keep_change(env, tx, what.connection, what.change, OwnerOutcome.NOT_ALLOWED, why)
    await tx.crm_owners.looked(what.known)


async def _look_again(env: Env, what: Accepting, *, tries: int = 0) -> None:
    wait = retry_delay(tries, what.known.lead_id) if tries else AGAIN_AFTER
    async with env.uow() as tx:
        await tx.crm_owners.put_off(what.known, until=env.clock() + wait)
