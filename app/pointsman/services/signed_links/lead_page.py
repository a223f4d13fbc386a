"""Links to the page of a lead: the address, the readers, and how long each may live."""

from datetime import timedelta
from enum import StrEnum

from pointsman.services.ports import Env
from pointsman.services.ports.leads.lead_links import LeadLinkRow
from pointsman.services.signed_links.tokens import SignedLink, sign_link

LEAD_PAGE_PATH = "/lead/"
SEAL_CONTEXT = "lead-link"


class LinkReader(StrEnum):
    """The reader of a link: the key that makes it, with what it may read, or the rep who has the lead, with accept and reject."""

    KEY = "key"
    HOLDER = "holder"


#: (where nothing is said, the longest) by reader: what a key reads ends soon, since an address is more easily lost than a key.
LIFETIMES = {
    LinkReader.KEY: (timedelta(hours=1), timedelta(hours=12)),
    LinkReader.HOLDER: (timedelta(days=14), timedelta(days=90)),
}


def lead_page_address(env: Env, row: LeadLinkRow, language: str | None) -> str:
    """Where the page is: sealed anew each time, and the same link by its row."""
    link = SignedLink(id=row.id, expires_at=row.expires_at, language=language)
    return f"{env.public_url}{LEAD_PAGE_PATH}{sign_link(env.secrets, link, context=SEAL_CONTEXT)}"
