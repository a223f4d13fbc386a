"""What all tables share: one metadata, names for constraints, column shapes."""

from sqlalchemy import Column, MetaData
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)

INSTANT = TIMESTAMP(timezone=True)
WORK_VALUES = (
    "('nurture','prospecting','qualification','closing','solution_design','customer_service','administration')"
)


def id_column() -> Column[object]:
    return Column("id", UUID(), primary_key=True)


def instant_column(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, INSTANT, nullable=null)
