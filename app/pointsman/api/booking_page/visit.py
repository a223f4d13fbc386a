"""One request of a buyer: the link, the state of its lead, and the answer in the buyer's language."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pointsman.api.booking_page.error_pages import get_renderer
from pointsman.api.booking_page.reader import Visitor, parse_instant, read_form
from pointsman.api.booking_page.rendering import PageRenderer
from pointsman.api.booking_page.zones import BuyerZones
from pointsman.services.booking_links import buyer_view as buyer
from pointsman.services.booking_links.buyer_view import BuyerView
from pointsman.services.ports import Env
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.signed_links.tokens import read_link
from pointsman.services.wording.locale_formats import format_interval, length_in_words, list_in_words

_NO_BREAK = "\u00a0"


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request through a valid link, with the state of the lead now."""

    env: Env
    pages: PageRenderer
    reader: Visitor
    buyer: BuyerView
    form: dict[str, str]

    @classmethod
    async def of(cls, request: Request, env: Env) -> Self:
        """Raises NotFound and LinkExpired."""
        form = await read_form(request) if request.method == "POST" else {}
        link = read_link(env.secrets, str(request.path_params["token"]), now=env.clock())
        reader = Visitor.of(request, public_url=env.public_url, form=form).with_link(link)
        there = await buyer.load_buyer_view(env, link)
        reader = reader.with_default_zone(there.time_zone).with_assumed_zone(there.assumed_time_zone)
        return cls(env=env, pages=get_renderer(request), reader=reader, buyer=there, form=form)

    @property
    def start(self) -> datetime | None:
        return parse_instant(self.form.get("start"))

    def answer(self, name: str, *, status: int = 200, **given: Any) -> HTMLResponse:
        zones = BuyerZones(
            shown=self.reader.local_zone,
            is_known=self.reader.zone_is_known,
            country=self.buyer.country,
            language=self.reader.language,
            now=self.env.clock(),
        )
        purpose = self.buyer.rules.purpose_in(self.reader.words)
        return self.pages.render(name, self.reader, status=status, **{"zones": zones, "purpose": purpose} | given)

    def to(self, path: str = "", **query: object) -> RedirectResponse:
        return RedirectResponse(self.reader.url(path, **query), status_code=303, headers=self.pages.headers)

    def span(self, start: datetime, end: datetime) -> str:
        """As `format_interval`; a line may end before the time, and not within it."""
        words = format_interval(start, end, zone=self.reader.local_zone, language=self.reader.language)
        words = words.replace(" Uhr", f"{_NO_BREAK}Uhr").replace(" (", f"{_NO_BREAK}(")
        return re.sub("(?<=\\S)\u2013(?=\\S)", "\u2060\u2013\u2060", words)

    def listed(self, names: list[str]) -> str:
        """Names as a sentence has them: "Anna, Ben und Clara"."""
        return list_in_words(names, language=self.reader.language)

    def length(self, length: timedelta) -> str:
        return length_in_words(length, language=self.reader.language).replace(" ", _NO_BREAK)

    async def facts(self, row: AppointmentRow) -> dict[str, Any]:
        """What a page says of an appointment."""
        names = await buyer.rep_names(self.env, [row.rep_key, *(item.rep_key for item in row.companions)])
        return {
            "when": self.span(row.starts_at, row.ends_at),
            "names": self.listed(names),
            "company": self.buyer.company,
            "join_url": row.join_url,
            "length": self.length(row.ends_at - row.starts_at),
        }
