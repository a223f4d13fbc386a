"""What a refusal tells a partner of other reps."""

import pytest

from pointsman.api.http.partner_redaction import hide_other_reps
from pointsman.domain.errors import Conflict, Fault
from pointsman.domain.messages.message import rep_name, supplier_name
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.ports import Actor
from pointsman.services.roster.names import RosterNames

KNOWN = RosterNames(
    names={
        rep_name("anna"): "Anna Weiß",
        rep_name("an"): "Anna",
        rep_name("mia"): "Mia Ott",
        supplier_name("callwerk"): "Callwerk",
    },
    suppliers={"anna": "in-house", "an": "in-house", "mia": "callwerk"},
)
REFUSED = Conflict(
    "Anna Weiß is away, Mia Ott is not. Ask Anna; not Annabel.",
    code="slot-not-offered",
    faults=[Fault(path="body.start", code="x", message="Anna Weiß is away")],
    extra={"closer": "anna", "setter": "mia", "slots": [{"rep": "an", "start": "anna"}], "why": "Anna is away", "n": 1},
)


def test_other_reps_are_in_no_part_of_it() -> None:
    partner = Actor(name="key:1", kind=CallerKind.PARTNER, supplier="callwerk")
    told = hide_other_reps(REFUSED, KNOWN, partner)
    assert isinstance(told, Conflict)
    assert (str(told), told.code) == (
        "Another rep is away, Mia Ott is not. Ask another rep; not Annabel.",
        "slot-not-offered",
    )
    assert [fault.message for fault in told.faults] == ["Another rep is away"]
    slots = [{"rep": None, "start": "anna"}]
    assert told.extra == {"closer": None, "setter": "mia", "slots": slots, "why": "Another rep is away", "n": 1}


@pytest.mark.parametrize("kind", [CallerKind.ADMIN, CallerKind.HOUSE, CallerKind.REP])
def test_the_house_reads_it_whole(kind: CallerKind) -> None:
    rep = "an" if kind is CallerKind.REP else None
    assert hide_other_reps(REFUSED, KNOWN, Actor(name="key:1", kind=kind, rep=rep)) is REFUSED
