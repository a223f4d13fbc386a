"""For a partner or a rep, a person who is known and not theirs is told like one whose lead went elsewhere (decision 15).

Were the person not known, the word would have made a lead, elsewhere, with the email, the id and the number that were said. The
refused word stands in for that lead: it is a candidate like any other, found by the same names and chosen by the same rules. The
lead that is known is none: to its email the caller has said nothing, or said it in a refused word. So each later word comes to
the same end in both worlds.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.errors import Conflict
from pointsman.domain.leads.matching import sortable_timestamp
from pointsman.domain.leads.phones import is_name
from pointsman.domain.leads.senders import bringer_of
from pointsman.services.leads.apply_news import BROUGHT_BY
from pointsman.services.ports import Actor, LostRace, Tx
from pointsman.services.ports.intake.refused_words import RefusedWord
from pointsman.services.ports.leads.leads import FoundLead, LeadRow, Person

#: Of more refused words with one number, none is asked who was meant: the number names none of them.
MOST_OF_A_NUMBER = 20


class KnownElsewhere(Exception):
    """A partner or rep speaks of a person who is known and not theirs; nothing was changed. Never told to the caller.

    `known` is the lead, where the word would have made one, were the person not known: it stands in for that from now on.
    """

    def __init__(self, known: UUID | None = None) -> None:
        super().__init__()
        self.known = known


@dataclass(frozen=True, slots=True)
class StandIns:
    """The refused words that an event names. `shares_number`: a refused word has the number, and so has another lead."""

    words: tuple[RefusedWord, ...] = ()
    shares_number: bool = False

    def __bool__(self) -> bool:
        return bool(self.words) or self.shares_number

    def lead_of(self, candidate: UUID) -> UUID:
        """The lead that is known, for a word that stands in for another."""
        return next((one.lead_id for one in self.words if one.id == candidate), candidate)


NO_STAND_INS = StandIns()


async def find_stand_ins(tx: Tx, person: Person, actor: Actor) -> StandIns:
    """What was refused under these names. They are locked first: a word that is refused meanwhile is not overlooked."""
    bringer = bringer_of(actor.supplier, actor.rep)
    if not actor.sees.is_limited or bringer is None:
        return NO_STAND_INS
    await tx.refused_words.lock([json.dumps(name) for name in _names(person, bringer)])
    found = await tx.refused_words.find(person, bringer=bringer, most_of_a_number=MOST_OF_A_NUMBER + 1)
    if not (sharing := [one for one in found if one.by_phone]):
        return StandIns(tuple(found))
    assert person.phone is not None, "it found them"
    brought = await tx.refused_words.brought_in(person.phone.key, bringer=bringer)
    rest = [replace(one, by_phone=False) for one in found if one.by_external_id or one.by_email]
    if len({one.lead_id for one in sharing} | set(brought)) > 1 or not _are_merged(sharing):
        return StandIns(tuple(rest), shares_number=True)
    of_lead = await tx.refused_words.of_lead(sharing[0].lead_id, most=MOST_OF_A_NUMBER)
    united = _united(sharing[0], of_lead, person)
    return StandIns((united, *(one for one in rest if one.id != united.id)))


def _united(word: RefusedWord, of_lead: Sequence[RefusedWord], person: Person) -> RefusedWord:
    """The word with what a lead would have of those that were merged with it: their ids, and the names that came last."""
    merged = [one for one in of_lead if one.refused_for != word.refused_for]
    words = sorted((word, *merged), key=lambda one: one.at)
    ids, said = [one.external_id for one in words if one.external_id is not None], person.external_id
    of_source = (one for one in ids if said and (one.sender, one.source_system) == (said.sender, said.source_system))
    survivor = next((one for one in merged if one.refused_for == word.lead_id), word)
    return replace(
        word,
        email_key=survivor.email_key,
        external_id=next(of_source, ids[0] if ids else None),
        first_name=next((one.first_name for one in reversed(words) if is_name(one.first_name)), None),
        last_name=next((one.last_name for one in reversed(words) if is_name(one.last_name)), None),
        at=words[-1].at,
    )


def _are_merged(sharing: Sequence[RefusedWord]) -> bool:
    """Whether these are one person by now: each was refused for another lead, all of which were merged since."""
    return len({one.refused_for for one in sharing}) == len(sharing) <= MOST_OF_A_NUMBER


def _names(person: Person, bringer: str) -> Iterable[tuple[str, ...]]:
    if (named := person.external_id) is not None:
        yield "id", named.sender, named.source_system, named.external_id
    if person.email_key is not None:
        yield "email", bringer, person.email_key
    if person.phone is not None:
        yield "phone", bringer, person.phone.key


async def as_if_unknown(
    tx: Tx, named: Sequence[FoundLead], stand_ins: StandIns, person: Person, actor: Actor
) -> tuple[Sequence[FoundLead], UUID | None]:
    """The candidates, as were the person of the email not known to the house; and the lead that is.

    A word whose lead is with the caller by now is that lead; any other has its own id, which is no lead's.
    """
    if not actor.sees.is_limited:
        return named, None
    known = await _known_by_email(tx, named, person, actor)
    candidates = {one.row.id: one for one in named if one is not known}
    if stand_ins.shares_number:
        candidates = {
            key: replace(one, by_phone=False) for key, one in candidates.items() if one.by_external_id or one.by_email
        }
    has_id = any(one.by_external_id for one in candidates.values())
    for word in stand_ins.words:
        by_external_id, by_email = word.by_external_id and not has_id, word.by_email and known is not None
        if not (by_external_id or by_email or word.by_phone):
            continue
        theirs = await tx.leads.get(word.lead_id) if await tx.leads.is_with(word.lead_id, actor.sees) else None
        stands_for = word.id if theirs is None else theirs.id
        one = candidates.get(stands_for) or _found(word, theirs, person)
        candidates[stands_for] = replace(
            one,
            by_external_id=one.by_external_id or by_external_id,
            by_email=one.by_email or by_email,
            by_phone=one.by_phone or word.by_phone,
        )
    return [*candidates.values()], known.row.id if known else None


async def _known_by_email(tx: Tx, named: Sequence[FoundLead], person: Person, actor: Actor) -> FoundLead | None:
    """The lead of the email, where it is not with the caller, who did not bring it in and has no other name for it."""
    found = next((one for one in named if one.by_email), None)
    bringer = bringer_of(actor.supplier, actor.rep)
    if found is None or person.email_key is None or bringer is None or found.by_external_id or found.by_phone:
        return None
    if found.row.match.get(BROUGHT_BY) == bringer or await tx.leads.is_with(found.row.id, actor.sees):
        return None
    return None if await tx.refused_words.has_brought(person.email_key, bringer=bringer) else found


async def lock_chosen(tx: Tx, named: Sequence[FoundLead], lead_id: UUID, actor: Actor) -> LeadRow:
    """The row of the lead that was chosen, locked: one of `named` is so already."""
    if (row := next((one.row for one in named if one.row.id == lead_id), None)) is not None:
        return row
    try:
        row = await tx.leads.get(lead_id, lock=True)
    except Conflict as merged:
        raise LostRace("the lead was merged meanwhile") from merged
    if row is None or not await tx.leads.is_with(lead_id, actor.sees):
        raise LostRace("the lead went to another meanwhile")
    return row


def _found(word: RefusedWord, theirs: LeadRow | None, person: Person) -> FoundLead:
    own, said = word.external_id, person.external_id
    return FoundLead(
        row=_judged(word) if theirs is None else _with_later_names(_judged(word), theirs),
        by_external_id=False,
        by_email=False,
        by_phone=False,
        has_external_id=own is not None,
        has_id_of_source=own is not None
        and said is not None
        and (own.sender, own.source_system) == (said.sender, said.source_system),
    )


def _with_later_names(judged: LeadRow, theirs: LeadRow) -> LeadRow:
    """Names that the lead got since the word was refused took the place of those that were said."""
    since = sortable_timestamp(judged.updated_at)
    names = ("first_name", "last_name")
    later = {name: getattr(theirs, name) for name in names if theirs.known_at.get(f"lead.{name}", "") > since}
    return replace(judged, id=theirs.id, **later)


def _judged(word: RefusedWord) -> LeadRow:
    """What is judged of a lead: its email and names."""
    return LeadRow(
        id=word.id,
        email=word.email_key,
        email_key=word.email_key,
        shown_email_key=None,
        first_name=word.first_name,
        last_name=word.last_name,
        phone=None,
        phone_key=None,
        facts={},
        stage="new",
        account_id=None,
        match={},
        nurture_until=None,
        nurture_reason=None,
        version=0,
        created_at=word.at,
        updated_at=word.at,
    )
