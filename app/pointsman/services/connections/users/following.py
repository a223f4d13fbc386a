"""Reps who are no users of a CRM are known before their first lead, and users who change or leave are followed."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pointsman.domain.roster.reps import Rep
from pointsman.services.connections.missing import no_connection
from pointsman.services.connections.users.listing import UserList, read_users
from pointsman.services.connections.users.matching import match_users
from pointsman.services.deliveries.alerts.late import alert_missing_users
from pointsman.services.ports import Env, Tx, VendorError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.rep_users import RepUser, RepWithoutUser, UserState
from pointsman.services.roster.addresses import mailbox_of
from pointsman.services.transactions import run_in_transaction

LOOKS_EVERY = timedelta(days=1)
_AFTER_A_FAILURE = timedelta(minutes=10)
_AT_ONCE = 10
MOST_REPS = 1_000  # without a user, that are told


async def follow_users(env: Env) -> int:
    """Look for the users of each CRM for which that is due; of how many it was done."""
    async with env.uow() as tx:
        due = await tx.rep_users.due(at=env.clock(), limit=_AT_ONCE)
    looked = sum(await gather(*(_look(env, connection) for connection in due)))
    if looked:
        await alert_missing_users(env)
    return looked


async def look_for_users(env: Env, key: str) -> Sequence[RepWithoutUser]:
    """Look now, as far as the vendor answers: the reps without a user there; empty for what hears of no owners.

    Raises NotFound.
    """
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
    if connection is None:
        raise no_connection(key)
    if not (connection.sync_owners and connection.active) or connection.pending or connection.fault is not None:
        return ()
    if await _look(env, connection):
        await alert_missing_users(env)
    async with env.uow() as tx:
        return await tx.rep_users.without_user(limit=MOST_REPS, connection_id=connection.id)


async def _look(env: Env, connection: ConnectionRow) -> bool:
    """Whether the vendor answered, and what it said is written down."""
    try:
        listed = await read_users(env, connection.ref())
    except (VendorError, TimeoutError):
        await run_in_transaction(env, lambda tx: _later(env, tx, connection))
        return False

    async def work(tx: Tx) -> bool:
        locked = await tx.connections.get(connection.key, lock=True)
        if locked is None or (locked.config, locked.sealed) != (connection.config, connection.sealed):
            return False  # saved anew meanwhile: it may be another account
        now, in_doubt = env.clock(), await tx.rep_users.in_doubt(connection.id)
        there = {one.rep_key: one for one in await tx.rep_users.of_connection(connection.id)}
        reps = {rep.key: rep for rep in await tx.roster.reps()}
        stand = _stand(connection, there, reps, listed, in_doubt=in_doubt, now=now)
        await tx.rep_users.drop(connection.id, [one.rep_id for rep, one in there.items() if rep not in stand])
        await tx.rep_users.put(list(stand.values()))
        await tx.rep_users.look_again(connection.id, at=now + LOOKS_EVERY)
        return True

    return await run_in_transaction(env, work)


async def _later(env: Env, tx: Tx, connection: ConnectionRow) -> None:
    """One in doubt stays so, and is looked at as soon as it answers: its ids are not used until then."""
    if not await tx.rep_users.in_doubt(connection.id):
        await tx.rep_users.look_again(connection.id, at=env.clock() + _AFTER_A_FAILURE)


def _stand(
    connection: ConnectionRow,
    there: Mapping[str, RepUser],
    reps: Mapping[str, Rep],
    listed: UserList,
    *,
    in_doubt: bool,
    now: datetime,
) -> Mapping[str, RepUser]:
    """What is known of each rep from now on. That somebody is not there follows from a whole list alone."""
    users = {one.id: one for one in listed.users}
    stand: dict[str, RepUser] = {}
    for rep, known in there.items():
        if known.user_id is None:
            continue
        user = users.get(known.user_id)
        if user is None:
            stand[rep] = replace(known, state=UserState.GONE, seen_at=now) if listed.complete else known
        elif in_doubt and mailbox_of(user.email) != mailbox_of(known.email):
            stand[rep] = replace(known, state=UserState.GONE, seen_at=now)  # another account's: an id is no name there
        else:
            state = UserState.ACTIVE if user.active else UserState.INACTIVE
            stand[rep] = replace(known, name=user.name, email=user.email, state=state, seen_at=now)
    found = match_users(listed.users, reps.values())
    for rep, one in reps.items():
        if rep in stand or not one.active or found[rep].is_found:
            continue
        if listed.complete:
            stand[rep] = RepUser(
                connection_id=connection.id,
                rep_id=one.id,
                rep_key=rep,
                user_id=None,
                state=UserState.MISSING,
                confirmed_at=None,
                seen_at=now,
            )
        elif rep in there:
            stand[rep] = there[rep]
    return stand
