"""Users of a CRM and the reps who they are: proposed by address, confirmed at once, or as a document says."""

from collections.abc import Mapping, Sequence

from pointsman.cli.connections.asking import Asks, ask_yes
from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connections.host import Host
from pointsman.cli.output import show_table, table, tell, word
from pointsman.cli.terminal.told_errors import fault_lines, refusal_words
from pointsman.domain.errors import Invalid
from pointsman.services.connections.users.matching import UserMatch
from pointsman.services.connections.users.proposal import RepProposal, UserProposal
from pointsman.services.ports.booking.rep_users import UserState

_FOUND: Mapping[UserMatch, str] = {
    UserMatch.MATCHED: "cli-connections.user-matched",
    UserMatch.AMBIGUOUS: "cli-connections.user-ambiguous",
    UserMatch.INACTIVE: "cli-connections.user-inactive",
    UserMatch.NONE: "cli-connections.user-none",
}
_KEPT: Mapping[UserState, str] = {
    UserState.ACTIVE: "cli-connections.user-confirmed",
    UserState.INACTIVE: "cli-connections.user-inactive",
    UserState.GONE: "cli-connections.user-gone",
}


def show_users(found: UserProposal) -> None:
    """Each rep with the user who was confirmed, or was found by the address; then the users who are no rep."""
    listed = table(
        word("cli-connections.rep"),
        word("cli-connections.address"),
        word("cli-connections.user"),
        word("cli-connections.state"),
    )
    taken = set()
    for one in found.reps:
        user = one.kept.user_id if one.kept else one.found.user.id if one.found.user else None
        state = _KEPT[one.kept.state] if one.kept else _FOUND[one.found.match]
        taken.add(user)
        listed.add_row(one.rep.name, one.rep.email, user or "-", word(state))
    show_table(listed)
    others = [one for one in found.users if one.active and one.id not in taken]
    if not others or not any(_lacks_user(one) for one in found.reps):
        return
    tell("cli-connections.other-users")
    listed = table(
        word("cli-connections.number"),
        word("cli-connections.user"),
        word("cli-connections.calendar-name"),
        word("cli-connections.address"),
    )
    for number, user_of in enumerate(others, start=1):
        listed.add_row(str(number), user_of.id, user_of.name, user_of.email)
    show_table(listed)


async def choose_and_confirm(host: Host, asks: Asks | None, key: str, given: GivenSetUp) -> bool:
    """Say which user each rep is, and keep it; False where that is refused.

    Without anyone to ask: what the document names, and with `match` who was found by address. Reps without a user are told.
    """
    try:
        found = await host.users(key)
    except Invalid as error:
        if error.code != "no-user-list":
            raise
        tell("cli-connections.refused", style="yellow", said=refusal_words(error))
        return True
    if asks is not None:
        show_users(found)
    kept = {one.rep.key: one.kept.user_id for one in found.reps if one.kept and one.kept.user_id is not None}
    chosen = kept | {one.rep: one.user for one in given.users}
    proposed = _proposed(found, chosen)
    if proposed and (
        given.match if asks is None else ask_yes(asks, "cli-connections.ask-users", default=True, count=len(proposed))
    ):
        chosen |= proposed
    if asks is not None:
        chosen |= _picked(asks, found, chosen)
    if chosen != kept:
        try:
            await host.confirm_users(key, chosen)
        except Invalid as error:
            why = "; ".join([refusal_words(error), *fault_lines(error.faults)])
            tell("cli-connections.refused", style="red", said=why)
            return False
        tell("cli-connections.users-confirmed", style="green", count=len(chosen))
    for one in found.reps:
        if _lacks_user(one) and one.rep.key not in chosen:
            tell("cli-connections.rep-without-user", style="yellow", name=one.rep.name, key=key)
    return True


def _proposed(found: UserProposal, chosen: Mapping[str, str]) -> dict[str, str]:
    """The active users who were found by address, and are no other rep."""
    taken = set(chosen.values())
    matched = [(one.rep.key, one.found.user) for one in found.reps if one.found.match is UserMatch.MATCHED]
    return {rep: user.id for rep, user in matched if user and rep not in chosen and user.id not in taken}


def _picked(asks: Asks, found: UserProposal, chosen: Mapping[str, str]) -> dict[str, str]:
    """By the CRM's own id, for each rep whose address found no user; empty: none."""
    lacking: Sequence[RepProposal] = [one for one in found.reps if _lacks_user(one) and one.rep.key not in chosen]
    if not lacking or not ask_yes(asks, "cli-connections.ask-other-users", default=False, count=len(lacking)):
        return {}
    ids, picked = {one.id for one in found.users if one.active}, dict[str, str]()
    for one in lacking:
        while answer := asks.text(word("cli-connections.ask-user", name=one.rep.name), "").strip():
            if answer in ids:
                picked[one.rep.key] = answer
                break
            tell("cli-connections.no-such-user", user=answer)
    return picked


def _lacks_user(one: RepProposal) -> bool:
    """Whether the leads of this rep cannot be told."""
    if not one.rep.active:
        return False
    return one.kept.state is not UserState.ACTIVE if one.kept else not one.found.is_found
