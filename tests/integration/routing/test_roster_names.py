"""Names of reps and suppliers are those of today, and a caller reads those that it may."""

from dataclasses import replace

from pointsman.domain.messages.message import rep_name, supplier_name
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.roster.names import roster_names
from support.floors.use_case_env import ADMIN, World, rep_given


async def test_a_renamed_rep_is_read_by_the_new_name_at_once(world: World) -> None:
    assert (await roster_names(world.env)).names[rep_name("lena")] == "Lena"
    renamed = replace(rep_given("lena"), name="Lena Vogel")
    await put_roster(world.env, RosterInput(reps=(renamed,)), actor=ADMIN)
    assert (await roster_names(world.env)).names[rep_name("lena")] == "Lena Vogel"


async def test_a_partner_has_the_names_of_its_own_reps_alone(world: World) -> None:
    known = await roster_names(world.env)
    assert set(known.seen_by(Visibility(supplier="callwerk"))) == {
        *map(rep_name, ("mia", "paul")),
        supplier_name("callwerk"),
    }
    assert set(known.seen_by(Visibility(rep="lena"))) == {rep_name("lena")}
    assert supplier_name("callwerk") in known.seen_by(Visibility())
