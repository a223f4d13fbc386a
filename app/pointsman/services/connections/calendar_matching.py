"""Which calendar is likely whose: an admin confirms it, and nothing is bound by a guess."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pointsman.domain.roster.reps import Rep
from pointsman.services.ports.vendors.calendars import VendorCalendar
from pointsman.services.roster.addresses import mailbox_of


def match_calendars(calendars: Iterable[VendorCalendar], reps: Iterable[Rep]) -> Mapping[str, VendorCalendar]:
    """A calendar for each rep, by key, whose address is its owner's or its own name, in any spelling.

    Of several the one that is named by the address, else the only one of that owner; none where that leaves two. Those that
    cannot be written to are left out: appointments could not be put there.
    """
    named: dict[str, VendorCalendar] = {}
    owned: defaultdict[str, list[VendorCalendar]] = defaultdict(list)
    for one in calendars:
        if not one.writable:
            continue
        if "@" in one.id:
            named.setdefault(mailbox_of(one.id), one)
        if one.owner_email:
            owned[mailbox_of(one.owner_email)].append(one)
    found: dict[str, VendorCalendar] = {}
    for rep in reps:
        box = mailbox_of(rep.email)
        if box in named:
            found[rep.key] = named[box]
        elif len(owned[box]) == 1:
            found[rep.key] = owned[box][0]
    return found
