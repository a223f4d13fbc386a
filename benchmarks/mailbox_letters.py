"""Whether the vendors of calendars told the buyers whom they invite what they should, by the vendors' own books."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from uuid import UUID

import psycopg
from calendar_fakes import Google, Letter, Microsoft
from mailbox_books import meeting_links
from mailbox_truth import Agreed, appointments
from service import Service


def letters_wrong(
    service: Service, vendors: Sequence[Google | Microsoft], corrected: Collection[UUID]
) -> dict[str, int]:
    """How many buyers a vendor told the same twice, or something else at last than what stands.

    The addresses of `corrected` leads were others meanwhile.
    """
    told: defaultdict[str, dict[str, list[Letter]]] = defaultdict(dict)
    for vendor in vendors:
        for letter in vendor.letters():
            told[letter.to].setdefault(vendor.name, []).append(letter)
    found = Counter[str]()
    for one in appointments(service):
        letters, left = told.pop(one.email, {}), [told.pop(address, {}) for address in one.left]
        if one.invited_by != "calendar":
            found["buyers whom a vendor writes to beside us"] += bool(letters) or any(left)
            continue
        _of_buyer(found, one, letters)
        for former in left:
            found["addresses that a buyer left, and that a vendor told of no end"] += any(
                not written[-1].calls_off for written in former.values()
            )
        texts = [letter.text for by_vendor in (letters, *left) for written in by_vendor.values() for letter in written]
        links = frozenset[str]().union(*map(meeting_links, texts))
        found["appointments with more links than they had calendars"] += len(links) > one.most_links
        for by_vendor in (letters, *left):
            found["letters that came twice"] += _twice(by_vendor.values(), again=one.lead_id in corrected)
    found["letters to others"] += len(told)
    return dict(found)


def _of_buyer(found: Counter[str], one: Agreed, letters: dict[str, list[Letter]]) -> None:
    here = one.closer.rsplit("-", 1)[0]
    # Of two closers at one vendor the first one's event is called off, before or after the second one's is made.
    standing = [letter for letter in letters.get(here, []) if one.called_off or not letter.calls_off]
    last = {name: written[-1] for name, written in {**letters, here: standing}.items() if written}
    found["buyers whom their vendor did not tell that it stands"] += not one.called_off and here not in last
    for name, letter in last.items():
        stands = not one.called_off and name == here
        right = (letter.calls_off, letter.start) == (False, one.start) if stands else letter.calls_off
        found["buyers whom a vendor told an old state last"] += not right
        # Google makes a meeting after it has written.
        other = stands and not meeting_links(letter.text) <= {one.link}
        found["buyers whom a vendor told another link last"] += other


def _twice(by_vendor: Collection[Sequence[Letter]], *, again: bool) -> int:
    """Letters that say what one before said; `again`: the address was another meanwhile, and was told of that, too."""
    if again:
        return sum(before.text == after.text for written in by_vendor for before, after in pairwise(written))
    texts = [letter.text for written in by_vendor for letter in written]
    return len(texts) - len(set(texts))


def calendars_disagree(service: Service) -> int:
    """Appointments of which the service thinks that their calendar says otherwise."""
    with psycopg.connect(service.libpq_url) as database:
        found = database.execute("select count(*) from appointments where conflict is not null").fetchone()
    return int(found[0]) if found else 0
