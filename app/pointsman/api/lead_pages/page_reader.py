"""The visitor of a page: the path of it, and the language that it is asked in."""

from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request

from pointsman.api.http.message_reader import accepted_languages
from pointsman.services.wording.catalogue import LANGUAGES, catalogue_language
from pointsman.services.wording.locale_formats import best_language


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVisitor:
    """`language` is one of the catalogues; `tag` is closer ("en-GB"). `base` is the path of the page."""

    base: str
    tag: str
    asked_language: str | None  # carried on from page to page
    accepted: str

    @classmethod
    def of(cls, request: Request, *, public_url: str, path: str, asked: str | None = None) -> Self:
        """Before the link is read. A language that there is not counts as not given."""
        wanted = asked or request.query_params.get("lang")
        asked_language = catalogue_language(wanted)
        accepted = accepted_languages(request)
        token = str(request.path_params.get("token", ""))
        return cls(
            base=f"{urlsplit(public_url).path.rstrip('/')}{path}{quote(token, safe='')}",
            tag=_tag(asked_language, accepted),
            asked_language=asked_language,
            accepted=accepted,
        )

    def with_language(self, language: str | None) -> Self:
        """What the link says counts where nothing was asked for."""
        found = catalogue_language(language)
        if self.asked_language or found is None:
            return self
        return replace(self, tag=_tag(found, self.accepted))

    @property
    def language(self) -> str:
        return self.tag.partition("-")[0]

    def url(self, path: str = "", **query: str | None) -> str:
        """An address of this page that keeps the language that was asked for."""
        said = {"lang": self.asked_language} | query
        written = urlencode({name: value for name, value in said.items() if value})
        address = f"{self.base}{'/' if path else ''}{path}"
        return f"{address}?{written}" if written else address


def _tag(plain: str | None, accepted: str) -> str:
    """The language as the browser's owner writes it: "en-GB" where "en" is asked for."""
    if plain is None:
        return best_language(accepted, among=LANGUAGES)
    found = best_language(accepted, among=(plain,))
    return found if found.partition("-")[0] == plain else plain
