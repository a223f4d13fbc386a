"""Routes below a signed link: their errors are pages, and an address is theirs with what a sentence put behind it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from pointsman.domain.errors import PointsmanError
from pointsman.services.ports import ConstraintRefused, DatabaseBusy, DatabaseUnavailable, LostRace, SchemaUnusable
from pointsman.services.signed_links.tokens import without_end

PAGE_ERRORS = (
    PointsmanError,
    RequestValidationError,
    LostRace,
    ConstraintRefused,
    DatabaseBusy,
    DatabaseUnavailable,
    SchemaUnusable,
)


class LinkedPageRoute(APIRoute, ABC):
    """A route with the path parameter `token`."""

    @abstractmethod
    def error_page(self, request: Request, error: Exception) -> Response:
        """The page for one of `PAGE_ERRORS`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            request.path_params["token"] = without_end(request.path_params["token"])
            try:
                return await handle(request)
            except PAGE_ERRORS as error:
                return self.error_page(request, error)

        return handle_as_page
