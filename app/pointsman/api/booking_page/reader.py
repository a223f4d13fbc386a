"""The visitor of the booking page: their link's token, language, time zone and form."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Self
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from fastapi import Request

from pointsman.api.booking_page.times import format_instant
from pointsman.api.http.message_reader import accepted_languages
from pointsman.domain.dates.living_zones import NO_PLACE, living_zone
from pointsman.domain.errors import TooLarge
from pointsman.domain.text.forms import form_pairs
from pointsman.domain.text.lines import one_line
from pointsman.services.signed_links.tokens import LINK_PATH, SignedLink
from pointsman.services.wording.catalogue import LANGUAGES, catalogue_language
from pointsman.services.wording.locale_formats import best_language

_MOST_FIELDS = 20
_LONGEST_FORM = 20_000
_FIRST, _LAST = 2000, 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Language and zone as asked for; `base` is the path of their page, behind whatever proxy.

    `zone_is_known` is false while the zone is only the one that we show, as nothing says where the buyer is.
    """

    base: str
    language: str  # a tag as Babel writes it: "de", "en-GB"
    accepted: str  # as the browser sent it
    asked_language: str | None  # carried on from page to page
    asked_zone: str | None
    zone: str | None
    zone_is_known: bool

    @classmethod
    def of(cls, request: Request, *, public_url: str, form: dict[str, str] | None = None) -> Self:
        """The visitor before the link is read. A language or zone that does not exist counts as not given."""
        given = form or {}
        lang = given.get("lang") or request.query_params.get("lang")
        zone = given.get("zone") or request.query_params.get("zone")
        asked = catalogue_language(lang)
        zone = living_zone(zone)
        accepted = accepted_languages(request)
        token = str(request.path_params.get("token", ""))
        return cls(
            base=f"{urlsplit(public_url).path.rstrip('/')}{LINK_PATH}{quote(token, safe='')}",
            language=_regional(asked, accepted),
            accepted=accepted,
            asked_language=asked,
            asked_zone=zone,
            zone=zone,
            zone_is_known=zone is not None,
        )

    def with_link(self, link: SignedLink) -> Self:
        """What the link says counts where nothing was asked for."""
        return self.with_language(link.language).with_default_zone(link.time_zone)

    def with_language(self, language: str | None) -> Self:
        found = catalogue_language(language)
        if self.asked_language or found is None:
            return self
        return replace(self, language=_regional(found, self.accepted))

    def with_default_zone(self, zone: str | None) -> Self:
        """The next place to look for the buyer's zone, while none is known. A zone that no place has counts as not given."""
        found = None if self.zone_is_known else living_zone(zone)
        return self if found is None else replace(self, zone=found, zone_is_known=True)

    def with_assumed_zone(self, zone: str) -> Self:
        """What is shown, and said to be a guess, while no zone is known."""
        return self if self.zone_is_known else replace(self, zone=zone)

    @property
    def words(self) -> str:
        """The plain language that the page is in."""
        return self.language.partition("-")[0]

    @property
    def local_zone(self) -> str:
        return self.zone or NO_PLACE

    def url(self, path: str = "", **query: object) -> str:
        """An address of this page that keeps what was asked for."""
        written = urlencode(self.fields(zone=self.asked_zone, **query))
        return f"{self.action(path)}?{written}" if written else self.action(path)

    def action(self, path: str = "") -> str:
        """The address of a form of this page."""
        return f"{self.base}{'/' if path else ''}{path}"

    def fields(self, **query: object) -> dict[str, str]:
        """What a form or an address says: `query`, and the language that was asked for."""
        carried = {"lang": self.asked_language, **query}
        return {name: _written(value) for name, value in carried.items() if value is not None}


async def read_form(request: Request) -> dict[str, str]:
    """As `parse_form`."""
    return parse_form(await request.body())


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name; nothing when it cannot be read or is larger than our own forms."""
    if len(body) > _LONGEST_FORM:
        return {}
    try:
        pairs = form_pairs(body, most=_MOST_FIELDS)
    except TooLarge:
        return {}
    return {name.decode(errors="replace"): value.decode(errors="replace") for name, value in reversed(pairs)}


def parse_instant(text: str | None) -> datetime | None:
    """What `format_instant` wrote; None for anything else."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if at.tzinfo is None or not _FIRST <= at.year < _LAST:
        return None
    return at.astimezone(UTC)


def parse_day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if _FIRST <= day.year < _LAST else None


def parse_id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def clean_line(text: str, limit: int) -> str:
    """What the buyer typed, without what cannot be stored or shown."""
    return one_line(text)[:limit].rstrip()


def _regional(plain: str | None, accepted: str) -> str:
    """The language as the browser's owner writes times in it: "en-GB" where "en" is asked for."""
    if plain is None:
        return best_language(accepted, among=LANGUAGES)
    found = best_language(accepted, among=(plain,))
    return found if found.partition("-")[0] == plain else plain


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else str(value)
