"""Decisions taken again, as JSON."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pointsman.api.http.timestamps import Timestamp
from pointsman.services.explain.replays import ReplayResult

MOST_REPLAYS_SHOWN = 50


class ReplayIn(BaseModel):
    """Which decisions: the last so many, none from before a moment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"last": 100}]})

    last: Annotated[int, Field(strict=True, ge=1, le=1_000)] = 100
    since: Timestamp | None = None


class FirstByteDoc(BaseModel):
    """The first byte of the record that differs, with 40 characters on either side; null around what is personal."""

    offset: int
    before: str | None
    after: str | None


class PathDifferenceDoc(BaseModel):
    """One place that differs: as stored, and as it comes out again. JSON, shortened; null where nothing stands."""

    path: str = Field(examples=["candidates[1].why"])
    before: str | None
    after: str | None
    hidden: bool = Field(description="What stands there is personal, and so is not told.")


class ReplayDoc(BaseModel):
    """A decision taken again from its stored inputs; `differs` names the parts that do not agree."""

    decision_id: UUID
    same: bool = Field(description="Byte for byte.")
    rep: str | None
    replayed_rep: str | None
    differs: list[str]
    first_byte: FirstByteDoc | None
    paths: list[PathDifferenceDoc] = Field(description="In the record; `inputs.` and `columns.` are stored beside it.")
    more: int = Field(description="So many more places differ.")

    @staticmethod
    def of(found: ReplayResult) -> "ReplayDoc":
        return ReplayDoc(
            decision_id=found.decision_id,
            same=found.same,
            rep=found.rep,
            replayed_rep=found.replayed_rep,
            differs=list(found.differing_parts),
            first_byte=found.first_byte and FirstByteDoc.model_validate(found.first_byte, from_attributes=True),
            paths=[PathDifferenceDoc.model_validate(path, from_attributes=True) for path in found.paths],
            more=found.more_paths,
        )


class ReplaysDoc(BaseModel):
    """How many of the decisions come out the same, and the first that do not."""

    replayed: int
    same: int
    different: list[ReplayDoc]
