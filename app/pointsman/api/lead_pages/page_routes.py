"""The addresses of a lead's page. A GET changes nothing; accept and reject are for the rep of the link alone."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from pointsman.api.booking_page.reader import clean_line, parse_id, read_form
from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.api.lead_pages.page_errors import LeadPageRoute
from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.api.lead_pages.page_words import REJECT_CODES, STAGES, STATUSES
from pointsman.api.lead_pages.rendering import lead_pages
from pointsman.domain.booking.lifecycle import AppointmentAction, RejectCode
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.messages.message import as_written, rep_name, say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.lead_pages.journey_reader import journey_reader
from pointsman.services.lead_pages.journey_texts import kind_words, requirement_words
from pointsman.services.lead_pages.page_view import (
    LeadPage,
    accept_by_link,
    open_lead_page,
    read_lead_link,
    reject_by_link,
)
from pointsman.services.ports import Env
from pointsman.services.signed_links.lead_page import LEAD_PAGE_PATH
from pointsman.services.wording.arguments import locale_tag
from pointsman.services.wording.locale_formats import format_interval, list_in_words
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

router = APIRouter(route_class=LeadPageRoute, include_in_schema=False)

_AT = LEAD_PAGE_PATH + "{token}"
_LONGEST_REASON = 500


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One request by a link that leads somewhere."""

    env: Env
    request: Request
    visitor: PageVisitor
    page: LeadPage
    form: dict[str, str]

    @classmethod
    async def of(cls, request: Request, env: Env) -> Self:
        """Raises NotFound and LinkExpired."""
        form = await read_form(request) if request.method == "POST" else {}
        link = read_lead_link(env, str(request.path_params["token"]))
        visitor = PageVisitor.of(request, public_url=env.public_url, path=LEAD_PAGE_PATH, asked=form.get("lang"))
        page = await open_lead_page(env, link)
        return cls(env=env, request=request, visitor=visitor.with_language(link.language), page=page, form=form)

    def to(self, done: str) -> RedirectResponse:
        headers = lead_pages(self.request).headers
        return RedirectResponse(self.visitor.url(done=done), status_code=303, headers=headers)

    async def answer(self, *, said: tuple[str, str] | None = None, status: int = 200) -> HTMLResponse:
        reader = await journey_reader(self.env, self.page.actor, language=self.visitor.language)
        shown = _shown(self.page, reader, now=self.env.clock())
        return lead_pages(self.request).render("lead", self.visitor, status=status, said=said, **shown)


@router.get(_AT, dependencies=[without_key(Operation.APPOINTMENT_READ)])
async def show(request: Request, env: EnvDep) -> Response:
    visit = await _Visit.of(request, env)
    return await visit.answer(said=_said(request.query_params.get("done", ""), visit.page))


@router.post(_AT + "/accept", dependencies=[without_key(Operation.APPOINTMENT_ACCEPT)])
async def accept(request: Request, env: EnvDep) -> Response:
    visit = await _Visit.of(request, env)
    meant = parse_id(visit.form.get("appointment"))
    try:
        if meant is None:
            return visit.to("changed")
        await accept_by_link(env, visit.page, meant)
    except Conflict as refused:
        return visit.to(_refusal(refused))
    return visit.to("accepted")


@router.post(_AT + "/reject", dependencies=[without_key(Operation.APPOINTMENT_REJECT)])
async def reject(request: Request, env: EnvDep) -> Response:
    visit = await _Visit.of(request, env)
    meant, code = parse_id(visit.form.get("appointment")), visit.form.get("code", "")
    reason = clean_line(visit.form.get("reason", ""), _LONGEST_REASON)
    if meant is None:
        return visit.to("changed")
    if code not in REJECT_CODES or not reason:
        return await visit.answer(said=("alert", "incomplete"), status=422)
    try:
        await reject_by_link(env, visit.page, meant, code=RejectCode(code), reason=reason)
    except Conflict as refused:
        return visit.to(_refusal(refused))
    return lead_pages(request).render("rejected", visit.visitor)  # the link may lead nowhere from now on


@router.get(LEAD_PAGE_PATH + "{token:path}", dependencies=[without_key(Operation.APPOINTMENT_READ)])
async def show_or_not_found(request: Request, env: EnvDep) -> Response:
    """The page where a slash alone stands behind its link; any other path below the page is 404."""
    if "/" in request.path_params["token"]:
        raise NotFound("This link is not valid.", code="no-such-link")
    return await show(request, env)


def _said(done: str, page: LeadPage) -> tuple[str, str] | None:
    """What the page says first after a redirect: only what is still true, since addresses are kept and opened again."""
    row = page.appointment
    if done == "accepted" and row is not None and row.accepted_at is not None and page.actor.rep == row.rep_key:
        return ("status", done)
    if done == "changed" or (done == "fixed" and AppointmentAction.ACCEPT not in page.acts):
        return ("alert", done)
    return None


def _refusal(refused: Conflict) -> str:
    """What the page says then. Raises the error where it is none of the two."""
    if refused.code == "not-this-one":
        return "changed"
    if refused.code == "action-not-allowed":
        return "fixed"
    raise refused


def _shown(page: LeadPage, reader: MessageReader, *, now: datetime) -> dict[str, Any]:
    lead, row, language = page.journey.lead, page.appointment, reader.language
    reader = replace(reader, zone=page.zone)
    names = [render(say("lead-page.rep", rep=rep_name(rep)), reader) for rep in _participants(page)]
    return {
        "person": " ".join(part for part in (lead.first_name, lead.last_name) if part),
        "company": page.company,
        "email": lead.email,
        "phone": lead.phone_key or lead.phone,
        "stage": render(STAGES.get(lead.stage) or as_written(lead.stage), reader),
        "holder": render(say("lead-page.rep", rep=rep_name(page.holder)), reader) if page.holder else None,
        "uncontacted_since": render(say("lead-page.on", at=lead.do_not_contact_at), reader)
        if lead.do_not_contact_at
        else None,
        "appointment": row,
        "when": format_interval(row.starts_at, row.ends_at, zone=page.zone, language=locale_tag(language))
        if row
        else None,
        "names": list_in_words(names, language=language),
        "standing": render(STATUSES.get(row.status) or as_written(row.status), reader) if row else None,
        "is_accepted": row is not None and row.accepted_at is not None,
        "may_accept": AppointmentAction.ACCEPT in page.acts,
        "may_reject": AppointmentAction.REJECT in page.acts,
        "codes": {code.value: render(words, reader) for code, words in _CODES},
        "missing": [render(requirement_words(what), reader) for what in dict.fromkeys(page.missing or ())],
        "lacks_condition": page.missing is not None and page.lacks_condition,
        "evidence": [
            {
                "kind": render(kind_words(item.kind), reader),
                "name": page.labels[item.name].get(language, item.name),
                "value": item.value,
                "affirmed": item.affirmed,
                "is_over": item.expires_at is not None and item.expires_at <= now,
                "at": render(say("lead-page.on", at=item.observed_at), reader),
            }
            for item in page.evidence
        ],
        "entries": [
            {
                "at": render(say("lead-page.at", at=entry.at), reader),
                "instant": entry.at.isoformat(),
                "text": render_sentence(entry.text, reader),
            }
            for entry in page.journey.entries
        ],
        "is_cut": page.journey.is_cut,
    }


_CODES = tuple((RejectCode(code), words) for code, words in REJECT_CODES.items())


def _participants(page: LeadPage) -> list[str]:
    row = page.appointment
    return [row.rep_key, *(item.rep_key for item in row.companions)] if row else []
