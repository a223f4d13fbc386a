"""The roster as it is answered."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from pointsman.api.http.warnings import FieldWarningDoc
from pointsman.api.roster.request_bodies import CapsDoc
from pointsman.api.roster.time_off import TimeOffDoc
from pointsman.api.roster.working_hours import BlockDoc, DayChangeDoc
from pointsman.domain.roster.reps import Rep
from pointsman.services.ports.roster import RoleRow, SupplierRow, TimeOffRow


class RoleDoc(BaseModel):
    """A role and the works it may do."""

    name: str
    works: list[str]

    @staticmethod
    def of(row: RoleRow) -> "RoleDoc":
        return RoleDoc(name=row.name, works=sorted(row.works))


class SupplierDoc(BaseModel):
    """An employer of reps: in-house, or a partner."""

    key: str
    name: str
    kind: str
    barred_domains: list[str]

    @staticmethod
    def of(row: SupplierRow) -> "SupplierDoc":
        return SupplierDoc(key=row.key, name=row.name, kind=row.kind, barred_domains=list(row.barred_domains))


class RepDoc(BaseModel):
    """A rep on the roster."""

    id: UUID
    key: str
    name: str
    email: str
    role: str
    works: list[str]
    tier: int
    time_zone: str
    working_hours: list[BlockDoc]
    day_changes: list[DayChangeDoc]
    holidays: str | None
    skills: dict[str, list[str]]
    caps: CapsDoc
    weight: int
    supplier: str
    active: bool
    started_on: date | None
    time_off: list[TimeOffDoc]

    @staticmethod
    def of(rep: Rep, time_off: list[TimeOffRow]) -> "RepDoc":
        return RepDoc(
            id=rep.id,
            key=rep.key,
            name=rep.name,
            email=rep.email,
            role=rep.role.name,
            works=sorted(rep.role.works),
            tier=rep.tier,
            time_zone=rep.time_zone,
            working_hours=[BlockDoc.of(block) for block in rep.working_hours],
            day_changes=[DayChangeDoc.of(change) for change in rep.day_changes],
            holidays=rep.holidays,
            skills={name: sorted(values) for name, values in rep.skills.items()},
            caps=CapsDoc.model_validate(rep.caps, from_attributes=True),
            weight=rep.weight,
            supplier=rep.supplier,
            active=rep.active,
            started_on=rep.started_on,
            time_off=[TimeOffDoc.of(row, zone=rep.time_zone) for row in time_off],
        )


class ChangedRepDoc(RepDoc):
    """A rep as they stand after a change."""

    hints: list[FieldWarningDoc] = Field(description="Settings of the body that have no effect, and why.")


class RosterDoc(BaseModel):
    """The whole roster; `version` counts its changes."""

    version: int | None
    roles: list[RoleDoc]
    suppliers: list[SupplierDoc]
    reps: list[RepDoc]


class RosterChangeDoc(BaseModel):
    """The roster's version after a change; `changed` false means that nothing was different."""

    version: int
    changed: bool


class RosterPutDoc(RosterChangeDoc):
    """The same, of a whole floor."""

    hints: list[FieldWarningDoc] = Field(description="Settings of the body that have no effect, and why.")


class AssignedLeadDoc(BaseModel):
    """A lead that a rep still holds."""

    lead_id: UUID
    work: str


class DeactivationDoc(RosterChangeDoc):
    """What a deactivated rep still holds: reassign it."""

    leads: list[AssignedLeadDoc]
