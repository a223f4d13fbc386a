"""The templates of the lead's page and the start page to answers, in the frame of all pages."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.api.lead_pages.page_words import isolated, words_in
from pointsman.api.page_frame.frame import LANGUAGE_NAMES, PageFrame

_TEMPLATES = Path(__file__).parent / "templates"


class LeadPageRenderer:
    """Renders pages; made once by `main`.

    `shows_console` says whether the start page leads to the console, `start_links` is the demo's file of what else it leads to.
    """

    def __init__(self, *, organisation: str = "", shows_console: bool = True, start_links: Path | None = None) -> None:
        self.shows_console = shows_console
        self.start_links = start_links
        self._frame = PageFrame(
            _TEMPLATES, languages=LANGUAGE_NAMES, organisation=organisation, styles=(_TEMPLATES / "lead.css",)
        )
        self._frame.filters["isolated"] = isolated

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        return self._frame.headers

    def render(self, name: str, visitor: PageVisitor, *, status: int = 200, **given: Any) -> HTMLResponse:
        """`name` in the visitor's language. `given` may hold `said`: ("status" or "alert", which words)."""
        return self._frame.answer(
            name,
            tag=visitor.tag,
            language=visitor.language,
            urls={tag: visitor.url(lang=tag) for tag in LANGUAGE_NAMES},
            status=status,
            w=_words(visitor.language),
            visitor=visitor,
            **given,
        )


def lead_pages(request: Request) -> LeadPageRenderer:
    """The renderer of this app."""
    found: LeadPageRenderer = request.app.state.lead_pages
    return found


_words = cache(words_in)
