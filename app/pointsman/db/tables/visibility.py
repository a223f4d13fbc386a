"""Which leads a caller sees, as a condition on the tables: `:supplier` and `:sees_rep` of a `Visibility`; both null see all.

Statements in text write the same out.
"""

from sqlalchemy import Column, ColumnElement, Text, and_, bindparam, exists, or_

from pointsman.db.tables.roster import reps
from pointsman.db.tables.routing import assignments
from pointsman.domain.permissions.callers import Visibility

SEES_SUPPLIER, SEES_REP = bindparam("supplier", type_=Text), bindparam("sees_rep", type_=Text)


def is_seen(lead_id: "Column[object]") -> ColumnElement[bool]:
    """Whether the caller sees all leads, or has, or had, this one."""
    return or_(
        and_(SEES_SUPPLIER.is_(None), SEES_REP.is_(None)),
        exists().where(
            assignments.c.lead_id == lead_id,
            reps.c.id == assignments.c.rep_id,
            or_(SEES_SUPPLIER.is_(None), reps.c.supplier == SEES_SUPPLIER),
            or_(SEES_REP.is_(None), reps.c.key == SEES_REP),
        ),
    )


def visibility_values(sees: Visibility) -> dict[str, str | None]:
    """The parameters of these conditions."""
    return {"supplier": sees.supplier, "sees_rep": sees.rep}
