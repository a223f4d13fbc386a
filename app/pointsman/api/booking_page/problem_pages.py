"""Pages for what never reaches a route of the booking page: no such address, a wrong method, an unreadable form, too many.

Pure ASGI, outside of all layers that answer with problems.
"""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.api.booking_page.error_pages import get_renderer
from pointsman.api.booking_page.reader import Visitor
from pointsman.api.booking_page.rendering import TRY_LATER, UNKNOWN, UNREADABLE
from pointsman.api.http.problems import MEDIA_TYPE
from pointsman.services.signed_links.tokens import LINK_PATH

_PAGES = {404: UNKNOWN, 429: TRY_LATER, 500: TRY_LATER, 503: TRY_LATER}


#: The page for a request and its problem's status.
ProblemPage = Callable[[Scope, int], HTMLResponse]


class ProblemPagesMiddleware:
    """Below a page's path, turns each problem into a page of the same status; its other headers stay."""

    def __init__(self, app: ASGIApp, *, below: str, page: ProblemPage) -> None:
        self._app = app
        self._below = below
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._below):
            await self._app(scope, receive, send)
            return
        replaced = False

        async def tell(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                replaced = headers.get("content-type") == MEDIA_TYPE
                if replaced:
                    page = self._page(scope, message["status"])
                    headers.update(page.headers)
                    await send({**message, "headers": headers.raw})
                    body = b"" if scope["method"] == "HEAD" else bytes(page.body)
                    await send({"type": "http.response.body", "body": body})
                    return
            if not replaced:
                await send(message)

        await self._app(scope, receive, tell)


def booking_problem_page(scope: Scope, status: int) -> HTMLResponse:
    """The booking page for a problem of this status."""
    trouble = _PAGES.get(status, UNREADABLE)
    token = scope["path"].removeprefix(LINK_PATH).partition("/")[0]
    request = Request({**scope, "path_params": {"token": token}})
    reader = Visitor.of(request, public_url=scope["app"].state.env.public_url)
    return get_renderer(request).render("trouble", reader, status=status, trouble=trouble.text_key)
