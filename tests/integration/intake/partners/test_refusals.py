"""What a refusal tells a partner of other reps: it is written anew from its message, and nothing in its text is looked for."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.api.http.partner_redaction import refusal_as_read
from pointsman.domain.errors import Conflict, Invalid, PointsmanError
from pointsman.domain.messages.message import rep_name, say, supplier_name
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.ports import Actor
from pointsman.services.roster.names import RosterNames
from pointsman.services.wording.english import english_error
from support.floors.use_case_env import World
from support.http.keys import MakeKey

PARTNER = Actor(name="key:1", kind=CallerKind.PARTNER, supplier="callwerk")
#: Names that are parts of one another, of lower case, or words of the sentences.
NAMES = ("Mia", "Mia Klein", "Klein", "clara lower", "o'neil", "lead", "The", "Choose", "another rep", "an", "Berlin")
SAID = ("lead-gone", "appointment-gone", "rep-inactive", "gets-none", "no-calendar")


class Named:
    def __init__(self, name: str) -> None:
        self.name = name


def read(error: PointsmanError, own: str, house: str, actor: Actor) -> PointsmanError:
    names = {rep_name("own"): own, rep_name("house"): house, supplier_name("callwerk"): "Callwerk"}
    known = RosterNames(names=names, suppliers={"own": "callwerk", "house": "in-house"})
    return refusal_as_read(error, known.reader(actor, "en"))


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(SAID))
def test_own_reps_are_named_and_others_are_another_rep(own: str, house: str, said: str) -> None:
    reps = {"own": Named(own), "house": Named(house), "nobody": Named("another rep")}
    mine, theirs, nobodys = (
        english_error(Conflict, say(f"refusal.{said}", rep=rep_name(key)), reps, code="x") for key in reps
    )
    assert str(read(mine, own, house, PARTNER)) == str(mine)
    assert str(read(theirs, own, house, PARTNER)) == str(nobodys).replace(
        "another rep", "Another rep", str(nobodys).startswith("a")
    )


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_what_the_caller_sent_comes_back_as_sent(own: str, house: str) -> None:
    refused = Invalid(f"{house!r} is not a known field, nor is {own!r}", extra={"known": [house], "name": house})
    told = read(refused, own, house, PARTNER)
    assert (str(told), told.extra) == (str(refused), refused.extra)


def test_keys_beside_the_text_are_those_of_own_reps() -> None:
    extra = {"closer": "house", "setter": "own", "slots": [{"rep": "house", "start": "house"}], "n": 1}
    why = say("refusal.rep-inactive", rep=rep_name("house"))
    told = read(Conflict("x", extra=extra | {"why": why}), "Mia", "Anna", PARTNER)
    slots = [{"rep": None, "start": "house"}]
    why_read = "another rep is not active. Reassign the lead"
    assert told.extra == {"closer": None, "setter": "own", "slots": slots, "n": 1, "why": why_read}


@pytest.mark.parametrize("kind", [CallerKind.ADMIN, CallerKind.HOUSE, CallerKind.REP])
def test_the_house_reads_it_whole(kind: CallerKind) -> None:
    refused = english_error(
        Conflict, say("refusal.lead-gone", rep=rep_name("house")), {"house": Named("Anna")}, extra={"rep": "house"}
    )
    told = read(refused, "Mia", "Anna", Actor(name="key:1", kind=kind, rep="house" if kind is CallerKind.REP else None))
    assert (str(told), told.extra) == ("The lead has just gone to Anna. Ask for slots again.", {"rep": "house"})


@pytest.mark.anyio
async def test_a_refusal_confirms_no_name_that_was_guessed(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    partner = await sign_in("intake", "read", "handover", supplier="callwerk")
    names = ("Clara", "Anna", "clara", "Ben", "Nobody")
    answer = await client.post("/v1/leads", json={"fields": dict.fromkeys(names, 1)}, headers=partner)
    said = [fault["message"].replace(name, "X") for fault, name in zip(answer.json()["faults"], names, strict=True)]
    assert (answer.status_code, len(set(said))) == (422, 1)
    for path in ("leads?rep={}", "appointments?setter={}"):
        heard = [await client.get(f"/v1/{path.format(name)}", headers=partner) for name in names]
        assert len({one.text.replace(name, "X") for one, name in zip(heard, names, strict=True)}) == 1
