"""Errors as pages with constant words: a link that leads nowhere tells nothing, whatever ended it."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.types import Scope

from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.api.lead_pages.rendering import lead_pages
from pointsman.api.page_frame.linked_route import LinkedPageRoute
from pointsman.domain.errors import NotFound, TooManyRequests, Unavailable
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, Env, LostRace, SchemaUnusable
from pointsman.services.signed_links.lead_page import LEAD_PAGE_PATH
from pointsman.services.signed_links.tokens import LinkExpired


def trouble_of(error: Exception) -> tuple[str, int]:
    """(which words, the status that they come with)."""
    match error:
        case NotFound() if error.code == LinkExpired.code:
            return "expired", 410
        case NotFound() | RequestValidationError():
            return "unknown", 404
        case TooManyRequests() | Unavailable() | LostRace() | DatabaseBusy() | DatabaseUnavailable() | SchemaUnusable():
            return "later", 503
        case _:
            return "closed", 409


def lead_problem_page(scope: Scope, status: int) -> HTMLResponse:
    """The page for what never reaches a route: no such address, a wrong method, an unreadable form, too many."""
    token = scope["path"].removeprefix(LEAD_PAGE_PATH).partition("/")[0]
    request = Request({**scope, "path_params": {"token": token}})
    visitor = PageVisitor.of(request, public_url=scope["app"].state.env.public_url, path=LEAD_PAGE_PATH)
    which = {404: "unknown", 429: "later", 500: "later", 503: "later"}.get(status, "unreadable")
    return lead_pages(request).render("trouble", visitor, status=status, trouble=which)


class LeadPageRoute(LinkedPageRoute):
    """A route whose errors are pages."""

    def error_page(self, request: Request, error: Exception) -> Response:
        env: Env = request.app.state.env
        visitor = PageVisitor.of(request, public_url=env.public_url, path=LEAD_PAGE_PATH)
        if isinstance(error, LinkExpired):
            visitor = visitor.with_language(str(error.extra.get("language")))
        which, status = trouble_of(error)
        return lead_pages(request).render("trouble", visitor, status=status, trouble=which)
