"""Templates to answers: one inline style sheet, named in the policy by its hash, and nothing else that could load."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pointsman.api.booking_page.reader import Visitor
from pointsman.api.booking_page.translations import TRANSLATIONS

_TEMPLATES = Path(__file__).parent / "templates"


class PageRenderer:
    """Renders pages; made once by `main`. `embedded_in` lists the origins that may show them in a frame: none by default."""

    def __init__(self, *, organisation: str = "", embedded_in: tuple[str, ...] = ()) -> None:
        style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "style": Markup(style),  # noqa: S704  # our own file, as it lies beside this module
            "organisation": organisation,
            "languages": {tag: words["language"] for tag, words in TRANSLATIONS.items()},
        }
        self._environment.filters["fill"] = fill_in
        framed = " ".join(embedded_in) or "'none'"
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
        self._headers = {
            "Content-Security-Policy": f"{policy}; frame-ancestors {framed}",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
        } | ({} if embedded_in else {"X-Frame-Options": "DENY"})

    @property
    def headers(self) -> dict[str, str]:
        """What every answer of the page carries; no-referrer and nosniff come from the service's outermost layer."""
        return dict(self._headers)

    def render(self, name: str, reader: Visitor, *, status: int = 200, **given: Any) -> HTMLResponse:
        """`name` rendered in the reader's language. `given` may hold `said`: ("status" or "alert", which words)."""
        words = TRANSLATIONS[reader.words]
        html = self._environment.get_template(f"{name}.html").render(
            {"said": None, "w": words, "reader": reader, "here": ("", {}), **given}
        )
        headers = self.headers | {"Content-Language": reader.words}
        if status == 503:
            headers["Retry-After"] = "10"
        return HTMLResponse(html, status_code=status, headers=headers)


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
