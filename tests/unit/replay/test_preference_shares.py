"""A simulation tells which tier of a ranked pool got how much of what it is preferred for, beside what fair would give."""

from collections.abc import Sequence
from random import Random
from typing import Any

from pointsman.domain.leads.facts import Facts
from pointsman.domain.replay.preference_shares import NOT_QUOTED, PreferenceClass, PreferenceShare
from pointsman.domain.replay.simulation import Simulation
from pointsman.domain.roster.reps import Rep
from pointsman.services.routing.loads import period_starts
from support.past_decisions import lived
from support.roster import compiled, rep, roster, world

RULES = [{"name": "all", "work": "qualification", "pool": "sdr"}]
PREFER = {"prefer": [{"lead": "lead.language", "rep": "languages"}]}


def speaks(key: str, tier: int, *languages: str, **over: Any) -> Rep:
    return rep(key, tier=tier, skills={"languages": frozenset(languages)}, **over)


FLOOR = (speaks("anna", 1, "de"), speaks("ben", 2, "fr"), speaks("carl", 3))


def simulated(
    leads: Sequence[Facts], *reps: Rep, ranking: Any = PREFER, **pool: Any
) -> dict[PreferenceClass, PreferenceShare]:
    """History of a fair pool, simulated with a ranked one."""
    people = roster(*(reps or FLOOR))
    base = {"work": "qualification", "members": list(people.reps), "ranking": ranking}
    history = lived(compiled(RULES, {"sdr": base}), list(leads), world(people), {})
    simulation = Simulation(compiled(RULES, {"sdr": {**base, "method": "ranked", **pool}}), people, period_starts)
    simulation.add_decisions(history)
    return {share.of: share for share in simulation.report().preferences}


GERMAN = PreferenceClass("sdr", "lead.language", "de")
FRENCH = PreferenceClass("sdr", "lead.language", "fr")
OTHERS = PreferenceClass("sdr")


def test_each_class_is_counted_by_tier_and_beside_it_what_fair_would_have_given() -> None:
    kinds = Random(1).sample(["de", "fr", "it"], counts=[20, 20, 20], k=60)
    shares = simulated([{"lead.language": kind} for kind in kinds])
    assert list(shares)[-1] == OTHERS
    german = shares[GERMAN]
    assert german.leads == 20
    assert german.by_tier[1] == german.preferred >= 16
    assert sum(german.fair_by_tier.values()) == 20
    assert german.fair_by_tier[1] == german.fair_preferred < 12
    assert shares[FRENCH].by_tier[2] >= 16
    assert shares[OTHERS].leads == 20
    assert shares[OTHERS].missed == {}


def test_what_a_tier_misses_is_said_with_the_reason() -> None:
    shares = simulated([{"lead.language": "de"}] * 30)
    german = shares[GERMAN]
    assert sum(german.missed.values()) == german.leads - german.preferred > 0
    assert set(german.missed) <= {"too-far-ahead", "too-far-behind"}
    away = simulated([{"lead.language": "de"}] * 6, speaks("anna", 1, "de", active=False), *FLOOR[1:])
    assert away[GERMAN].missed == {"not-eligible": 6}


def test_a_pool_that_is_not_ranked_has_no_entry() -> None:
    assert simulated([{"lead.language": "de"}] * 3, method="fair") == {}
    assert simulated([{"lead.language": "de"}] * 3, ranking={}) == {}


def test_an_address_that_a_preference_asks_for_is_not_quoted() -> None:
    fits = rep("anna", skills={"friends": frozenset({"eva@acme.example"})})
    ranking = {"prefer": [{"lead": "lead.email", "rep": "friends"}]}
    shares = simulated([{"lead.email": "eva@acme.example"}], fits, FLOOR[1], ranking=ranking)
    assert {of.value for of in shares} == {NOT_QUOTED}
