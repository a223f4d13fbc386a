"""Which user of a CRM each rep is, confirmed by an admin."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid, StaleVersion
from pointsman.domain.messages.message import say
from pointsman.domain.messages.suggestions import as_suggestion
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.roster.reps import Rep
from pointsman.domain.text.suggestions import in_english, suggest
from pointsman.services.audit import audit
from pointsman.services.connections.missing import no_connection
from pointsman.services.connections.users.listing import UserList, list_users
from pointsman.services.connections.users.matching import match_users
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.rep_users import RepUser, UserState
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

_LONGEST = 60  # of an id that is told back


async def list_rep_users(env: Env, key: str) -> Sequence[RepUser]:
    """Those that were confirmed, by the rep's key. Raises NotFound."""
    async with env.uow() as tx:
        return list((await _kept(tx, await _connection(tx, key))).values())


async def confirm_users(env: Env, key: str, wanted: Mapping[str, str], *, actor: Actor) -> Sequence[RepUser]:
    """These reps are these users from now on, and no others are known; rep's key to the CRM's own id of the user.

    The vendor is asked for its users where a pair is new; a pair whose user has left may stay. The leads of each rep who is
    another user than before, and their meetings to come, are told of the new owner.

    Raises NotFound; Invalid for an unknown rep, a user who is not there or not active, and one who is two reps, with the path
    to each; StaleVersion where another request was faster; what `list_users` raises.
    """
    actor.require(Operation.CONNECTION)
    async with env.uow() as tx:
        connection = await _connection(tx, key)
        there, reps = await _kept(tx, connection), {rep.key: rep for rep in await tx.roster.reps()}
    _refuse(_unfit(wanted, reps))
    new = {rep: user for rep, user in wanted.items() if rep not in there or there[rep].user_id != user}
    again = {rep: user for rep, user in wanted.items() if rep not in new and there[rep].state is not UserState.ACTIVE}
    listed = await list_users(env, connection) if new or again else UserList(users=(), complete=False)
    _refuse([fault for rep, user in new.items() if (fault := _no_owner(reps[rep], user, listed)) is not None])
    new |= {rep: user for rep, user in again.items() if _no_owner(reps[rep], user, listed) is None}

    async def work(tx: Tx) -> Sequence[RepUser]:
        locked = await tx.connections.get(key, lock=True)
        if locked is None or locked.config != connection.config or await _kept(tx, locked) != there:
            raise StaleVersion(
                f"The users of {key} have just been changed. Look at them again.",
                told=say("refusal.users-just-changed", key=key),
            )
        gone = {rep: one for rep, one in there.items() if rep not in wanted}
        # First: reps who trade their users would have the same one for a moment.
        await tx.rep_users.drop(connection.id, [reps[rep].id for rep in new] + [one.rep_id for one in gone.values()])
        await tx.rep_users.put([_row(env, connection, reps[rep], user, listed) for rep, user in new.items()])
        if gone:
            await tx.rep_users.look_again(connection.id, at=env.clock())
        if changed := [one.rep_id for one in gone.values()] + _others(new, there, listed, reps):
            await tx.rep_users.owe(connection.id, changed, first_id=env.new_id(), at=env.clock())
        for rep in new:
            subject = f"connection:{key}/rep:{rep}"
            await tx.alerts.resolve(at=env.clock(), code=AlertCode.CRM_USER_MISSING, subject=subject)
        after = await _kept(tx, connection)
        await audit(
            env,
            tx,
            actor,
            "connection.users-confirmed",
            f"connection:{key}",
            before={"users": {rep: one.user_id for rep, one in there.items()}},
            after={"users": {rep: one.user_id for rep, one in after.items()}},
        )
        return list(after.values())

    return await run_in_transaction(env, work)


def _unfit(wanted: Mapping[str, str], reps: Mapping[str, Rep]) -> list[Fault]:
    faults: list[Fault] = []
    reps_of: dict[str, str] = {}
    for rep, user in wanted.items():
        if rep not in reps:
            told, likely = say("fault.no-rep", key=rep[:_LONGEST]), suggest(rep, reps)
            if (hint := as_suggestion(likely)) is not None:
                told = say("fault.hinted", said=told, hint=hint)
            message = f"There is no rep '{rep[:_LONGEST]}'; {in_english(likely)}"
            faults.append(Fault(path=_path(rep), code="unknown-rep", message=message, told=told))
        elif (other := reps_of.setdefault(user, rep)) != rep:
            message = f"'{other}' is this user already: each rep is a user of their own."
            told = say("refusal.user-is-taken", other=other)
            faults.append(Fault(path=_path(rep), code="duplicate", message=message, told=told))
    return faults


def _no_owner(rep: Rep, user_id: str, listed: UserList) -> Fault | None:
    user, shown, path = listed.find(user_id), user_id[:_LONGEST], _path(rep.key)
    if user is None:
        message = f"The CRM has no user '{shown}': GET the list, which has their ids."
        return Fault(path=path, code="unknown-user", message=message, told=say("refusal.no-crm-user", user=shown))
    if not user.active:
        message = f"The user '{shown}' is not active in the CRM, and can own nothing there."
        told = say("refusal.inactive-crm-user", user=shown)
        return Fault(path=path, code="inactive-user", message=message, told=told)
    return None


def _others(
    new: Mapping[str, str], there: Mapping[str, RepUser], listed: UserList, reps: Mapping[str, Rep]
) -> list[UUID]:
    """Reps who are another user than so far; who was only found by the address, and is confirmed as that one, is the same."""
    found = match_users(listed.users, [reps[rep] for rep in new])
    return [
        reps[rep].id
        for rep, user_id in new.items()
        if rep in there or (user := found[rep].user) is None or user.id != user_id
    ]


def _row(env: Env, connection: ConnectionRow, rep: Rep, user_id: str, listed: UserList) -> RepUser:
    user, now = listed.find(user_id), env.clock()
    assert user is not None, "a user who was looked for"
    return RepUser(
        connection_id=connection.id,
        rep_id=rep.id,
        rep_key=rep.key,
        user_id=user.id,
        name=user.name,
        email=user.email,
        state=UserState.ACTIVE,
        confirmed_at=now,
        seen_at=now,
    )


async def _kept(tx: Tx, connection: ConnectionRow) -> dict[str, RepUser]:
    return {one.rep_key: one for one in await tx.rep_users.of_connection(connection.id) if one.user_id is not None}


async def _connection(tx: Tx, key: str) -> ConnectionRow:
    row = await tx.connections.get(key)
    if row is None:
        raise no_connection(key)
    return row


def _path(rep: str) -> str:
    return f"body.users.{rep}"


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Invalid("The users cannot be confirmed as given.", faults=faults, told=say("refusal.users-unfit"))
