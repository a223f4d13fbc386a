"""When a lead can be booked."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, StringConstraints

from pointsman.api.booking.slot_schemas import SlotsDoc
from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.message_reader import ReaderDep, accepted_languages
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import QueryInt, require_period
from pointsman.api.http.timestamps import Timestamp
from pointsman.domain.booking.availability import Interval
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.domain.permissions.operations import Operation
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.wording.locale_formats import best_language, supported_language
from pointsman.services.wording.rendering import supported

router = APIRouter(tags=["Hand-over and booking"])

#: Without an end, a window is as long as anything can be booked ahead.
_LONGEST = timedelta(days=366)


def _zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError("give an IANA time zone such as Europe/Berlin")
    return name


def _language(tag: str) -> str:
    if (known := supported_language(tag)) is None:
        raise ValueError("give a language that times can be written in, such as de or en-GB")
    return known


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_language)]


@router.get(
    "/v1/leads/{lead_id}/slots",
    summary="When can this lead be booked, and with which rep?",
    description="Only for a lead that was handed over. The pool's `offer` says which slots: the holder's, or those of all "
    "reps who may take the lead. `start` and `end` ask for a window; `zone` and `language` for how times are written. An "
    "empty list says why, which reps were dropped, and when a rep is free next.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def slots(
    *,
    request: Request,
    lead_id: LeadPath,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.SLOTS_READ)],
    limit: Annotated[QueryInt | None, Query(ge=1, le=100, description="Default: what the pool shows.")] = None,
    start: Annotated[Timestamp | None, Query(description="Not before this.")] = None,
    end: Annotated[Timestamp | None, Query(description="Over by then.")] = None,
    zone: Annotated[
        Zone | None,
        Query(
            description="Default: the lead's own, else that of a country with one clock, else the rep's; `zone_of` says which."
        ),
    ] = None,
    language: Annotated[Language | None, Query(description="Default: the header's, else English.")] = None,
) -> SlotsDoc:
    now = env.clock()
    window = None
    if start is not None or end is not None:
        begins = start or now
        ends = end or max(begins, now) + _LONGEST
        require_period(start=begins, end=ends)
        window = Interval(begins, ends)
    found = await slots_for_lead(env, lead_id, limit=limit, actor=caller.actor, window=window)
    if language is not None:
        reader = replace(reader, language=supported(language))
    return SlotsDoc.of(found, reader, zone=zone, language=language or best_language(accepted_languages(request)))
