"""The kinds of things that a vendor keeps for the host, each as the checks put it: so one set of checks serves them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from pointsman_sdk import (
    AccountState,
    Activity,
    Capability,
    Contact,
    Membership,
    Notice,
    PersonState,
    Task,
)
from pointsman_sdk.testing.samples import ADA, HOSTILE, NOW, PRIVATE, SHARED, appointment, at

Check = TypeVar("Check", bound=Callable[..., Any])

WORDS = ("First", "Second", "Third", "Fourth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: `made` is its thing under a key, in a state by number, with a sequence; `text` is what its row is called.

    `varies`: whether its states differ. `verbs`: what there is beside `put`.
    """

    capability: Capability
    made: Callable[[Any, str, int, int], Any]
    text: Callable[[int], str]
    verbs: frozenset[str]
    varies: bool = True

    def thing(self, vendor: Any, *, key: str = "check-g1", state: int = 0, sequence: int | None = None) -> Any:
        """The thing in its state of that number."""
        return self.made(vendor, key, state, state if sequence is None else sequence)

    def of(self, connector: Any) -> Any:
        """The connector's attribute."""
        return getattr(connector, self.capability)

    def __str__(self) -> str:
        return str(self.capability)


def _appointment(vendor: Any, key: str, state: int, sequence: int) -> Any:
    slot = at(9 + state)
    title = f"{WORDS[state]} meeting"
    return replace(appointment(vendor.calendar, key=key, sequence=sequence, slot=slot, contact=None), title=title)


def _person(vendor: Any, key: str, state: int, sequence: int) -> Any:  # noqa: ARG001  # as all kinds are made
    email = ADA.email if key.startswith("check") else f"{key}@example.com"
    return PersonState(key=key, sequence=sequence, email=email, last_name=f"{WORDS[state]} Lovelace")


def _account(vendor: Any, key: str, state: int, sequence: int) -> Any:  # noqa: ARG001  # as all kinds are made
    domain = "acme.example" if key.startswith("check") else f"{key}.example"
    return AccountState(key=key, sequence=sequence, domain=domain, name=f"{WORDS[state]} & Söhne")


def _activity(vendor: Any, key: str, state: int, sequence: int) -> Any:
    return Activity(
        key=key,
        sequence=sequence,
        person=vendor.person(),
        owner=vendor.user,
        slot=at(9 + state),
        title=f"{WORDS[state]} meeting",
        shared=SHARED,
        private=PRIVATE,
    )


def _task(vendor: Any, key: str, state: int, sequence: int) -> Any:
    due, title = NOW + timedelta(days=1), f"{WORDS[state]} task"
    return Task(key=key, sequence=sequence, person=vendor.person(), owner=vendor.user, due=due, title=title)


def _membership(vendor: Any, key: str, state: int, sequence: int) -> Any:  # noqa: ARG001  # one state
    person = ADA if key.startswith("check") else Contact(email=f"{key}@example.com", name=key)
    return Membership(key=key, sequence=sequence, place=vendor.programme, person=person)


def _notice(vendor: Any, key: str, state: int, sequence: int) -> Any:  # noqa: ARG001  # one state
    text = f"{key}: a lead waits"
    return Notice(key=key, sequence=sequence, place=vendor.address, subject="A lead waits", text=text, at=NOW)


_ALL = frozenset({"get", "drop"})

KINDS = (
    Kind(capability=Capability.APPOINTMENTS, made=_appointment, text=lambda n: f"{WORDS[n]} meeting", verbs=_ALL),
    Kind(capability=Capability.PEOPLE, made=_person, text=lambda n: f"{WORDS[n]} Lovelace", verbs=frozenset({"get"})),
    Kind(capability=Capability.ACCOUNTS, made=_account, text=lambda n: f"{WORDS[n]} & Söhne", verbs=frozenset({"get"})),
    Kind(capability=Capability.ACTIVITIES, made=_activity, text=lambda n: f"{WORDS[n]} meeting", verbs=_ALL),
    Kind(capability=Capability.TASKS, made=_task, text=lambda n: f"{WORDS[n]} task", verbs=_ALL),
    Kind(capability=Capability.PROGRAMMES, made=_membership, text=lambda _: ADA.email, verbs=_ALL, varies=False),
    Kind(
        capability=Capability.NOTICES,
        made=_notice,
        text=lambda _: "check-g1: a lead waits",
        verbs=frozenset(),
        varies=False,
    ),
)
VARYING = tuple(kind for kind in KINDS if kind.varies)
GETTING = tuple(kind for kind in KINDS if "get" in kind.verbs)
DROPPING = tuple(kind for kind in KINDS if "drop" in kind.verbs)


def hostile(kind: Kind, vendor: Any) -> Any:
    """The thing with a stranger's words in it."""
    thing = kind.thing(vendor)
    match kind.capability:
        case Capability.PEOPLE:
            return replace(thing, email=HOSTILE.email, last_name=HOSTILE.name)
        case Capability.ACCOUNTS:
            return replace(thing, name=HOSTILE.name)
        case Capability.PROGRAMMES:
            return replace(thing, person=HOSTILE)
        case Capability.NOTICES:
            return replace(thing, subject=HOSTILE.name, text=HOSTILE.name, sender=HOSTILE.name)
        case Capability.APPOINTMENTS:
            return replace(thing, title=HOSTILE.name, guests=(HOSTILE,))
        case _:
            return replace(thing, title=HOSTILE.name)


def hostile_words(kind: Kind) -> str:
    """By what the hostile thing's row is known."""
    return HOSTILE.email if kind.capability is Capability.PROGRAMMES else HOSTILE.name[:20]


NONE = replace(KINDS[0], verbs=frozenset())
"""In the place of a kind, where the connector declares none that a check is about."""


def over(kinds: Sequence[Kind]) -> Callable[[Check], Check]:
    """Mark a check that is to be run for each of these kinds."""

    def mark(check: Check) -> Check:
        check.kinds = kinds  # type: ignore[attr-defined]  # functions carry attributes
        return check

    return mark


def kinds_of(check: object) -> Sequence[Kind] | None:
    """The kinds that a check is run for; None for one that is about no kind."""
    found: Sequence[Kind] | None = getattr(check, "kinds", None)
    return found
