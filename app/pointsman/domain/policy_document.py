"""The policy document: one model for YAML in git and JSON through the API."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.condition_document import Condition, FieldName, Name, Part, Text
from pointsman.domain.durations import Duration
from pointsman.domain.leads import FieldType
from pointsman.domain.qualification import EVIDENCE_NAMES, EvidenceKind
from pointsman.domain.roles import Work

MAX_RULES = 10_000
MAX_MEMBERS = 500

Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Weight = Annotated[int, Field(strict=True, ge=1, le=1_000)]
CustomName = Annotated[str, StringConstraints(pattern=r"^custom\.[a-z][a-z0-9_]*$", max_length=100)]


class Method(StrEnum):
    """How a pool chooses among its eligible members."""

    FAIR = "fair"  # credit ledger
    LEAST_LOADED = "least_loaded"  # fewest open leads per weight


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise PydanticCustomError(
            "time-zone", "{name} is not an IANA time zone; write one such as 'Europe/Berlin'", {"name": repr(name)}
        ) from None
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]


def _known_requirement(text: str) -> str:
    kind, _, name = text.partition(".")
    if kind not in {k.value for k in EvidenceKind}:
        owner = EVIDENCE_NAMES.get(kind)
        hint = f"did you mean '{owner}.{kind}'?" if owner else "write qualified, motivated or educated"
        raise PydanticCustomError(
            "requirement", "{kind} is not a kind of evidence: {hint}", {"kind": repr(kind), "hint": hint}
        )
    if "." in text and EVIDENCE_NAMES.get(name) != kind:
        belongs = EVIDENCE_NAMES.get(name)
        hint = (
            f"it belongs to {belongs}: write '{belongs}.{name}'"
            if belongs
            else ("write one of " + ", ".join(f"{kind}.{n}" for n, k in EVIDENCE_NAMES.items() if k == kind))
        )
        raise PydanticCustomError(
            "requirement",
            "{name} is not evidence of kind {kind}: {hint}",
            {"name": repr(name), "kind": kind, "hint": hint},
        )
    return text


Requirement = Annotated[str, StringConstraints(max_length=60), AfterValidator(_known_requirement)]
FailTarget = Literal[Work.QUALIFICATION, Work.NURTURE]


class Segment(Part):
    """A named condition with an owner, who should not be a salesperson."""

    owner: Title
    when: Condition
    description: Text | None = None


class OnFail(Part):
    """Where a lead goes when the gate stays shut: evidence missing, or evidence that says no."""

    missing: FailTarget = Work.QUALIFICATION
    refused: FailTarget = Work.NURTURE


class Gate(Part):
    """The readiness test in front of a work."""

    require: Annotated[tuple[Requirement, ...], Field(max_length=20)] = ()
    when: Condition | None = None
    expires_after: Duration = timedelta(days=30)
    on_fail: OnFail = OnFail()


class Rule(Part):
    """First match wins; without `when` the rule always matches."""

    name: Title
    when: Condition | None = None
    work: Work
    pool: Name | None = None
    else_: Annotated[str, StringConstraints(pattern=r"^(hold|next|nurture|pool:[A-Za-z0-9][A-Za-z0-9._-]*)$")] = Field(
        default="hold", alias="else"
    )
    description: Text | None = None

    @property
    def fallback_pool(self) -> str | None:
        return self.else_.removeprefix("pool:") if self.else_.startswith("pool:") else None

    @model_validator(mode="after")
    def _pool_fits_work(self) -> Self:
        if self.work is Work.NURTURE and self.pool is not None:
            raise PydanticCustomError("pool-of-nurture", "nurture has no pool, since no rep does it: remove 'pool'")
        if self.work is not Work.NURTURE and self.pool is None:
            raise PydanticCustomError(
                "pool-missing", "work {work} needs a pool: add 'pool: NAME'", {"work": self.work.value}
            )
        return self


class Member(Part):
    """A rep in a pool; without a weight, the rep's own weight counts."""

    rep: Name
    weight: Weight | None = None


class Match(Part):
    """The rep's skill list must contain the lead's value; a lead whose value is unknown drops nobody."""

    lead: FieldName
    rep: Name


class BookingRules(Part):
    """How appointments with this pool's reps are offered."""

    duration: Duration = timedelta(minutes=30)
    slot_grid: Duration = timedelta(minutes=15)
    minimum_notice: Duration = timedelta(hours=4)
    horizon: Duration = timedelta(days=14)
    buffer_before: Duration = timedelta(0)
    buffer_after: Duration = timedelta(0)
    slots_shown: Annotated[int, Field(strict=True, ge=1, le=100)] = 6

    @model_validator(mode="after")
    def _spans_that_can_hold_an_appointment(self) -> Self:
        day = timedelta(days=1)
        limits = {
            "duration": (timedelta(minutes=5), day),
            "slot_grid": (timedelta(minutes=5), day),
            "minimum_notice": (timedelta(0), timedelta(days=60)),
            "horizon": (timedelta(hours=1), timedelta(days=366)),
            "buffer_before": (timedelta(0), day),
            "buffer_after": (timedelta(0), day),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise PydanticCustomError(
                    "out-of-range",
                    "{name} must lie between {low} and {high}",
                    {"name": name, "low": str(low), "high": str(high)},
                )
        if self.minimum_notice >= self.horizon:
            raise PydanticCustomError(
                "out-of-range", "minimum_notice must be shorter than horizon, or no slot is ever offered"
            )
        return self


def _member(value: object) -> object:
    return {"rep": value} if isinstance(value, str) else value


class Pool(Part):
    """Reps who share one kind of work."""

    work: Work
    method: Method = Method.FAIR
    members: Annotated[
        tuple[Annotated[Member, BeforeValidator(_member, json_schema_input_type=Name | Member)], ...],
        Field(max_length=MAX_MEMBERS),
    ]
    match: Annotated[tuple[Match, ...], Field(max_length=20)] = ()
    immediate: StrictBool = False
    time_zone: TimeZone = "UTC"
    booking: BookingRules = BookingRules()
    description: Text | None = None

    @model_validator(mode="after")
    def _each_member_once_and_work_for_humans(self) -> Self:
        if self.work is Work.NURTURE:
            raise PydanticCustomError("pool-of-nurture", "nurture has no pool, since no rep does it: remove this pool")
        seen: set[str] = set()
        for member in self.members:
            if member.rep in seen:
                raise PydanticCustomError(
                    "duplicate-member", "{rep} is listed twice in this pool: keep one", {"rep": member.rep}
                )
            seen.add(member.rep)
        return self


class Nurture(Part):
    """When a nurtured lead comes back: at the earliest after `cool_off`, and only if `re_enter` is true."""

    re_enter: Condition | None = None
    cool_off: Duration = timedelta(days=30)


class Matching(Part):
    """How leads are matched to people and accounts."""

    free_mail_domains_extra: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.[a-z0-9-]+$", max_length=253)], ...],
        Field(max_length=1_000),
    ] = ()


class Policy(Part):
    """Segments, gates, rules, pools: everything that decides where a lead goes."""

    description: Text | None = None
    fields: Annotated[dict[CustomName, FieldType], Field(default_factory=dict, max_length=500)]
    segments: Annotated[dict[Name, Segment], Field(default_factory=dict, max_length=500)]
    gates: Annotated[dict[Work, Gate], Field(default_factory=dict, max_length=10)]
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)] = ()
    pools: Annotated[dict[Name, Pool], Field(default_factory=dict, max_length=1_000)]
    nurture: Nurture = Nurture()
    matching: Matching = Matching()

    def document(self) -> dict[str, object]:
        """What the author wrote as plain JSON data; parsing it again gives an equal policy."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
