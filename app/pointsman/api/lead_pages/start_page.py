"""The start page: for a browser, what this service is and where to go next; for API clients there is nothing at `/`."""

from asyncio import to_thread
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problem_handlers import problem_of_status
from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.api.lead_pages.rendering import lead_pages
from pointsman.domain.permissions.operations import Operation

router = APIRouter(include_in_schema=False)

_VARY = {"Vary": "Accept, Accept-Language"}
_LONGEST_HEADER = 1_000
_LARGEST_FILE = 10_000


@router.get("/", dependencies=[without_key(Operation.HEALTH_READ)])
async def start(request: Request, env: EnvDep) -> Response:
    if not asks_for_html(request.headers.get("accept", "")):
        return problem_of_status(404, headers=_VARY)
    pages = lead_pages(request)
    visitor = PageVisitor.of(request, public_url=env.public_url, path="/")
    links = await to_thread(read_start_links, pages.start_links)
    page = pages.render("start", visitor, root=visitor.base.rstrip("/"), shows_console=pages.shows_console, links=links)
    page.headers.update(_VARY)
    return page


def read_start_links(file: Path | None) -> dict[str, str]:
    """The addresses in the demo's file by name, one a line; none where there is no such file."""
    if file is None:
        return {}
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            lines = opened.read(_LARGEST_FILE).splitlines()
    except OSError:
        return {}
    found = dict(line.split(" ", 1) for line in lines if " " in line)
    return {name: to for name, to in found.items() if to.startswith(("http://", "https://"))}


def asks_for_html(accept: str) -> bool:
    """Whether an Accept header names HTML, as those of browsers do; clients of the API say JSON, `*/*` or nothing."""
    for part in accept[:_LONGEST_HEADER].split(","):
        kind, _, rest = part.partition(";")
        if kind.strip().lower() in ("text/html", "application/xhtml+xml"):
            return rest.replace(" ", "").rstrip("0") not in ("q=", "q=0.")
    return False
