"""Is the process alive, and can it do its work?"""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from pointsman import __version__
from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.operations.monitoring import readiness

router = APIRouter(tags=["Operations"])


class Live(BaseModel):
    """The process answers."""

    status: str = Field(examples=["live"])
    version: str = Field(examples=["0.1.0"])


class Ready(BaseModel):
    """The database answers and its schema fits."""

    status: str = Field(examples=["ready"])
    revision: str = Field(description="The schema's revision.", examples=["0136"])
    worker: bool = Field(description="Whether a worker gave a sign of life lately; without one, accepted work waits.")
    worker_seen_at: datetime | None


@router.get(
    "/health/live",
    dependencies=[without_key(Operation.HEALTH_READ)],
    summary="Is the process alive?",
    description="Asks nothing of the database: restart the process only when this fails.",
)
async def live() -> Live:
    return Live(status="live", version=__version__)


@router.get(
    "/health/ready",
    dependencies=[without_key(Operation.HEALTH_READ)],
    summary="Can it do its work?",
    description="200 when the database answers and is migrated; 503 otherwise, and `faults` says why.",
    responses=problem_responses(503),
)
async def ready(request: Request, env: EnvDep) -> Ready:
    found = await readiness(env, needs_revision=request.app.state.revision)
    return Ready(
        status="ready", revision=found.revision, worker=found.worker_alive, worker_seen_at=found.worker_seen_at
    )
