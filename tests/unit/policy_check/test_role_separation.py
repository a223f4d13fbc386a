"""Findings that depend on the roster: hours nobody covers, roles that mix, owners who sell, suppliers."""

from datetime import date, time
from typing import Any

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.run import check_policy
from pointsman.domain.roster.reps import Roster, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from support.roster import CLOSER, FOUNDER, SDR, rep, roster
from support.wording import english

HUNTER = Role(name="Hunter", works=frozenset({Work.PROSPECTING, Work.CLOSING}))
RULE = {"name": "all", "work": "qualification", "pool": "sdr"}


def blocks(days: range, start: time, end: time) -> tuple[WeeklyBlock, ...]:
    return tuple(WeeklyBlock(weekday=day, start=start, end=end) for day in days)


def found(code: str, people: Roster, **over: Any) -> list[Finding]:
    pools = {"sdr": {"work": "qualification", "members": sorted(people.reps)}}
    return [f for f in check_policy(parse_policy({"rules": [RULE], "pools": pools, **over}), people) if f.code == code]


def uncovered(*reps: Any, zone: str = "Europe/Berlin", **over: Any) -> str:
    pool = {"work": "qualification", "members": [r.key for r in reps], "immediate": True, "time_zone": zone, **over}
    return "".join(english(finding.message) for finding in found("uncovered-hours", roster(*reps), pools={"sdr": pool}))


def test_hours_that_nobody_covers_are_told_compactly_on_the_clocks_of_the_pool() -> None:
    early = rep("early", time_zone="Europe/Berlin", working_hours=blocks(range(5), time(8), time(13)))
    late = rep("late", time_zone="Europe/Berlin", working_hours=blocks(range(5), time(12), time(18)))
    assert "works Mon-Fri 00:00-08:00 and 18:00-24:00; Sat and Sun all day (Europe/Berlin)" in uncovered(early, late)


def test_members_in_other_zones_count_by_their_own_clocks_also_where_these_move_on_other_days() -> None:
    berlin = rep("b", time_zone="Europe/Berlin", working_hours=blocks(range(7), time(0), time(18)))
    phoenix = rep(
        "p", time_zone="America/Phoenix", working_hours=blocks(range(7), time(10), time(16))
    )  # no summer time
    said = uncovered(berlin, phoenix)
    assert "in January: none; in July: Mon-Sun 18:00-19:00" in said
    tokyo = rep("t", time_zone="Asia/Tokyo", working_hours=blocks(range(1), time(0), time(9)))  # Sunday 15:00 UTC on
    assert "Mon-Sat all day; Sun 00:00-15:00 (UTC)" in uncovered(tokyo, zone="UTC")


def test_a_rep_who_may_not_take_the_work_covers_no_hours() -> None:
    always = blocks(range(7), time(0), time.max)
    people = (
        rep("lena", working_hours=blocks(range(7), time(0), time(12))),
        rep("idle", working_hours=always, active=False),
    )
    assert "Mon-Sun 12:00-24:00" in uncovered(*people, zone="UTC")
    shut_out = rep("out", working_hours=always, supplier="acme")
    assert "Mon-Sun 12:00-24:00" in uncovered(people[0], shut_out, zone="UTC", shares={"in-house": 100})
    assert uncovered(people[0], rep("night", working_hours=always), zone="UTC") == ""


def test_a_pool_that_waits_for_nobody_is_asked_for_its_hours_only_if_it_closes() -> None:
    people = roster(rep("lena", working_hours=()), rep("carl", CLOSER, working_hours=()))
    pools = {"sdr": {"work": "qualification", "members": ["lena"]}, "closers": {"work": "closing", "members": ["carl"]}}
    (finding,) = found("uncovered-hours", people, pools=pools)
    assert (finding.path, "no appointment can ever be offered" in english(finding.message)) == (
        "pools.closers.members",
        True,
    )


COLD = {"cold": {"work": "prospecting", "members": ["hugo"]}}


def test_prospecting_is_not_for_who_may_close() -> None:
    (finding,) = found("closer-prospects", roster(rep("hugo", HUNTER), rep("lena")), pools=COLD)
    assert (finding.severity, finding.path) == (Severity.ERROR, "pools.cold.members[0]")
    assert "leave it to SDR" in english(finding.message)
    (without,) = found("closer-prospects", roster(rep("hugo", HUNTER), rep("carl", CLOSER)), pools=COLD)
    assert "give prospecting a role of its own" in english(without.message)


@pytest.mark.parametrize(
    "people",
    [
        roster(rep("hugo", FOUNDER)),
        roster(rep("hugo", FOUNDER), rep("gone", SDR, active=False)),
        roster(rep("hugo", FOUNDER), rep("nina", FOUNDER)),
    ],
)
def test_where_there_is_but_one_person_or_one_role_it_does_everything(people: Roster) -> None:
    assert found("closer-prospects", people, pools=COLD) == []


@pytest.mark.parametrize("kind", ["segments", "icps", "personas", "scores"])
@pytest.mark.parametrize("owner", ["lena", "LENA", " Lena ", "Lena@Example.com"])
def test_a_role_that_sells_owns_no_definition(kind: str, owner: str) -> None:
    when = {"field": "lead.country", "equals": "DE"}
    named = {"score.x": {"owner": owner, "points": [{"when": when, "points": 1}]}}
    over = {kind: named if kind == "scores" else {"x": {"owner": owner, "when": when}}}
    (finding,) = found("owner-is-salesperson", roster(rep("lena")), **over)
    assert (finding.severity, finding.path) == (
        Severity.ERROR,
        f"{kind}.{'score.x' if kind == 'scores' else 'x'}.owner",
    )


def test_a_role_that_does_not_sell_may_own_a_definition() -> None:
    support = Role(name="Support", works=frozenset({Work.CUSTOMER_SERVICE, Work.ADMINISTRATION}))
    over = {"segments": {"x": {"owner": "Lena", "when": {"field": "lead.country", "equals": "DE"}}}}
    assert found("owner-is-salesperson", roster(rep("lena", support)), **over) == []


def test_pools_of_one_ledger_are_compared_with_the_pool_that_has_its_name() -> None:
    pools = {
        "sdr": {"work": "qualification", "members": ["lena"]},
        "cold": {"work": "prospecting", "members": ["lena"], "ledger": "sdr"},
        "warm": {"work": "qualification", "members": ["lena"], "ledger": "sdr"},
    }
    (finding,) = found("ledger-mixes-work", roster(rep("lena")), pools=pools)
    assert finding.path == "pools.cold.ledger"


def test_a_ramp_up_needs_to_know_when_its_newcomers_started() -> None:
    people = roster(rep("lena", started_on=date(2026, 1, 1)), rep("max"))
    pools = {"sdr": {"work": "qualification", "members": ["lena", "max"], "ramp_up": [{"after": "0d", "percent": 100}]}}
    (finding,) = found("ramp-without-start", people, pools=pools)
    assert finding.path == "pools.sdr.members[1]"


def test_definitions_that_only_unused_ones_use_are_unused_too() -> None:
    asks = {"field": "lead.message", "mentions": ["list:rivals"]}
    over: dict[str, Any] = {
        "segments": {
            "a": {"owner": "Board", "when": {"segment": "b"}},
            "b": {"owner": "Board", "when": asks},
            "used": {"owner": "Board", "when": {"field": "lead.country", "in_group": ["HOME"]}},
        },
        "word_lists": {"rivals": ["acme"]},
        "country_groups": {"HOME": ["DE"], "AWAY": ["FR"]},
        "rules": [{**RULE, "when": {"not": {"segment": "used"}}}],
    }
    paths = {finding.path for finding in found("unused-definition", roster(rep("lena")), **over)}
    assert paths == {"segments.a", "segments.b", "word_lists.rivals", "country_groups.AWAY"}
