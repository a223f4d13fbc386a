"""The roster as JSON and back: what a decision's roster version means, for ever. Emails are in it as a digest only."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any
from uuid import UUID

from pointsman.domain.roster.reps import Caps, DayChange, Rep, Roster, TimeOff, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work

_MIDNIGHT = "24:00"


def roster_as_json(reps: Mapping[str, Rep]) -> dict[str, Any]:
    """The reps as a snapshot; equal rosters give equal data."""
    return {"reps": [_rep_as_json(reps[key]) for key in sorted(reps)]}


def roster_from_json(version: int, snapshot: Mapping[str, Any], emails: Mapping[str, str] | None = None) -> Roster:
    """The roster that a snapshot holds; emails, which it does not hold, come from `emails`."""
    known = emails or {}
    reps = [_rep(data, known.get(data["key"], "")) for data in snapshot["reps"]]
    return Roster(version=version, reps={rep.key: rep for rep in reps})


def hours_as_json(blocks: tuple[WeeklyBlock, ...]) -> list[dict[str, Any]]:
    return [
        {"weekday": b.weekday, "start": format_wall_time(b.start), "end": format_wall_time(b.end)}
        | {name: day.isoformat() for name, day in (("first_day", b.first_day), ("last_day", b.last_day)) if day}
        for b in blocks
    ]


def hours_from_json(data: list[dict[str, Any]]) -> tuple[WeeklyBlock, ...]:
    return tuple(
        WeeklyBlock(
            weekday=b["weekday"],
            start=parse_wall_time(b["start"]),
            end=parse_wall_time(b["end"]),
            first_day=_day(b.get("first_day")),
            last_day=_day(b.get("last_day")),
        )
        for b in data
    )


def day_changes_as_json(changes: tuple[DayChange, ...]) -> list[dict[str, Any]]:
    return [
        {
            "day": c.day.isoformat(),
            "blocks": [[format_wall_time(start), format_wall_time(end)] for start, end in c.blocks],
            "reason": c.reason,
        }
        for c in changes
    ]


def day_changes_from_json(data: list[dict[str, Any]]) -> tuple[DayChange, ...]:
    return tuple(
        DayChange(
            day=date.fromisoformat(c["day"]),
            blocks=tuple((parse_wall_time(start), parse_wall_time(end)) for start, end in c["blocks"]),
            reason=c["reason"],
        )
        for c in data
    )


def format_wall_time(clock: time) -> str:
    """ "09:00"; the end of a day is "24:00"."""
    return _MIDNIGHT if clock == time.max else clock.strftime("%H:%M")


def parse_wall_time(text: str) -> time:
    return time.max if text == _MIDNIGHT else time.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def caps_from_json(data: Mapping[str, Any]) -> Caps:
    """Caps from `dataclasses.asdict` of them."""
    categories = {name: caps_from_json(caps) for name, caps in data.get("categories", {}).items()}
    return Caps(**{**data, "categories": categories})


def _rep_as_json(rep: Rep) -> dict[str, Any]:
    return {
        "id": str(rep.id),
        "key": rep.key,
        "name": rep.name,
        "contact": sha256(rep.email.encode()).hexdigest()[:16],  # so that a new email is a new version
        "role": {"id": str(rep.role_id), "name": rep.role.name, "works": sorted(rep.role.works)},
        "tier": rep.tier,
        "time_zone": rep.time_zone,
        "working_hours": hours_as_json(rep.working_hours),
        "time_off": [[off.start.isoformat(), off.end.isoformat()] for off in rep.time_off],
        "skills": {name: sorted(values) for name, values in sorted(rep.skills.items())},
        "caps": asdict(rep.caps),
        "weight": rep.weight,
        "supplier": rep.supplier,
        "barred_domains": sorted(rep.barred_domains),
        "active": rep.active,
        "started_on": rep.started_on.isoformat() if rep.started_on else None,
        # Left out where empty, so that who has none is in old and new snapshots alike.
        **({"day_changes": day_changes_as_json(rep.day_changes)} if rep.day_changes else {}),
        **({"holidays": rep.holidays} if rep.holidays is not None else {}),
    }


def _rep(data: Mapping[str, Any], email: str) -> Rep:
    role = data["role"]
    off = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in data["time_off"]]
    return Rep(
        id=UUID(data["id"]),
        key=data["key"],
        name=data["name"],
        email=email,
        role=Role(name=role["name"], works=frozenset(Work(work) for work in role["works"])),
        role_id=UUID(role["id"]),
        tier=data["tier"],
        time_zone=data["time_zone"],
        working_hours=hours_from_json(data["working_hours"]),
        day_changes=day_changes_from_json(data.get("day_changes", [])),
        holidays=data.get("holidays"),
        time_off=tuple(TimeOff(start=start, end=end) for start, end in off),
        skills={name: frozenset(values) for name, values in data["skills"].items()},
        caps=caps_from_json(data["caps"]),
        weight=data["weight"],
        supplier=data["supplier"],
        barred_domains=frozenset(data["barred_domains"]),
        active=data["active"],
        started_on=_day(data["started_on"]),
    )
