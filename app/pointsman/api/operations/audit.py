"""Endpoint: the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, require_period
from pointsman.domain.permissions.operations import Operation
from pointsman.services.appointments.conflict_words import conflict_text
from pointsman.services.operations.actor_names import actor_words
from pointsman.services.operations.monitoring import audit_page
from pointsman.services.ports.operations.audit import AuditFilter
from pointsman.services.wording.rendering import MessageReader, render
from pointsman.services.wording.stored import reason_text, render_stored

router = APIRouter(tags=["Operations"])

_LEAD = "lead:"


class AuditLine(BaseModel):
    """One change of state."""

    id: UUID
    at: datetime
    actor: str = Field(examples=["key:0f3a9c1b2d4e"])
    actor_name: str = Field(
        description="The actor by name, in the language that is asked for.", examples=["key Website form"]
    )
    action: str = Field(examples=["key.created"])
    subject: str = Field(examples=["lead:0198c0de-0000-7000-8000-000000000001"])
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None = Field(
        description="Why, in the language that is asked for; a person's words as they wrote them."
    )


@router.get(
    "/v1/audit",
    summary="Read the audit trail",
    description="Newest first. Filters narrow together. Every change of state wrote its line in its own transaction.",
    responses=problem_responses(401, 403, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.AUDIT_READ)],
    *,
    subject: Annotated[
        str | None, Query(max_length=200, description="Only lines about this: `rep:anna`, `lead:mara@example.com`.")
    ] = None,
    actor: Annotated[
        FilterText | None, Query(description="Only what this one did, for example `key:0f3a9c1b2d4e` or `worker`.")
    ] = None,
    action: Annotated[FilterText | None, Query(description="Only this, for example `lead.assigned`.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> Page[AuditLine]:
    require_period(since=since, until=until)
    if subject is not None and subject.startswith(_LEAD):
        lead = await meant_lead(env, subject.removeprefix(_LEAD), caller, "query.subject")
        subject = f"{_LEAD}{lead}"
    which = AuditFilter(subject=subject, actor=actor, action=action, since=since, until=until)
    rows = await audit_page(env, which, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row["at"], row["id"]))
    return Page[AuditLine](items=[_line(row, reader) for row in items], next=following)


def _line(row: Mapping[str, Any], reader: MessageReader) -> AuditLine:
    told = {
        "actor_name": render(actor_words(row["actor"]), reader),
        "reason": reason_text(row["reason"], reader),
        "before": _told(row["before"], reader),
        "after": _told(row["after"], reader),
    }
    return AuditLine.model_validate({**row, **told})


def _told(state: Mapping[str, Any] | None, reader: MessageReader) -> Mapping[str, Any] | None:
    """With sentences for the messages among what was changed; everything else is as it was given."""
    if state is None:
        return None
    conflict = {"conflict": conflict_text(state["conflict"], reader)} if "conflict" in state else {}
    told = {name: render_stored(state[name], reader) for name in ("why", "reason", "error", "match") if name in state}
    return {**state, **conflict, **told}
