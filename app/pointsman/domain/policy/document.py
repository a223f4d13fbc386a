"""The policy document: one model for YAML in git and JSON through the API."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.dates.durations import Duration, PositiveDuration
from pointsman.domain.leads.facts import STANDARD_FIELDS, FieldType
from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.crm.actions import CrmActions
from pointsman.domain.policy.definitions_model import (
    CountryGroup,
    CustomFieldName,
    Score,
    ScoreFieldName,
    Segment,
    Title,
    WordList,
)
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy.operands import Identifier, PolicyModel, PolicyText
from pointsman.domain.policy.pools import (
    MAX_MEMBERS,
    BookingRules,
    CapacityStep,
    DistributionMethod,
    Member,
    Pool,
    RampStep,
    Ranking,
    SkillMatch,
    SkillPreference,
    SupplierRules,
)
from pointsman.domain.roster.roles import Work

__all__ = [
    "MAX_MEMBERS",
    "MAX_RULES",
    "BookingRules",
    "CapacityStep",
    "DistributionMethod",
    "Gate",
    "HoldRules",
    "Matching",
    "Member",
    "Nurture",
    "OnFail",
    "OwnerChanges",
    "Ownership",
    "Policy",
    "Pool",
    "RampStep",
    "Ranking",
    "Rule",
    "Score",
    "Segment",
    "SkillMatch",
    "SkillPreference",
    "SupplierRules",
]  # fmt: skip

MAX_RULES = 10_000


#: A kind of evidence, or `kind.name`; `domain/policy/references.py` knows which there are.
Requirement = Annotated[str, StringConstraints(max_length=70)]
FailTarget = Literal[Work.QUALIFICATION, Work.NURTURE]


class OnFail(PolicyModel):
    """Where a lead goes when the gate stays shut: evidence missing, or evidence that says no."""

    missing: FailTarget = Work.QUALIFICATION
    refused: FailTarget = Work.NURTURE


#: How long evidence counts where no gate says otherwise.
EVIDENCE_LIFETIME = timedelta(days=30)


class Gate(PolicyModel):
    """The readiness test in front of a work."""

    require: Annotated[tuple[Requirement, ...], Field(max_length=20)] = ()
    when: Condition | None = None
    expires_after: PositiveDuration = EVIDENCE_LIFETIME
    on_fail: OnFail = OnFail()


class Rule(PolicyModel):
    """First match wins; without `when` the rule always matches."""

    name: Title
    when: Condition | None = None
    work: Work
    pool: Identifier | None = None
    category: Identifier | None = None  # what caps by category count
    alert_after: Duration | None = (
        None  # how long a lead of this rule may be held before an alert; else holds.alert_after
    )
    else_: Annotated[str, StringConstraints(pattern=r"^(hold|next|nurture|pool:[A-Za-z0-9][A-Za-z0-9._-]*)$")] = Field(
        default="hold", alias="else"
    )
    crm: CrmActions | None = None  # what is done at the CRM beside the owner, when a rep gets a lead by it
    description: PolicyText | None = None

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


class Nurture(PolicyModel):
    """When a nurtured lead comes back: after a refusal, a loss or "later" once `cool_off` is over, only if `re_enter` is true.

    One that a rule put there: with the first news by which the rules lead to a human, or `re_enter` is true and no rule
    applies. While the rules lead to nurture, it stays.
    """

    re_enter: Condition | None = None
    cool_off: Duration = timedelta(days=30)


class HoldRules(PolicyModel):
    """How long a lead may wait for a rep before an alert is raised."""

    alert_after: Duration = timedelta(hours=4)


class Ownership(PolicyModel):
    """The order in which owners are asked, after the gate. An empty order asks none.

    `contact`: the lead's own owner; `account`: its account's; `parent`: the parent account's; `colleague`: the rep who
    holds most of the account's other leads. `tie` settles several of one kind.
    """

    order: Annotated[tuple[Literal["contact", "account", "parent", "colleague"], ...], Field(max_length=4)] = (
        "contact",
        "account",
        "parent",
    )
    tie: Literal["most_leads", "latest", "best_tier"] = "most_leads"


class OwnerChanges(StrEnum):
    """When somebody changes a lead's owner in a CRM: that counts, ours stands and both are shown, or ours is written again."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    REVERT = "revert"


class FuzzyNameMatching(PolicyModel):
    """From which confidence (0 to 100) an alike company name links a lead to an account, or is only suggested."""

    link_at: Annotated[int, Field(strict=True, ge=80, le=100)] = 95
    suggest_at: Annotated[int, Field(strict=True, ge=60, le=100)] = 85


_DomainNames = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.[a-z0-9-]+$", max_length=253)], ...],
    Field(max_length=1_000),
]


class Matching(PolicyModel):
    """How leads are matched to people and accounts; a domain stands for all that lies under it."""

    free_mail_domains_extra: _DomainNames = ()
    shared_hosts_extra: _DomainNames = ()  # websites on which many companies have a page
    company_domains: _DomainNames = ()  # companies, though one of the lists has them
    placeholder_names_extra: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...], Field(max_length=1_000)
    ] = ()  # what senders write where they know no company
    names: FuzzyNameMatching | None = None  # without it, names have to be equal


class Policy(PolicyModel):
    """Segments, gates, rules, pools: everything that decides where a lead goes."""

    description: PolicyText | None = None
    fields: Annotated[dict[CustomFieldName, FieldType], Field(default_factory=dict, max_length=500)]
    country_groups: Annotated[dict[Identifier, CountryGroup], Field(default_factory=dict, max_length=200)]
    word_lists: Annotated[dict[Identifier, WordList], Field(default_factory=dict, max_length=200)]
    segments: Annotated[dict[Identifier, Segment], Field(default_factory=dict, max_length=500)]
    icps: Annotated[dict[Identifier, Segment], Field(default_factory=dict, max_length=100)]
    personas: Annotated[dict[Identifier, Segment], Field(default_factory=dict, max_length=100)]
    scores: Annotated[dict[ScoreFieldName, Score], Field(default_factory=dict, max_length=100)]
    gates: Annotated[dict[Work, Gate], Field(default_factory=dict, max_length=10)]
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)] = ()
    pools: Annotated[dict[Identifier, Pool], Field(default_factory=dict, max_length=1_000)]
    suppliers: Annotated[dict[Identifier, SupplierRules], Field(default_factory=dict, max_length=200)]
    nurture: Nurture = Nurture()
    evidence: EvidenceRules = EvidenceRules()
    matching: Matching = Matching()
    ownership: Ownership = Ownership()
    owner_changes: OwnerChanges = OwnerChanges.REFUSE
    holds: HoldRules = HoldRules()

    @property
    def field_types(self) -> dict[str, FieldType]:
        """Every field that a lead may have under this policy, with its type; scores are reckoned, and not among them."""
        return {**STANDARD_FIELDS, **self.evidence.fact_types, **self.fields}

    @property
    def evidence_lifetime(self) -> timedelta:
        """How long evidence counts towards `qualification.*`: as long as it does for closing."""
        closing = self.gates.get(Work.CLOSING)
        return closing.expires_after if closing else EVIDENCE_LIFETIME

    def document(self) -> dict[str, object]:
        """What the author wrote as plain JSON data; parsing it again gives an equal policy."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
