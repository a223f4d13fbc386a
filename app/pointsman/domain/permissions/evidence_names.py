"""The name under which evidence is kept: each caller speaks in its own."""

from collections.abc import Collection
from typing import Protocol

from pointsman.domain.messages.message import Arg, Named, NameKind, rep_name
from pointsman.domain.permissions.callers import CallerKind, Scope
from pointsman.domain.text.composition import compose
from pointsman.domain.text.lines import one_line
from pointsman.domain.text.visible import says_something

MAX_SOURCE = 255

#: What only the service itself puts before a name.
_RESERVED = frozenset({"intake", "partner", "key"})
_OF_REPS = frozenset({"sdr", "rep", "setter", "closer"})


class NamedRep(Protocol):
    """A rep of the roster."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def supplier(self) -> str: ...


class NotYourName(ValueError):
    """The source is another's; the text says what to do."""


class Speaker(Protocol):
    """A caller that gives evidence. `rep` and `supplier` are those that its key is bound to."""

    @property
    def kind(self) -> CallerKind: ...
    @property
    def supplier(self) -> str | None: ...
    @property
    def rep(self) -> str | None: ...
    @property
    def scopes(self) -> frozenset[Scope]: ...


def evidence_source(who: Speaker, given: str | None, *, setter: str | None, reps: Collection[NamedRep]) -> str:
    """What is kept as the source, one line; `setter` is the key of the rep who hands over, checked before. NotYourName."""
    if given is not None and not says_something(given := one_line(given)):
        raise NotYourName("it shows nothing: say who found it out, or leave `source` out")
    if who.rep is not None:
        own = f"sdr:{who.rep}"
        if given is not None and _rep_named(given, [rep for rep in reps if rep.key == who.rep]) is None:
            raise NotYourName(f"this key speaks as {own}: leave `source` out")
        return own
    if who.supplier is not None:
        own_reps = [rep for rep in reps if rep.supplier == who.supplier]
        named = _rep_named(given, own_reps) if given is not None else setter
        return f"sdr:{named}" if named else f"partner:{who.supplier}/{given or 'api'}"[:MAX_SOURCE]
    if given is None:
        return f"sdr:{setter}" if setter else "api"
    if who.kind is CallerKind.HOUSE:
        _refuse_others_name(who, given, reps)
    return given


def source_name(source: str) -> Arg:
    """A source of evidence as people read it: a rep by name, everything else by the word that was said."""
    kind, _, key = source.partition(":")
    if kind == "sdr" and key:
        return rep_name(key)
    return Named(NameKind.INTAKE, key) if kind == "intake" and key else source


def _refuse_others_name(who: Speaker, given: str, reps: Collection[NamedRep]) -> None:
    prefix, _, rest = _plain(given).partition(":")
    if rest and prefix in _RESERVED:
        raise NotYourName(f"'{prefix}:' stands before names that the service gives: choose another word")
    names_a_rep = _rep_named(given, reps) is not None or bool(rest and prefix in _OF_REPS)
    if names_a_rep and Scope.HANDOVER not in who.scopes:
        raise NotYourName(
            "a key without the scope `handover` does not speak as a rep: choose another word, or use the rep's own key"
        )


def _rep_named(source: str, reps: Collection[NamedRep]) -> str | None:
    """The rep whose key, name or address the source is, whatever stands before a colon."""
    plain = _plain(source)
    asked = {plain, plain.rpartition(":")[2]}
    return next(
        (rep.key for rep in reps if any(_plain(name) in asked for name in (rep.key, rep.name, rep.email))), None
    )


def _plain(text: str) -> str:
    """The text as it looks: without marks that show nothing, wide letters as narrow ones, no spaces, lower case."""
    return one_line(compose(text, "NFKC")).replace(" ", "").casefold()
