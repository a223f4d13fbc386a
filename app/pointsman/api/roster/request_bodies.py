"""The roster as it is sent, checked before anything is asked of the database."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

from pointsman.api.http.timestamps import CalendarDate
from pointsman.api.roster.time_off import TimeOffIn
from pointsman.api.roster.working_hours import DayChanges, HolidayRegion, WeeklyHours
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.domain.messages.form_faults import DOMAIN, EMAIL, ROSTER_KEY
from pointsman.domain.messages.mail_addresses import refuse_hidden_address
from pointsman.domain.roster.reps import IN_HOUSE, Caps
from pointsman.domain.roster.roles import Work
from pointsman.domain.text.lines import refuse_acting
from pointsman.services.ports.roster import SupplierRow
from pointsman.services.roster.roster_input import RepInput, RoleInput, RosterInput
from pointsman.services.roster.snapshot import caps_from_json

RosterKey = Annotated[str, StringConstraints(pattern=ROSTER_KEY, max_length=100)]
DisplayName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(refuse_acting)
]
RoleName = Annotated[
    str, StringConstraints(pattern=r"^[^\s/][^/]*$", min_length=1, max_length=100), AfterValidator(refuse_acting)
]
Email = Annotated[str, StringConstraints(pattern=EMAIL, max_length=254), AfterValidator(refuse_hidden_address)]
Domain = Annotated[str, StringConstraints(pattern=DOMAIN, max_length=253)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Category = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Cap = Annotated[int | None, Field(strict=True, ge=0, le=100_000)]


def _known_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError(
            "time-zone", "{name} is not an IANA time zone; write one such as 'Europe/Berlin'", {"name": repr(name)}
        )
    return name


RepTimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]


class RequestBody(BaseModel):
    """Base of what is sent: nothing unknown gets in."""

    model_config = ConfigDict(extra="forbid")


Skills = Annotated[dict[ShortText, Annotated[list[ShortText], Field(max_length=200)]], Field(max_length=20)]


class CategoryCapsDoc(RequestBody):
    """The most of one category that a rep may get; null means no limit."""

    per_hour: Cap = None
    per_day: Cap = None
    per_week: Cap = None
    open_load: Cap = None
    appointments_per_day: Annotated[Cap, Field(description="By the meeting's date, in the rep's zone.")] = None
    appointments_per_week: Annotated[Cap, Field(description="Likewise, Monday to Sunday.")] = None


class CapsDoc(CategoryCapsDoc):
    """The most a rep may get; null means no limit. A lead counts for its rule's category, too."""

    categories: Annotated[
        dict[Category, CategoryCapsDoc],
        Field(max_length=50, description="By a rule's `category`.", examples=[{"enterprise": {"per_week": 5}}]),
    ] = Field(default_factory=dict)

    def given(self) -> Caps:
        return caps_from_json(self.model_dump())


class RepIn(RequestBody):
    """A rep as they should be; `time_off` or `day_changes` left out leaves those as they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Nora Lindt",
                    "email": "nora@nordwerk.example",
                    "role": "SDR",
                    "time_zone": "Europe/Berlin",
                    "working_hours": [{"weekday": 0, "start": "09:00", "end": "17:00"}],
                    "day_changes": [{"day": "2026-12-24", "blocks": [{"start": "09:00", "end": "12:00"}]}],
                    "holidays": "DE-BY",
                    "skills": {"languages": ["de", "en"]},
                    "caps": {"per_day": 20},
                    "supplier": "in-house",
                }
            ]
        },
    )

    name: DisplayName
    email: Email
    role: Annotated[RoleName, Field(description="The name of a role on the roster.", examples=["SDR"])]
    tier: Annotated[int, Field(strict=True, ge=1, le=9, description="1 is the best.")] = 1
    time_zone: RepTimeZone = "UTC"
    working_hours: WeeklyHours = Field(default_factory=list)
    day_changes: DayChanges | None = None
    holidays: HolidayRegion | None = None
    skills: Skills = Field(default_factory=dict)
    caps: CapsDoc = Field(default_factory=CapsDoc)
    weight: Annotated[int, Field(strict=True, ge=1, le=1_000, description="Twice the weight, twice the leads.")] = 1
    supplier: RosterKey = IN_HOUSE
    active: StrictBool = True
    started_on: CalendarDate | None = None
    time_off: Annotated[list[TimeOffIn], Field(max_length=500)] | None = None

    def given(self, key: str) -> RepInput:
        return RepInput(
            key=key,
            name=self.name,
            email=self.email,
            role=self.role,
            tier=self.tier,
            time_zone=self.time_zone,
            working_hours=tuple(block.given() for block in self.working_hours),
            day_changes=None if self.day_changes is None else tuple(change.given() for change in self.day_changes),
            holidays=self.holidays,
            skills={name: frozenset(values) for name, values in self.skills.items()},
            caps=self.caps.given(),
            weight=self.weight,
            supplier=self.supplier,
            active=self.active,
            started_on=self.started_on,
            time_off=None if self.time_off is None else tuple(off.given() for off in self.time_off),
        )


class KeyedRepIn(RepIn):
    """A rep with their key, which never changes: policies and ledgers name it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "key": "felix",
                    "name": "Felix Arnold",
                    "email": "felix@nordwerk.example",
                    "role": "SDR",
                    "time_zone": "Europe/Berlin",
                    "working_hours": [{"weekday": 0, "start": "09:00", "end": "17:00"}],
                }
            ]
        },
    )

    key: RosterKey


class RepPatch(RequestBody):
    """What to change of a rep; what is left out stays. `started_on` or `holidays` null takes it out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"weight": 2, "caps": {"per_day": 15}}]})

    name: DisplayName | None = None
    email: Email | None = None
    role: RoleName | None = None
    tier: Annotated[int | None, Field(strict=True, ge=1, le=9)] = None
    time_zone: RepTimeZone | None = None
    working_hours: WeeklyHours | None = None
    day_changes: DayChanges | None = None
    holidays: HolidayRegion | None = None
    skills: Skills | None = None
    caps: CapsDoc | None = None
    weight: Annotated[int | None, Field(strict=True, ge=1, le=1_000)] = None
    supplier: RosterKey | None = None
    active: StrictBool | None = None
    started_on: CalendarDate | None = None


class RoleIn(RequestBody):
    """Which works a role may do."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"works": ["prospecting", "qualification"]}]}
    )

    works: Annotated[set[Work], Field(min_length=1)]


class NamedRoleIn(RoleIn):
    """A role with its name."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "SDR", "works": ["prospecting", "qualification"]}]}
    )

    name: RoleName

    def given(self) -> RoleInput:
        return RoleInput(name=self.name, works=frozenset(self.works))


class SupplierIn(RequestBody):
    """An employer of reps. A partner may be barred from accounts by their domains."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Callwerk GmbH", "kind": "partner", "barred_domains": ["rival.example"]}]
        },
    )

    name: DisplayName
    kind: Literal["in-house", "partner"]
    barred_domains: Annotated[list[Domain], Field(max_length=10_000)] = Field(default_factory=list)


class KeyedSupplierIn(SupplierIn):
    """A supplier with its key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"key": "callwerk", "name": "Callwerk GmbH", "kind": "partner"}]},
    )

    key: RosterKey

    def row(self) -> SupplierRow:
        return SupplierRow(key=self.key, name=self.name, kind=self.kind, barred_domains=tuple(self.barred_domains))


class RosterIn(RequestBody):
    """Roles, suppliers and reps to add or replace, by name and key. Those that are not named stay as they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "roles": [{"name": "SDR", "works": ["prospecting", "qualification"]}],
                    "suppliers": [{"key": "in-house", "name": "In-house", "kind": "in-house"}],
                    "reps": [{"key": "nora", "name": "Nora Lindt", "email": "nora@nordwerk.example", "role": "SDR"}],
                }
            ]
        },
    )

    roles: Annotated[list[NamedRoleIn], Field(max_length=100)] = Field(default_factory=list)
    suppliers: Annotated[list[KeyedSupplierIn], Field(max_length=1_000)] = Field(default_factory=list)
    reps: Annotated[list[KeyedRepIn], Field(max_length=2_000)] = Field(default_factory=list)

    def given(self, *, single: bool = False) -> RosterInput:
        """`single`: the caller's body was the one item that is listed here."""
        return RosterInput(
            single=single,
            roles=tuple(role.given() for role in self.roles),
            suppliers=tuple(supplier.row() for supplier in self.suppliers),
            reps=tuple(rep.given(rep.key) for rep in self.reps),
        )
