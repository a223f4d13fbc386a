"""Which leads a caller sees, as a condition on the tables: `:supplier` and `:sees_rep` of a `Visibility`; both null see all."""

from sqlalchemy import Column, ColumnElement, Text, and_, bindparam, exists, or_

from pointsman.db.tables.roster import reps
from pointsman.db.tables.routing import assignments
from pointsman.domain.permissions.callers import Visibility

_SUPPLIER, SEES_REP = bindparam("supplier", type_=Text), bindparam("sees_rep", type_=Text)

_SEEN = """(cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
            select from assignments seen join reps seeing on seeing.id = seen.rep_id
            where seen.lead_id = <lead> and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
              and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text))))"""


def is_seen(lead_id: "Column[object]") -> ColumnElement[bool]:
    """Whether the caller sees all leads, or has, or had, this one."""
    return or_(
        and_(_SUPPLIER.is_(None), SEES_REP.is_(None)),
        exists().where(
            assignments.c.lead_id == lead_id,
            reps.c.id == assignments.c.rep_id,
            or_(_SUPPLIER.is_(None), reps.c.supplier == _SUPPLIER),
            or_(SEES_REP.is_(None), reps.c.key == SEES_REP),
        ),
    )


def is_seen_sql(lead_id: str) -> str:
    """The same for a statement in text; `lead_id` is a column's name in it."""
    return _SEEN.replace("<lead>", lead_id)


def visibility_values(sees: Visibility) -> dict[str, str | None]:
    """The parameters of these conditions."""
    return {"supplier": sees.supplier, "sees_rep": sees.rep}
