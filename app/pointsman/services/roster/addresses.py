"""A mail address is one rep's: owners and setters are named by it."""

from collections import defaultdict
from collections.abc import Mapping

from pointsman.domain.errors import Fault
from pointsman.domain.leads.normalise import email_key
from pointsman.domain.messages.message import say
from pointsman.domain.roster.reps import Rep
from pointsman.services.codes.registered_domains import host_to_ascii
from pointsman.services.roster.roster_input import RosterInput


def shared_addresses(given: RosterInput, known: Mapping[str, Rep]) -> list[Fault]:
    """A fault for each rep given whose address is another's, too, in any spelling, as the roster would stand.

    Reps who trade addresses in one call are right. `known` is who is on the roster now, by key, active or not; an address
    that stays as it was is no fault of this call.
    """
    paths = {rep.key: f"{given.path('reps', i)}.email" for i, rep in enumerate(given.reps)}
    before = {key: mailbox_of(rep.email) for key, rep in known.items()}
    after = before | {rep.key: mailbox_of(rep.email) for rep in given.reps}
    reps_of: defaultdict[str, list[str]] = defaultdict(list)
    for key, box in after.items():
        reps_of[box].append(key)
    new = {after[key] for key in paths if before.get(key) != after[key]}  # the boxes that somebody gets by this call
    faults: list[Fault] = []
    for key, path in paths.items():
        sharing = reps_of[after[key]][:2]
        if after[key] in new and len(sharing) > 1:
            other = sharing[0] if sharing[0] != key else sharing[1]
            message = f"'{other}' has this address, too{_at(paths.get(other))}: give each rep an address of their own"
            told = say("fault.address-taken", other=other)
            faults.append(Fault(path=path, code="address-taken", message=message, told=told))
    return faults


def _at(path: str | None) -> str:
    return f" ({path})" if path else ""


def mailbox_of(address: str) -> str:
    """The same for each spelling of one address, as of leads' addresses."""
    return email_key(address, host_to_ascii) or address.casefold()
