"""Templates to answers: one inline style sheet, named in the policy by its hash, and nothing else that could load."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

#: The languages of the pages by their own names.
LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
_FRAME = Path(__file__).parent / "templates"


class PageFrame:
    """Renders the pages of one folder of templates, each in the same frame; made once by `main`.

    `languages` are the names of the pages' languages by tag, `styles` what the folder adds to the common style sheet.
    `embedded_in` lists the origins that may show the pages in a frame of theirs: none by default.
    """

    def __init__(
        self,
        templates: Path,
        *,
        languages: Mapping[str, str],
        organisation: str,
        styles: tuple[Path, ...] = (),
        embedded_in: tuple[str, ...] = (),
    ) -> None:
        style = "".join(sheet.read_text(encoding="utf-8") for sheet in (_FRAME / "page.css", *styles))
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
        self._environment = Environment(
            loader=FileSystemLoader([templates, _FRAME]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "style": Markup(style),  # noqa: S704  # our own files, as they lie in the package
            "organisation": organisation,
            "languages": languages,
        }
        framed = " ".join(embedded_in) or "'none'"
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
        self._headers = {
            "Content-Security-Policy": f"{policy}; frame-ancestors {framed}",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
        } | ({} if embedded_in else {"X-Frame-Options": "DENY"})

    @property
    def filters(self) -> dict[str, Any]:
        """The filters that templates may use, by name."""
        return self._environment.filters

    @property
    def headers(self) -> dict[str, str]:
        """What every answer of a page carries; no-referrer and nosniff come from the service's outermost layer."""
        return dict(self._headers)

    def answer(
        self, name: str, *, tag: str, language: str, urls: Mapping[str, str], status: int, **given: Any
    ) -> HTMLResponse:
        """The page `name` in `language`, of `languages`; `tag` may be closer ("en-GB"), `urls` has the page in each.

        `given` has the words `w`, and may have `said`: ("status" or "alert", which words).
        """
        frame = {"said": None, "page_tag": tag, "page_language": language, "page_urls": urls}
        html = self._environment.get_template(f"{name}.html").render(frame | given)
        headers = self.headers | {"Content-Language": language}
        if status == 503:
            headers["Retry-After"] = "10"
        return HTMLResponse(html, status_code=status, headers=headers)
