"""What a supplier may see, as a condition on the tables."""

from sqlalchemy import Column, ColumnElement, Text, bindparam, exists, or_

from pointsman.db.tables.roster import reps
from pointsman.db.tables.routing import assignments


def is_seen_by_supplier(lead_id: "Column[object]") -> ColumnElement[bool]:
    """Whether `:supplier` is null, or has a rep who has or had the lead."""
    supplier = bindparam("supplier", type_=Text)
    return or_(
        supplier.is_(None),
        exists().where(
            assignments.c.lead_id == lead_id, reps.c.id == assignments.c.rep_id, reps.c.supplier == supplier
        ),
    )
