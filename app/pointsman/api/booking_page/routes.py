"""The booking page's addresses. A GET changes nothing; a POST ends in a redirect, or in the page with what went wrong."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from pointsman.api.booking_page.error_pages import PageRoute
from pointsman.api.booking_page.reader import clean_line, parse_day, parse_id, parse_instant
from pointsman.api.booking_page.times import minutes_left, times_page
from pointsman.api.booking_page.visit import Visit
from pointsman.api.booking_page.words import CANCEL_REASONS
from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.domain.booking.lifecycle import AppointmentAction, AppointmentStatus
from pointsman.domain.errors import Conflict, NotFound, SlotTaken
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.booking.slots import SlotList
from pointsman.services.booking_links import buyer_view as buyer
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.signed_links.tokens import LINK_PATH
from pointsman.services.wording.locale_formats import format_day

_CANCEL_REASONS: Mapping[str, Message] = {
    "no_time": say("reason.buyer-no-time"),
    "need_later": say("reason.buyer-need-later"),
    "no_need": say("reason.buyer-no-need"),
    "other_solution": say("reason.buyer-other-solution"),
    "other": say("reason.buyer-other"),
}
router = APIRouter(route_class=PageRoute, include_in_schema=False)

_AT = LINK_PATH + "{token}"
_LONGEST_TEXT = 500
_GONE = ("alert", "alert_gone")
#: What a redirect may say when the page comes: anything else in the address says nothing.
_SAID = {
    "booked": ("status", "done_booked"),
    "requested": ("status", "done_requested"),
    "moved": ("status", "done_moved"),
    "already": ("alert", "alert_already"),
    "changed": ("alert", "alert_changed"),
    "fixed": ("alert", "alert_fixed"),
}


@router.get(_AT, dependencies=[without_key(Operation.SLOTS_READ)])
async def show(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    row = visit.buyer.appointment
    if row is None and request.query_params.get("done") == "cancelled":
        return visit.answer("cancelled")
    if row is None:
        return await _times(request, visit)
    if visit.buyer.needs_another_time:
        return await _times(request, visit, said=_GONE)
    return visit.answer(
        "appointment",
        said=_said(request.query_params.get("done", ""), row, visit.buyer.allowed_actions),
        requested=row.status == AppointmentStatus.REQUESTED,
        ahead=row.starts_at > env.clock(),
        may_move=AppointmentAction.RESCHEDULE in visit.buyer.allowed_actions,
        may_cancel=AppointmentAction.CANCEL in visit.buyer.allowed_actions,
        **await visit.facts(row),
    )


@router.post(_AT, dependencies=[without_key(Operation.SLOT_HOLD)])
async def choose(request: Request, env: EnvDep) -> Response:
    """Keep the chosen time, and ask whether it is right."""
    visit = await Visit.of(request, env)
    if visit.buyer.appointment is not None:
        return visit.to(done="already")
    if visit.start is None:
        return await _times(request, visit, said=("alert", "alert_choose"), status=422)
    try:
        await buyer.hold_slot_for_buyer(env, visit.buyer, visit.start)
    except Conflict as refused:
        if not _gone(refused):
            raise
        return await _times(request, visit, said=_GONE, status=409)
    return visit.to("confirm", start=visit.start)


@router.get(_AT + "/confirm", dependencies=[without_key(Operation.APPOINTMENT_BOOK)])
async def confirm(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    start = parse_instant(request.query_params.get("start"))
    if visit.buyer.appointment is not None or start is None:
        return visit.to()
    hold = visit.buyer.slot_hold if visit.buyer.slot_hold and visit.buyer.slot_hold.starts_at == start else None
    found = await _bookable_slots(visit)
    slot = next((slot for slot in found.slots if slot.start == start), None)
    if hold is None and slot is None:
        return await _times(request, visit, said=_GONE, status=409)
    end = hold.ends_at if hold else slot.end if slot else start
    rep = hold.rep_key if hold else slot.rep if slot else ""
    return visit.answer(
        "confirm",
        here=("confirm", {"start": start}),
        start=start,
        when=visit.span(start, end),
        names="" if found.decided_at_booking else visit.listed(await buyer.rep_names(env, [rep])),
        company=visit.buyer.company,
        join_url=None,  # the room is for who has booked
        length=visit.length(end - start),
        kept=minutes_left(hold.expires_at, env.clock()) if hold else None,
    )


@router.post(_AT + "/confirm", dependencies=[without_key(Operation.APPOINTMENT_BOOK)])
async def book(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    if visit.start is None:
        return await _times(request, visit, said=("alert", "alert_choose"), status=422)
    try:
        row = await buyer.book_for_buyer(env, visit.buyer, visit.start)
    except Conflict as refused:
        if refused.code == "already-booked":
            return visit.to(done="already")
        if not _gone(refused):
            raise
        return await _times(request, visit, said=_GONE, status=409)
    return visit.to(done="requested" if row.status == AppointmentStatus.REQUESTED else "booked")


@router.post(_AT + "/release", dependencies=[without_key(Operation.SLOT_HOLD)])
async def release(request: Request, env: EnvDep) -> Response:
    """Back to all times: the one that was kept is free again."""
    visit = await Visit.of(request, env)
    await buyer.release_buyer_slot_hold(env, visit.buyer)
    return visit.to()


@router.get(_AT + "/reschedule", dependencies=[without_key(Operation.APPOINTMENT_MOVE)])
async def other_times(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    if AppointmentAction.RESCHEDULE not in visit.buyer.allowed_actions:
        return visit.to(done="fixed" if visit.buyer.appointment else None)
    return await _times(request, visit)


@router.post(_AT + "/reschedule", dependencies=[without_key(Operation.APPOINTMENT_MOVE)])
async def move(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    row, meant = visit.buyer.appointment, parse_id(visit.form.get("appointment"))
    if row is None or row.id != meant:
        return visit.to(done="changed" if row else None)
    if visit.start is None:
        return await _times(request, visit, said=("alert", "alert_choose"), status=422)
    try:
        await buyer.reschedule_for_buyer(env, visit.buyer, row.id, visit.start)
    except Conflict as refused:
        if refused.code == "action-not-allowed":
            return visit.to(done="fixed")
        if not _gone(refused):
            raise
        return await _times(request, visit, said=_GONE, status=409)
    return visit.to(done="moved")


@router.get(_AT + "/cancel", dependencies=[without_key(Operation.APPOINTMENT_CANCEL)])
async def confirm_cancel(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    row = visit.buyer.appointment
    if row is None or AppointmentAction.CANCEL not in visit.buyer.allowed_actions:
        return visit.to(done="fixed" if row else None)
    facts = await visit.facts(row)
    return visit.answer("cancel", here=("cancel", {}), appointment=row.id, reasons=CANCEL_REASONS, **facts)


@router.post(_AT + "/cancel", dependencies=[without_key(Operation.APPOINTMENT_CANCEL)])
async def cancel(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    meant = parse_id(visit.form.get("appointment"))
    if meant is None:
        return visit.to("cancel")
    if visit.buyer.appointment is not None and visit.buyer.appointment.id != meant:
        return visit.to(done="changed")
    try:
        await buyer.cancel_for_buyer(env, visit.buyer, meant, _reason(visit.form))
    except Conflict as refused:
        if refused.code != "action-not-allowed":
            raise
        return visit.to(done="fixed")
    return visit.to(done="cancelled")


@router.get(_AT + "/invitation.ics", dependencies=[without_key(Operation.APPOINTMENT_READ)])
async def invitation(request: Request, env: EnvDep) -> Response:
    visit = await Visit.of(request, env)
    url = f"{env.public_url}{LINK_PATH}{request.path_params['token']}"
    file = await buyer.invitation_for_buyer(env, visit.buyer, url=url, language=visit.reader.words)
    headers = visit.pages.headers | {"Content-Disposition": 'attachment; filename="invitation.ics"'}
    return Response(file, media_type="text/calendar", headers=headers)


@router.get(LINK_PATH + "{token:path}", dependencies=[without_key(Operation.SLOTS_READ)])
async def show_or_not_found(request: Request, env: EnvDep) -> Response:
    """The page where a slash alone stands behind its link; any other path below the page is 404."""
    if "/" in request.path_params["token"]:
        raise NotFound("This link is not valid.", code="no-such-link")
    return await show(request, env)


async def _times(
    request: Request, visit: Visit, *, said: tuple[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    """The page with free times: for a first appointment, or for another time of the one that stands."""
    row = visit.buyer.appointment
    found = await _bookable_slots(visit)
    reader = visit.reader
    slots = [slot for slot in found.slots if row is None or slot.start != row.starts_at]
    path = "reschedule" if row else ""
    first = parse_day(visit.form.get("from") or request.query_params.get("from"))
    return visit.answer(
        "times",
        status=status,
        said=said,
        here=(path, {"from": first}),
        path=path,
        moving=row,
        may_keep=not visit.buyer.needs_another_time,
        now=visit.span(row.starts_at, row.ends_at) if row else None,
        page=times_page(slots, zone=reader.local_zone, language=reader.language, first=first),
        first=first,
        length=visit.length(slots[0].end - slots[0].start if slots else visit.buyer.rules.duration),
        names="" if found.decided_at_booking else found.rep_name,
        next_free=format_day(found.next_free, zone=reader.local_zone, language=reader.language)
        if found.next_free
        else None,
    )


async def _bookable_slots(visit: Visit) -> SlotList:
    """Raises Conflict "no-email" for a lead that has lost its address: no time is shown that cannot be booked."""
    found = await buyer.slots_for_buyer(visit.env, visit.buyer)
    if found.needs_email:
        raise Conflict("This lead has no email address to invite.", code="no-email")
    return found


def _gone(refused: Conflict) -> bool:
    return isinstance(refused, SlotTaken) or refused.code == "slot-not-offered"


def _said(done: str, row: AppointmentRow, may: frozenset[AppointmentAction]) -> tuple[str, str] | None:
    """Only what is still true of the appointment, since addresses are kept and opened again."""
    is_asked = row.status == AppointmentStatus.REQUESTED
    untrue = {
        "booked": is_asked,
        "requested": not is_asked,
        "moved": not row.sequence,
        "fixed": {AppointmentAction.RESCHEDULE, AppointmentAction.CANCEL} <= may,
    }
    return None if untrue.get(done) else _SAID.get(done)


def _reason(form: dict[str, str]) -> Message:
    """What the closer reads: the fixed words that the buyer chose, then the buyer's own."""
    fixed = _CANCEL_REASONS.get(form.get("reason", ""))
    text = clean_line(form.get("text", ""), _LONGEST_TEXT)
    if not text:
        return fixed or say("reason.buyer-none")
    return say("reason.buyer-wrote", why=fixed, text=as_written(text)) if fixed else as_written(text)
