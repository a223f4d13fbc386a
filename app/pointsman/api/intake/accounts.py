"""Accounts over HTTP: companies, whose they are, and making one of two."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, explain_nothing, require_period
from pointsman.api.http.reason_text import ReasonText
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.text.search_words import search_words
from pointsman.services.leads.accounts import account_page, get_account, merge_accounts, set_parent
from pointsman.services.ports.leads.accounts import AccountFilter, AccountRow

router = APIRouter(tags=["Accounts"])


AccountStatus = Literal["prospect", "customer"]
_EXAMPLE_ID = "019ab000-0000-7000-8000-000000000001"


class FullAccountDoc(BaseModel):
    """A company as stored."""

    id: UUID
    name: str | None
    domain: str | None
    status: str = Field(description="prospect or customer", examples=["prospect"])
    owner: str | None = Field(description="The rep who owns it.")
    parent_id: UUID | None = Field(description="The account that this one belongs to; its owner may own leads here.")
    merged_into: UUID | None = Field(description="The account that this one is now: GET /v1/accounts/{merged_into}.")
    merged_at: datetime | None
    created_at: datetime

    @staticmethod
    def of(row: AccountRow) -> "FullAccountDoc":
        return FullAccountDoc.model_validate(row, from_attributes=True)


class ParentIn(BaseModel):
    """Under which account this one hangs; null takes it out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"parent": _EXAMPLE_ID, "reason": "bought by the holding"}]},
    )

    parent: UUID | None
    reason: ReasonText


class MergeAccountIn(BaseModel):
    """Which account survives, and why they are one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"into": _EXAMPLE_ID, "reason": "one company, spelt twice"}]}
    )

    into: UUID
    reason: ReasonText


class MergedAccountDoc(BaseModel):
    """The account that survives, and how many leads came to it."""

    survivor: FullAccountDoc
    leads: int


@router.get(
    "/v1/accounts",
    summary="List the accounts",
    description="Newest first, without those that were merged into another. `domain` finds the one account that the "
    "domain leads to, also when that was merged. Filters narrow together.",
    responses=problem_responses(401, 403, 404, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    caller: Annotated[Caller, may(Operation.ACCOUNT_READ)],
    *,
    domain: Annotated[str | None, Query(max_length=253, description="Only the account of this domain.")] = None,
    q: Annotated[
        str | None,
        Query(max_length=200, description="Only those with each of these words in a name, or of this domain."),
    ] = None,
    status: Annotated[AccountStatus | None, Query(description="Only these.")] = None,
    owner: Annotated[FilterText | None, Query(description="Only those of this rep (key).")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> Page[FullAccountDoc]:
    require_period(since=since, until=until)
    words = search_words(q, path="query.q") if q is not None else ()
    which = AccountFilter(domain=domain, words=words, status=status, owner=owner, since=since, until=until)
    rows = await account_page(env, which, after=page.after, limit=page.fetch_limit)
    if not rows and page.is_first:
        await explain_nothing(env, caller, owner=owner)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[FullAccountDoc](items=[FullAccountDoc.of(row) for row in items], next=following)


@router.get("/v1/accounts/{account_id}", summary="Read an account", responses=problem_responses(401, 403, 404, 422))
async def show(
    env: EnvDep, account_id: UUID, _caller: Annotated[Caller, may(Operation.ACCOUNT_READ)]
) -> FullAccountDoc:
    return FullAccountDoc.of(await get_account(env, account_id))


@router.put(
    "/v1/accounts/{account_id}/parent",
    summary="Set the parent of an account",
    description="With `parent` in the policy's order of ownership, the parent's owner is asked before the pool. Parents "
    "never form a circle (409 `parent-circle`).",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def put_parent(
    env: EnvDep, account_id: UUID, body: ParentIn, caller: Annotated[Caller, may(Operation.ACCOUNT_CHANGE)]
) -> FullAccountDoc:
    return FullAccountDoc.of(await set_parent(env, account_id, body.parent, reason=body.reason, actor=caller.actor))


@router.post(
    "/v1/accounts/{account_id}/merge",
    summary="Make one account of two",
    description="`into` survives: leads, subsidiaries, name and domain of this account lead there from then on. It keeps "
    "its own name, domain, owner and parent where it has them. No lead changes hands. The merged account stays readable; "
    "changes to it are 409 `account-merged`.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def merge(
    env: EnvDep, account_id: UUID, body: MergeAccountIn, caller: Annotated[Caller, may(Operation.ACCOUNT_CHANGE)]
) -> MergedAccountDoc:
    done = await merge_accounts(env, account_id, into=body.into, reason=body.reason, actor=caller.actor)
    return MergedAccountDoc(survivor=FullAccountDoc.of(done.survivor), leads=done.leads)
