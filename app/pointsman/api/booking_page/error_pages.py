"""Errors as pages with constant words: a page tells the reader of a link nothing about the house."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from pointsman.api.booking_page.reader import Visitor
from pointsman.api.booking_page.rendering import CLOSED, EXPIRED, TOO_MANY, TRY_LATER, UNKNOWN, ErrorPage, PageRenderer
from pointsman.api.page_frame.linked_route import LinkedPageRoute
from pointsman.domain.errors import NotFound, TooManyRequests, Unavailable
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, Env, LostRace, SchemaUnusable
from pointsman.services.signed_links.tokens import LinkExpired, read_link


def get_renderer(request: Request) -> PageRenderer:
    pages: PageRenderer = request.app.state.booking_pages
    return pages


def error_page_of(error: Exception) -> ErrorPage:
    match error:
        case NotFound() if error.code == LinkExpired.code:
            return EXPIRED
        case NotFound() | RequestValidationError():
            return UNKNOWN
        case TooManyRequests():
            return TOO_MANY
        case Unavailable() | LostRace() | DatabaseBusy() | DatabaseUnavailable() | SchemaUnusable():
            return TRY_LATER
        case _:
            return CLOSED


def error_response(request: Request, error: Exception) -> Response:
    trouble = error_page_of(error)
    env: Env = request.app.state.env
    reader = Visitor.of(request, public_url=env.public_url)
    try:
        reader = reader.with_link(read_link(env.secrets, str(request.path_params["token"]), now=env.clock()))
    except LinkExpired as expired:
        reader = reader.with_language(str(expired.extra.get("language")))
    except NotFound:
        pass
    page = get_renderer(request).render("trouble", reader, status=trouble.status, trouble=trouble.text_key)
    if isinstance(error, TooManyRequests):
        page.headers["Retry-After"] = str(error.retry_after_s)
    return page


class PageRoute(LinkedPageRoute):
    """A route whose errors are pages."""

    def error_page(self, request: Request, error: Exception) -> Response:
        return error_response(request, error)
