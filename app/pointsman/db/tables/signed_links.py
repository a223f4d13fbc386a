"""The tables of signed links, and what they have in common: a page of a lead's links, and the end of one."""

from sqlalchemy import (
    UUID,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    exists,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from pointsman.db.tables.base import INSTANT, id_column, instant_column, metadata
from pointsman.db.tables.operations import api_keys
from pointsman.db.tables.roster import reps
from pointsman.db.tables.visibility import SEES_REP, SEES_SUPPLIER

#: Links to the booking page of a lead.
booking_links = Table(
    "booking_links",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("made_by", Text, nullable=False),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("revoked_at", null=True),
    Index("booking_links_lead_idx", "lead_id", "created_at"),
)

#: Links to the page of a lead: for the rep of one assignment, or for what one key may read.
lead_links = Table(
    "lead_links",
    metadata,
    id_column(),
    Column("lead_id", ForeignKey("leads.id"), nullable=False),
    Column("assignment_id", ForeignKey("assignments.id"), index=True),
    Column("key_id", ForeignKey("api_keys.id"), index=True),
    Column("made_by", Text, nullable=False),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("revoked_at", null=True),
    CheckConstraint("(assignment_id is null) <> (key_id is null)", name="one_reader"),
    Index("lead_links_lead_idx", "lead_id", "created_at"),
)

_after_at = bindparam("after_at", type_=INSTANT)


def is_made_by(links: Table) -> ColumnElement[bool]:
    """Whether a key of the caller's supplier, or rep, made the link; of a caller who sees all leads, any; see `visibility`."""
    of_partner = exists().where(reps.c.key == api_keys.c.rep, reps.c.supplier == SEES_SUPPLIER)
    by_own_key = exists().where(
        "key:" + api_keys.c.id == links.c.made_by,
        or_(SEES_SUPPLIER.is_(None), api_keys.c.supplier == SEES_SUPPLIER, of_partner),
        or_(SEES_REP.is_(None), api_keys.c.rep == SEES_REP),
    )
    return or_(SEES_SUPPLIER.is_(None) & SEES_REP.is_(None), by_own_key)


def get_link(links: Table) -> Select[tuple[object, ...]]:
    """The link `:link`, if its maker is one of those."""
    return select(links).where(links.c.id == bindparam("link"), is_made_by(links))


def page_of_links(links: Table) -> Select[tuple[object, ...]]:
    """Of the lead `:lead`, made by one of those, newest first."""
    return (
        select(links)
        .where(
            links.c.lead_id == bindparam("lead"),
            is_made_by(links),
            or_(
                _after_at.is_(None),
                tuple_(links.c.created_at, links.c.id) < tuple_(_after_at, bindparam("after_id", type_=UUID)),
            ),
        )
        .order_by(links.c.created_at.desc(), links.c.id.desc())
        .limit(bindparam("limit"))
    )


def revoke_links(links: Table) -> Update:
    """End those that were not revoked before, at `:at`."""
    return update(links).where(links.c.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
