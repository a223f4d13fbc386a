"""Cursor pagination: newest first, by instant and id, under an opaque cursor."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from pointsman.api.http.query import QueryInt
from pointsman.domain.errors import Fault, Invalid

T = TypeVar("T")
Position = tuple[datetime, UUID]


class Page(BaseModel, Generic[T]):
    """One page; ask again with `cursor` = `next` for the following one, null means there is none."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page: up to `limit` rows that come after `after`."""

    limit: int
    after: Position | None

    @property
    def is_first(self) -> bool:
        return self.after is None

    @property
    def fetch_limit(self) -> int:
        """One row more than asked for tells whether there is a next page."""
        return self.limit + 1

    def split(self, rows: Sequence[T], position: Callable[[T], Position]) -> tuple[list[T], str | None]:
        """The page's rows out of up to `fetch_limit` rows, and the cursor of the next page."""
        page = list(rows[: self.limit])
        return page, encode_cursor(position(page[-1])) if len(rows) > self.limit and page else None


def encode_cursor(position: Position) -> str:
    at, row_id = position
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, path: str = "query.cursor") -> Position:
    """Raises `Invalid`, with the `path` at which it was sent, for anything that `encode_cursor` did not write."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        at, _, row_id = text.partition("|")
        instant, found = datetime.fromisoformat(at).astimezone(UTC), UUID(row_id)
    except (ValueError, binascii.Error, OverflowError) as error:
        fault = Fault(path=path, code="bad-cursor", message="Use `next` of the page before, unchanged.")
        raise Invalid("The cursor is not one of ours.", code="bad-cursor", faults=[fault]) from error
    return instant, found


async def _page(
    limit: Annotated[QueryInt, Query(ge=1, le=200, description="How many items at most.")] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
) -> PageRequest:
    return PageRequest(limit=limit, after=None if cursor is None else decode_cursor(cursor))


#: `page: PageDep` reads `limit` and `cursor` from the query.
PageDep = Annotated[PageRequest, Depends(_page)]
