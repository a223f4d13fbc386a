"""The booking page's templates to answers, in the frame of all pages."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from pointsman.api.booking_page.reader import Visitor
from pointsman.api.booking_page.words import counted, words_in
from pointsman.api.page_frame.frame import LANGUAGE_NAMES, PageFrame


class PageRenderer:
    """Renders pages; made once by `main`. `embedded_in` lists the origins that may show them in a frame: none by default."""

    def __init__(self, *, organisation: str = "", embedded_in: tuple[str, ...] = ()) -> None:
        self._frame = PageFrame(
            Path(__file__).parent / "templates",
            languages=LANGUAGE_NAMES,
            organisation=organisation,
            embedded_in=embedded_in,
        )
        self._frame.filters["fill"] = fill_in

    @property
    def headers(self) -> dict[str, str]:
        """What every answer of the page carries."""
        return self._frame.headers

    def render(self, name: str, reader: Visitor, *, status: int = 200, **given: Any) -> HTMLResponse:
        """`name` rendered in the reader's language. `given` may hold `said`: ("status" or "alert", which words)."""
        path, query = given.setdefault("here", ("", {}))
        return self._frame.answer(
            name,
            tag=reader.language,
            language=reader.words,
            urls={tag: reader.url(path, **{**query, "lang": tag}) for tag in LANGUAGE_NAMES},
            status=status,
            w=words_in(reader.words),
            counted=partial(counted, language=reader.words),
            reader=reader,
            **given,
        )


def fill_in(words: str, **given: object) -> Markup:
    """`words` with each value escaped, and kept from turning the words beside it round (a name may be in Arabic or Hebrew)."""
    isolated = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in given.items()}
    return escape(words).format(**isolated)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """A page that only says what is wrong: which words, and the status they come with."""

    text_key: str
    status: int


UNKNOWN = ErrorPage(text_key="unknown", status=404)
EXPIRED = ErrorPage(text_key="expired", status=410)
CLOSED = ErrorPage(text_key="closed", status=409)
TOO_MANY = ErrorPage(text_key="too_many", status=429)
UNREADABLE = ErrorPage(text_key="unreadable", status=400)
TRY_LATER = ErrorPage(text_key="later", status=503)
