"""Templates to answers, in the look of the booking page: one inline style sheet, and nothing else that could load."""

import base64
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.api.lead_pages.page_words import LANGUAGE_NAMES, isolated, words_in

_TEMPLATES = Path(__file__).parent / "templates"


class LeadPageRenderer:
    """Renders pages; made once by `main`.

    `shows_console` says whether the start page leads to the console, `start_links` is the demo's file of what else it leads to.
    """

    def __init__(self, *, organisation: str = "", shows_console: bool = True, start_links: Path | None = None) -> None:
        look = resources.files("pointsman.api.booking_page") / "templates" / "page.css"
        style = look.read_text(encoding="utf-8") + (_TEMPLATES / "lead.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
        self.shows_console = shows_console
        self.start_links = start_links
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "style": Markup(style),  # noqa: S704  # our own files, as they lie in the package
            "organisation": organisation,
            "languages": LANGUAGE_NAMES,
        }
        self._environment.filters["isolated"] = isolated
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
        self._headers = {
            "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
            "X-Frame-Options": "DENY",
        }

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries; no-referrer and nosniff come from the service's outermost layer."""
        return dict(self._headers)

    def render(self, name: str, visitor: PageVisitor, *, status: int = 200, **given: Any) -> HTMLResponse:
        """`name` in the visitor's language. `given` may hold `said`: ("status" or "alert", which words)."""
        words = _words(visitor.language)
        html = self._environment.get_template(f"{name}.html").render(
            {"said": None, "w": words, "visitor": visitor, **given}
        )
        headers = self.headers | {"Content-Language": visitor.language}
        if status == 503:
            headers["Retry-After"] = "10"
        return HTMLResponse(html, status_code=status, headers=headers)


def lead_pages(request: Request) -> LeadPageRenderer:
    """The renderer of this app."""
    found: LeadPageRenderer = request.app.state.lead_pages
    return found


_words = cache(words_in)
