"""Pools as the policy document writes them: who shares a work, and how it is shared."""

import re
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.dates.durations import Duration, format_duration
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.invitations import InvitationRules
from pointsman.domain.policy.operands import FieldName, Identifier, PolicyModel, PolicyText
from pointsman.domain.roster.roles import Work

MAX_MEMBERS = 500

Weight = Annotated[int, Field(strict=True, ge=1, le=1_000)]
Limit = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]


class DistributionMethod(StrEnum):
    """How a pool chooses among its eligible members."""

    FAIR = "fair"  # credit ledger
    LEAST_LOADED = "least_loaded"  # fewest open leads per weight
    SOONEST = "soonest"  # earliest bookable slot, ties by the credit ledger
    OWNER = "owner"  # only the owner of the contact or the account
    RANKED = "ranked"  # the best of those preferred for this lead, within limits; who is preferred for none: fair

    @property
    def compares_loads(self) -> bool:
        """Whether everybody's open leads are needed: a decision fetches them, a simulation counts them on."""
        return self is DistributionMethod.LEAST_LOADED

    @property
    def compares_slots(self) -> bool:
        """Whether everybody's first slot is needed: a decision fetches it, a simulation takes what was recorded."""
        return self is DistributionMethod.SOONEST


def _known_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError(
            "time-zone", "{name} is not an IANA time zone; write one such as 'Europe/Berlin'", {"name": repr(name)}
        )
    return name


PolicyTimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]


class Member(PolicyModel):
    """A rep in a pool; without a weight, the rep's own weight counts."""

    rep: Identifier
    weight: Weight | None = None


class SkillMatch(PolicyModel):
    """The rep's skill list must contain the lead's value. An unknown value drops no rep."""

    lead: FieldName
    rep: Identifier


class SkillPreference(PolicyModel):
    """For `ranked`: the rep's skill list containing the lead's value is worth `points`; an unknown value is worth none."""

    lead: FieldName
    rep: Identifier
    points: Annotated[int, Field(strict=True, ge=1, le=100)] = 1


class Ranking(PolicyModel):
    """How `ranked` ranks: points divided by the tier (1 is the best), while each rep's turns stay near their share.

    A rep who is `max_turns_ahead` turns ahead is passed over; one who is `max_turns_behind` turns behind comes first.
    """

    prefer: Annotated[tuple[SkillPreference, ...], Field(max_length=20)] = ()
    max_turns_ahead: Annotated[int, Field(strict=True, ge=1, le=1_000)] = 3
    max_turns_behind: Annotated[int, Field(strict=True, ge=1, le=1_000)] = 3


class RampStep(PolicyModel):
    """From `after` a rep's start date on (in the pool's time zone), this part of the weight counts."""

    after: Duration
    percent: Percent


class OfferMode(StrEnum):
    """Which reps' slots a buyer is shown, and which of them gets the appointment."""

    STRICT = "strict"  # only the holder's
    FLEXIBLE = "flexible"  # of every eligible rep; the holder when free then, else the pool's method decides
    BALANCED = "balanced"  # of every eligible rep; the free rep with the fewest appointments per weight


class Confirmation(StrEnum):
    """Whether a booking stands at once."""

    AUTOMATIC = "automatic"
    REP = "rep"  # it is requested, and owns its time, until the rep confirms it


_LONGEST_PURPOSE = 200


def _said(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST_PURPOSE:
        raise PydanticCustomError(
            "purpose",
            "write what the appointment is for, in 1 to {most} characters, or leave it out",
            {"most": _LONGEST_PURPOSE},
        )
    return text


def _in_every_language(value: object) -> object:
    return dict.fromkeys(("de", "en"), _said(value)) if isinstance(value, str) else value


PurposeText = Annotated[
    StrictStr, AfterValidator(_said), Field(json_schema_extra={"minLength": 1, "maxLength": _LONGEST_PURPOSE})
]
Purpose = Annotated[
    dict[Literal["de", "en"], PurposeText],
    BeforeValidator(_in_every_language, json_schema_input_type=PurposeText | dict[Literal["de", "en"], PurposeText]),
]


_LONGEST_LINK = 1_000
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")


#: For `BookingRules.conference`: the vendor of the leader's calendar makes a meeting for each appointment.
CREATE_MEETING = "create"


def _meeting_place(text: str) -> str:
    if text != CREATE_MEETING and not _LINK.fullmatch(text):
        raise PydanticCustomError(
            "conference-link",
            "it is no link to a meeting: write one such as 'https://meet.example/room', or 'create' for one that the "
            "calendar's vendor makes",
            {"known": (CREATE_MEETING,)},
        )
    return text


Conference = Annotated[StrictStr, StringConstraints(max_length=_LONGEST_LINK), AfterValidator(_meeting_place)]


class BookingRules(PolicyModel):
    """How appointments with this pool's reps are offered."""

    duration: Duration = timedelta(minutes=30)
    slot_grid: Duration = timedelta(minutes=15)
    minimum_notice: Duration = timedelta(hours=4)
    horizon: Duration = timedelta(days=14)
    buffer_before: Duration = timedelta(0)
    buffer_after: Duration = timedelta(0)
    slots_shown: Annotated[int, Field(strict=True, ge=1, le=100)] = 6
    offer: OfferMode = OfferMode.STRICT
    companion_pools: Annotated[tuple[Identifier, ...], Field(max_length=3)] = ()  # pools that each send one rep along
    slot_hold_for: Duration = timedelta(minutes=5)  # how long a slot is kept for who looks at it
    confirmation: Confirmation = Confirmation.AUTOMATIC
    confirm_within: Duration = timedelta(hours=24)  # else the request lapses; always before the appointment begins
    purpose: Purpose = Field(default_factory=dict)  # what the appointment is for, as the buyer reads it, by language
    conference: Conference | None = None  # where it takes place: a room of the house's own, or one that is made for it

    def purpose_in(self, language: str) -> str | None:
        """What the appointment is for in "de" or "en", else in the other language; None where the policy does not say."""
        texts = {str(given): text for given, text in self.purpose.items()}
        return texts.get(language) or next(iter(texts.values()), None)

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
            "slot_hold_for": (timedelta(minutes=1), timedelta(hours=1)),
            "confirm_within": (timedelta(minutes=5), timedelta(days=14)),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise PydanticCustomError(
                    "out-of-range",
                    "{name} must lie between {low} and {high}",
                    {"name": name, "low": format_duration(low), "high": format_duration(high)},
                )
        if self.minimum_notice >= self.horizon:
            raise PydanticCustomError(
                "out-of-range", "minimum_notice must be shorter than horizon, or no slot is ever offered"
            )
        return self


def _member(value: object) -> object:
    return {"rep": value} if isinstance(value, str) else value


class Pool(PolicyModel):
    """Reps who share one kind of work."""

    work: Work
    method: DistributionMethod = DistributionMethod.FAIR
    members: Annotated[
        tuple[Annotated[Member, BeforeValidator(_member, json_schema_input_type=Identifier | Member)], ...],
        Field(max_length=MAX_MEMBERS),
    ]
    match: Annotated[tuple[SkillMatch, ...], Field(max_length=20)] = ()
    immediate: StrictBool = False
    time_zone: PolicyTimeZone = "UTC"
    booking: BookingRules = BookingRules()
    invitations: InvitationRules = InvitationRules()
    ledger: Identifier | None = None  # pools that name the same ledger share it
    requires: Condition | None = None  # must be true of the lead and the rep (`rep.*` fields) together
    ranking: Ranking = Ranking()
    ramp_up: Annotated[tuple[RampStep, ...], Field(max_length=50)] = ()
    shares: Annotated[
        dict[Identifier, Percent], Field(default_factory=dict, max_length=100)
    ]  # by supplier, of this pool's turns
    description: PolicyText | None = None

    def ledger_of(self, name: str) -> str:
        """Under which name the credit ledger of this pool, called `name`, is kept."""
        return self.ledger or name

    @property
    def books_ahead(self) -> bool:
        """Whether its appointments lie ahead, so that who is away just now may be booked all the same."""
        return not self.immediate and (self.work is Work.CLOSING or self.method.compares_slots)

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
        if self.shares and sum(self.shares.values()) != 100:
            raise PydanticCustomError(
                "shares", "the shares of a pool must add up to 100, not {sum}", {"sum": sum(self.shares.values())}
            )
        if [step.after for step in self.ramp_up] != sorted({step.after for step in self.ramp_up}):
            raise PydanticCustomError("ramp-order", "write the steps of a ramp-up by time, each time once")
        return self


class CapacityStep(PolicyModel):
    """What a supplier can take from a day on, until the next step; without a limit, no limit."""

    from_: Annotated[date, Field(alias="from")]
    per_day: Limit | None = None
    per_week: Limit | None = None
    open_load: Limit | None = None


class SupplierRules(PolicyModel):
    """An outsourced partner: how much it can take and when, and the accounts that it must not touch."""

    time_zone: PolicyTimeZone = "UTC"
    capacity: Annotated[tuple[CapacityStep, ...], Field(max_length=500)] = ()
    barred_domains: Annotated[tuple[PolicyText, ...], Field(max_length=5_000)] = ()
    description: PolicyText | None = None

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        days = [step.from_ for step in self.capacity]
        if days != sorted(set(days)):
            raise PydanticCustomError("capacity-order", "write the steps of a capacity by date, each date once")
        return self

    @cached_property
    def barred_domain_set(self) -> frozenset[str]:
        """The barred domains to look up in: small letters; a domain bars those under it, too."""
        return frozenset(domain.lower().strip(".") for domain in self.barred_domains)

    def capacity_on(self, day: date) -> CapacityStep | None:
        """The step in force on `day` by the supplier's calendar; None before the first: no limit."""
        return next((step for step in reversed(self.capacity) if step.from_ <= day), None)
