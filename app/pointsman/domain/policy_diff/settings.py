"""Values of settings that have words of their own, in the sentences of a comparison: works, methods, kinds of evidence."""

from collections.abc import Callable, Mapping
from typing import Any

from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.messages.message import Arg, Message, say
from pointsman.domain.policy.document import OwnerChanges
from pointsman.domain.policy.invitations import Inviter
from pointsman.domain.policy.pools import Confirmation, DistributionMethod, OfferMode
from pointsman.domain.policy_words.terms import CONFIRMATIONS, FIELD_TYPES, KINDS, OFFERS, OWNERS, TIES
from pointsman.domain.roster.roles import Work, work_name

_METHODS: Mapping[DistributionMethod, Message] = {
    DistributionMethod.FAIR: say("diff.method-fair"),
    DistributionMethod.LEAST_LOADED: say("diff.method-least-loaded"),
    DistributionMethod.SOONEST: say("diff.method-soonest"),
    DistributionMethod.OWNER: say("diff.method-owner"),
    DistributionMethod.RANKED: say("diff.method-ranked"),
}
_WAYS: Mapping[Inviter, Message] = {
    Inviter.MAIL: say("diff.way-mail"),
    Inviter.CALENDAR: say("diff.way-calendar"),
    Inviter.NOBODY: say("diff.way-nobody"),
}
_CHANGES: Mapping[OwnerChanges, Message] = {
    OwnerChanges.ACCEPT: say("diff.owner-changes-accept"),
    OwnerChanges.REFUSE: say("diff.owner-changes-refuse"),
    OwnerChanges.REVERT: say("diff.owner-changes-revert"),
}
_ELSE: Mapping[str, Message] = {
    "hold": say("diff.else-hold"),
    "next": say("diff.else-next"),
    "nurture": say("diff.else-nurture"),
}


def requirement(what: str) -> Message:
    """What a gate requires: a kind of evidence, or one evidence of a kind."""
    return say("diff.requirement", what=what)


def _else(value: str) -> Message:
    return _ELSE[value] if value in _ELSE else say("diff.pool", name=value.removeprefix("pool:"))


_WORDS: Mapping[str, Callable[[str], Message]] = {
    "work": lambda value: work_name(Work(value)),
    "method": lambda value: _METHODS[DistributionMethod(value)],
    "else": _else,
    "on_fail.missing": lambda value: work_name(Work(value)),
    "on_fail.refused": lambda value: work_name(Work(value)),
    "booking.offer": lambda value: OFFERS[OfferMode(value)],
    "booking.confirmation": lambda value: CONFIRMATIONS[Confirmation(value)],
    "invitations.by": lambda value: _WAYS[Inviter(value)],
    "kind": lambda value: KINDS[EvidenceKind(value)],
    "require": requirement,
    "order": lambda value: OWNERS[value],
    "tie": lambda value: TIES[value],
}


def setting_words(group: str, label: str, value: Any) -> Arg | None:
    """The words of a value, or of each in a list; None where it has none of its own."""
    write = _WORDS.get("kind" if group == "evidence" and label.endswith(".kind") else label)
    if group == "fields":
        return FIELD_TYPES[FieldType(value)] if value is not None else None
    if group == "owner_changes":
        return _CHANGES[OwnerChanges(value)]
    if write is None or not value:
        return None
    return tuple(map(write, value)) if isinstance(value, list) else write(value)
