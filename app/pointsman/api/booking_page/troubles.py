"""Whatever goes wrong becomes a page with constant words: nothing of the house is told to whoever has a link."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from pointsman.api.booking_page.reader import Reader
from pointsman.api.booking_page.rendering import CLOSED, EXPIRED, LATER, UNKNOWN, Pages, Trouble
from pointsman.domain.errors import NotFound, PointsmanError, Unavailable
from pointsman.services.booking_links.tokens import LinkExpired
from pointsman.services.ports import LostRace, Refused, Unreachable


def pages_of(request: Request) -> Pages:
    pages: Pages = request.app.state.booking_pages
    return pages


def trouble_of(error: Exception) -> Trouble:
    match error:
        case LinkExpired():
            return EXPIRED
        case NotFound() | RequestValidationError():
            return UNKNOWN
        case Unavailable() | LostRace() | Unreachable():
            return LATER
        case _:
            return CLOSED


def trouble_page(request: Request, error: Exception) -> Response:
    trouble = trouble_of(error)
    reader = Reader.of(request, public_url=request.app.state.env.public_url)
    if isinstance(error, LinkExpired):
        reader = reader.speaking(str(error.extra.get("language")))
    return pages_of(request).answer("trouble", reader, status=trouble.status, trouble=trouble.words)


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            try:
                return await handle(request)
            except (PointsmanError, RequestValidationError, LostRace, Refused, Unreachable) as error:
                return trouble_page(request, error)

        return handle_as_page
