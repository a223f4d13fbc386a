"""Which of two things known about a lead counts, and which lead an event belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.leads import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A lead's values after an event; `changed` names the fields that are different now."""

    values: Mapping[str, Value]
    known_at: Mapping[str, str]
    changed: frozenset[str]


def merge(values: Mapping[str, Value], known_at: Mapping[str, str], news: Mapping[str, Value], stamp: str) -> Merged:
    """Each field keeps the value that was true last; news as old as what is known is taken.

    `known_at` and `stamp` are instants as `stamp_of` writes them.
    """
    kept = dict(values)
    stamps = dict(known_at)
    changed = set()
    for field, value in news.items():
        if stamps.get(field, "") > stamp:
            continue
        if kept.get(field) != value or type(kept.get(field)) is not type(value):
            changed.add(field)
        kept[field] = value
        stamps[field] = stamp
    return Merged(values=kept, known_at=stamps, changed=frozenset(changed))


def stamp_of(at: datetime) -> str:
    """A UTC instant as text of one width, so that texts sort as instants do."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The lead that an event belongs to. `conflict` is another lead that its email names."""

    lead_id: UUID
    by: str  # "external_id" | "email"
    conflict: UUID | None


def choose(by_external_id: UUID | None, by_email: UUID | None) -> Found | None:
    """The external id wins: the system that gave it knows its own records, while an email may be shared or mistyped."""
    if by_external_id is not None:
        other = by_email if by_email != by_external_id else None
        return Found(lead_id=by_external_id, by="external_id", conflict=other)
    if by_email is not None:
        return Found(lead_id=by_email, by="email", conflict=None)
    return None
