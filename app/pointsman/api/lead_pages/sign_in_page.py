"""Where a vendor sends the browser after a sign-in. The code is used, and the page behind it has constant words alone."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.api.lead_pages.rendering import lead_pages
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.sign_in import finish_sign_in

router = APIRouter(include_in_schema=False)

_DONE_PATH = "/v1/oauth/done/"
OUTCOMES = frozenset(
    {"done", "lacking", "not_working", "declined", "refused", "no_answer", "other_vendor", "changed", "late", "unknown"}
)


@router.get("/v1/oauth/callback", dependencies=[without_key(Operation.HEALTH_READ)])
async def callback(request: Request, env: EnvDep) -> Response:
    """Ends in another address, so that no code stays in the browser's."""
    query = request.query_params
    once = {name: found[0] for name in query if len(found := query.getlist(name)) == 1}
    outcome = await finish_sign_in(
        env, state=once.get("state", ""), code=once.get("code"), error=once.get("error"), issuer=once.get("iss")
    )
    visitor = PageVisitor.of(request, public_url=env.public_url, path=f"{_DONE_PATH}{outcome}")
    return RedirectResponse(visitor.base, status_code=303, headers={**lead_pages(request).headers})


@router.get(_DONE_PATH + "{outcome}", dependencies=[without_key(Operation.HEALTH_READ)])
async def done(outcome: str, request: Request, env: EnvDep) -> Response:
    told = outcome if outcome in OUTCOMES else "unknown"
    visitor = PageVisitor.of(request, public_url=env.public_url, path=f"{_DONE_PATH}{told}")
    title = "sign_in_done" if told in ("done", "lacking") else "sign_in_failed"
    return lead_pages(request).render("sign_in", visitor, title=title, told=f"sign_in_{told}_text")
