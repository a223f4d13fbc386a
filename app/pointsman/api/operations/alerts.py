"""What a human must look at."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.operations.monitoring import open_alerts

router = APIRouter(tags=["Operations"])


class Alert(BaseModel):
    """One open alert; raised again, it counts."""

    id: UUID
    code: str = Field(examples=["calendar-unreadable"])
    subject: str = Field(examples=["rep:anna"])
    message: str
    count: int = Field(description="How often it was raised since it opened.")
    raised_at: datetime


class AlertsOut(BaseModel):
    """All open alerts, newest first."""

    items: list[Alert]


@router.get(
    "/v1/alerts",
    summary="List open alerts",
    description="Overdue holds, unreadable calendars and the like; an alert closes by itself when its cause is gone.",
    responses=problem_responses(401, 403),
)
async def index(env: EnvDep, _caller: Annotated[Caller, may(Operation.ALERT_READ)]) -> AlertsOut:
    return AlertsOut(items=[Alert.model_validate(dict(row)) for row in await open_alerts(env)])
