"""The roster over HTTP: roles, suppliers, reps, time off, one by one or the whole floor in one call."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace as replace_fields
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.warnings import FieldWarningDoc
from pointsman.api.roster.request_bodies import (
    KeyedRepIn,
    KeyedSupplierIn,
    NamedRoleIn,
    RepIn,
    RepPatch,
    RoleIn,
    RoleName,
    RosterIn,
    SupplierIn,
)
from pointsman.api.roster.schemas import (
    AssignedLeadDoc,
    ChangedRepDoc,
    DeactivationDoc,
    RepDoc,
    RoleDoc,
    RosterChangeDoc,
    RosterDoc,
    RosterPutDoc,
    SupplierDoc,
)
from pointsman.api.roster.time_off import TimeOffDoc, TimeOffIn
from pointsman.domain.messages.message import rep_name
from pointsman.domain.permissions.operations import Operation
from pointsman.services.policies.rep_hints import hints_of_reps
from pointsman.services.ports import Env
from pointsman.services.ports.roster import TimeOffRow
from pointsman.services.roster import change_roster as roster
from pointsman.services.wording.rendering import MessageReader

router = APIRouter(tags=["Roster"])

RosterKeyPath = Annotated[str, Path(max_length=100, examples=["lena"])]
_ROLE_HELP = " A change that would leave a rep with work outside their role answers 409 and names the leads."


@router.get("/v1/roster", summary="Read the whole roster", responses=problem_responses(401, 403))
async def whole(env: EnvDep, _caller: Annotated[Caller, may(Operation.ROSTER_READ)]) -> RosterDoc:
    floor = await roster.get_roster(env)
    away: defaultdict[str, list[TimeOffRow]] = defaultdict(list)
    for row in floor.time_off:
        away[row.rep].append(row)
    return RosterDoc(
        version=floor.version,
        roles=[RoleDoc.of(row) for row in floor.roles],
        suppliers=[SupplierDoc.of(row) for row in floor.suppliers],
        reps=[RepDoc.of(rep, away[rep.key]) for rep in floor.reps],
    )


@router.put(
    "/v1/roster",
    summary="Put a whole floor on the roster",
    description="Adds or replaces what is named, in one transaction; what is not named stays. Twice is the same as once."
    + _ROLE_HELP,
    responses=problem_responses(401, 403, 409, 413, 422),
)
async def put_whole(
    given: RosterIn, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)]
) -> RosterPutDoc:
    changed = await roster.put_roster(env, given.given(), actor=caller.actor)
    reps = [(rep.key, rep.model_fields_set, f"body.reps[{i}]") for i, rep in enumerate(given.reps)]
    named = _naming(reader, {rep.key: rep.name for rep in given.reps})
    hints = [FieldWarningDoc.of_hint(hint, named) for hint in await hints_of_reps(env, reps)]
    return RosterPutDoc(version=changed.version, changed=changed.changed, hints=hints)


@router.put(
    "/v1/roles/{name}",
    summary="Add a role, or change its works",
    description="A role is the set of works that its reps may do, and all they can ever get." + _ROLE_HELP,
    responses=problem_responses(401, 403, 409, 422),
)
async def put_role(
    name: Annotated[RoleName, Path(examples=["SDR"])],
    given: RoleIn,
    env: EnvDep,
    caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)],
) -> RosterChangeDoc:
    return await _put(env, RosterIn(roles=[NamedRoleIn(name=name, works=given.works)]), caller)


@router.put(
    "/v1/suppliers/{key}",
    summary="Add or change a supplier",
    description="In-house, or an outsourced partner, who may be barred from accounts.",
    responses=problem_responses(401, 403, 422),
)
async def put_supplier(
    key: Annotated[str, Path(max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$", examples=["callwerk"])],
    given: SupplierIn,
    env: EnvDep,
    caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)],
) -> RosterChangeDoc:
    return await _put(env, RosterIn(suppliers=[KeyedSupplierIn(key=key, **given.model_dump())]), caller)


@router.get("/v1/reps/{key}", summary="Read one rep", responses=problem_responses(401, 403, 404))
async def one(key: RosterKeyPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.ROSTER_READ)]) -> RepDoc:
    return await _rep(env, key)


@router.post(
    "/v1/reps",
    status_code=201,
    summary="Add a rep",
    description="A newcomer starts at balance 0 in every pool: neither owed nor flooded. Put them into a pool by policy.",
    responses=problem_responses(401, 403, 409, 422),
)
async def create(
    given: KeyedRepIn, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)]
) -> ChangedRepDoc:
    await roster.create_rep(env, given.given(given.key), actor=caller.actor)
    return await _changed_rep(env, reader, given.key, given.model_fields_set)


@router.put(
    "/v1/reps/{key}",
    summary="Add or replace a rep",
    description="`time_off` or `day_changes` left out leaves those as they are." + _ROLE_HELP,
    responses=problem_responses(401, 403, 409, 422),
)
async def replace(
    key: Annotated[str, Path(max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$", examples=["nora"])],
    given: RepIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)],
) -> ChangedRepDoc:
    await _put(env, RosterIn(reps=[KeyedRepIn(key=key, **given.model_dump(exclude_unset=True))]), caller)
    return await _changed_rep(env, reader, key, given.model_fields_set | {"key"})


@router.patch(
    "/v1/reps/{key}",
    summary="Change some of a rep",
    description="What is left out stays, `started_on` or `holidays` null takes it out; a new weight or cap acts from now on. "
    "`hints` says which of it has no effect, and why." + _ROLE_HELP,
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def patch(
    key: RosterKeyPath,
    given: RepPatch,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)],
) -> ChangedRepDoc:
    there = (await _rep(env, key)).model_dump(exclude={"id", "works", "time_off"})
    sent = given.model_dump(exclude_unset=True)
    sent = {name: value for name, value in sent.items() if value is not None or name in {"started_on", "holidays"}}
    await _put(env, RosterIn(reps=[KeyedRepIn.model_validate(there | sent)]), caller)
    return await _changed_rep(env, reader, key, set(sent))


@router.post(
    "/v1/reps/{key}/deactivate",
    summary="Take a rep off the floor",
    description="They get nothing more. What they hold stays until you reassign it (POST /v1/reps/{key}/reassign); the "
    "answer lists it, and an alert stays open until none is left.",
    responses=problem_responses(401, 403, 404),
)
async def deactivate(
    key: RosterKeyPath, env: EnvDep, caller: Annotated[Caller, may(Operation.ROSTER_CHANGE)]
) -> DeactivationDoc:
    changed, held = await roster.deactivate_rep(env, key, actor=caller.actor)
    return DeactivationDoc(
        version=changed.version,
        changed=changed.changed,
        leads=[AssignedLeadDoc(lead_id=lead.lead_id, work=lead.work) for lead in held],
    )


@router.post(
    "/v1/reps/{key}/time-off",
    status_code=201,
    summary="Add time off",
    description="By date in the rep's zone (`first_day`, `last_day`; `today` is one), or between two instants (`start`, "
    "`end`). A rep who is away neither owes nor is owed turns: the balance stays, and nothing needs to be calibrated. "
    "A rep's own key adds that rep's alone.",
    responses=problem_responses(401, 403, 404, 422),
)
async def add_time_off(
    key: RosterKeyPath, given: TimeOffIn, env: EnvDep, caller: Annotated[Caller, may(Operation.TIME_OFF)]
) -> TimeOffDoc:
    added = await roster.add_time_off(env, key, given.given(), actor=caller.actor)
    rep, _ = await roster.get_rep(env, key)
    return TimeOffDoc.of(added, zone=rep.time_zone)


@router.delete(
    "/v1/reps/{key}/time-off/{time_off_id}",
    summary="Take time off back",
    responses=problem_responses(401, 403, 404, 422),
)
async def delete_time_off(
    key: RosterKeyPath, time_off_id: UUID, env: EnvDep, caller: Annotated[Caller, may(Operation.TIME_OFF)]
) -> RosterChangeDoc:
    changed = await roster.delete_time_off(env, key, time_off_id, actor=caller.actor)
    return RosterChangeDoc(version=changed.version, changed=changed.changed)


async def _put(env: Env, given: RosterIn, caller: Caller) -> RosterChangeDoc:
    changed = await roster.put_roster(env, given.given(single=True), actor=caller.actor)
    return RosterChangeDoc(version=changed.version, changed=changed.changed)


async def _changed_rep(env: Env, reader: MessageReader, key: str, given: AbstractSet[str]) -> ChangedRepDoc:
    rep = await _rep(env, key)
    named = _naming(reader, {key: rep.name})
    hints = [FieldWarningDoc.of_hint(hint, named) for hint in await hints_of_reps(env, [(key, given, "body")])]
    return ChangedRepDoc(**rep.model_dump(), hints=hints)


def _naming(reader: MessageReader, reps: Mapping[str, str]) -> MessageReader:
    """With the names that this very request gave."""
    return replace_fields(reader, names={**reader.names, **{rep_name(key): name for key, name in reps.items()}})


async def _rep(env: Env, key: str) -> RepDoc:
    rep, time_off = await roster.get_rep(env, key)
    return RepDoc.of(rep, list(time_off))
