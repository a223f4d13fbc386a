"""Errors as pages with constant words: a page tells the reader of a link nothing about the house."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from pointsman.api.booking_page.reader import Visitor
from pointsman.api.booking_page.rendering import CLOSED, EXPIRED, TOO_MANY, TRY_LATER, UNKNOWN, ErrorPage, PageRenderer
from pointsman.domain.errors import NotFound, PointsmanError, TooManyRequests, Unavailable
from pointsman.services.booking_links.tokens import LinkExpired, read_link
from pointsman.services.ports import ConstraintRefused, DatabaseBusy, DatabaseUnavailable, Env, LostRace, SchemaUnusable


def get_renderer(request: Request) -> PageRenderer:
    pages: PageRenderer = request.app.state.booking_pages
    return pages


PAGE_ERRORS = (
    PointsmanError,
    RequestValidationError,
    LostRace,
    ConstraintRefused,
    DatabaseBusy,
    DatabaseUnavailable,
    SchemaUnusable,
)


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


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            try:
                return await handle(request)
            except PAGE_ERRORS as error:
                return error_response(request, error)

        return handle_as_page
