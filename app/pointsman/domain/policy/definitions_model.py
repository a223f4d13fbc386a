"""What a policy gives names to: segments, ideal customer profiles, personas, scores, country groups and word lists."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.operands import PolicyModel, PolicyText
from pointsman.domain.text.lines import refuse_acting

Title = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(refuse_acting)
]
CustomFieldName = Annotated[str, StringConstraints(pattern=r"^custom\.[a-z][a-z0-9_]*$", max_length=100)]
ScoreFieldName = Annotated[str, StringConstraints(pattern=r"^score\.[a-z][a-z0-9_]*$", max_length=100)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Segment(PolicyModel):
    """A named condition (a segment, an ideal customer profile, a persona) with an owner, who must not be a salesperson."""

    owner: Title
    when: Condition
    description: PolicyText | None = None


class ScorePoints(PolicyModel):
    """What a condition adds to a score, or takes from it, when it is true."""

    when: Condition
    points: Annotated[int, Field(strict=True, ge=-1_000, le=1_000)]


class Score(PolicyModel):
    """A number that rules may ask for under its name (`score.fit`): `base` and the points of all true conditions."""

    owner: Title
    base: Annotated[int, Field(strict=True, ge=-1_000, le=1_000)] = 0
    points: Annotated[tuple[ScorePoints, ...], Field(min_length=1, max_length=100)]
    lowest: Annotated[int, Field(strict=True, ge=-10_000, le=10_000)] = 0
    highest: Annotated[int, Field(strict=True, ge=-10_000, le=10_000)] = 100
    description: PolicyText | None = None

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.lowest >= self.highest:
            raise PydanticCustomError("score-bounds", "lowest must be below highest")
        return self


CountryGroup = Annotated[tuple[CountryCode, ...], Field(min_length=1, max_length=300)]
WordList = Annotated[tuple[PolicyText, ...], Field(min_length=1, max_length=5_000)]
