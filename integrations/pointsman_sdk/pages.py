"""Page: a part of a long list."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pointsman_sdk.errors import Rejected

T = TypeVar("T")
MOST_PAGES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items; `cursor` is the vendor's word for where the next page begins, None at the end."""

    items: Sequence[T]
    cursor: str | None = None


async def all_items(read: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Every item of every page. Raises Rejected where a cursor comes twice, and after MOST_PAGES: such a list has no end."""
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        page = await read(cursor)
        for item in page.items:
            yield item
        cursor = page.cursor
        if cursor is None:
            return
        if cursor in seen:
            break
        seen.add(cursor)
    raise Rejected("the vendor's list has no end")
