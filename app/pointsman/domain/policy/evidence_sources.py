"""What a policy says of evidence: which names there are, through which ways in it counts, and which words say nothing."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from pointsman.domain.leads.empty_words import folded, is_empty
from pointsman.domain.leads.evidence import EVIDENCE_LABELS, EVIDENCE_NAMES, Evidence, EvidenceKind
from pointsman.domain.leads.facts import QUALIFICATION, FieldType
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.permissions.evidence_origins import DEFAULT_ORIGINS
from pointsman.domain.policy.operands import PolicyModel

Origin = Annotated[
    str,
    StringConstraints(
        max_length=110,
        pattern=r"^(webhooks|reps|partners|scope:(intake|handover|booking|admin)|(intake|partner):[^\x00-\x20]{1,100})$",
    ),
]
EvidenceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)]
EvidenceLabel = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class EvidenceLabels(PolicyModel):
    """What a reader calls it. Where one language is left out, the other stands for it; without both, the name."""

    de: EvidenceLabel | None = None
    en: EvidenceLabel | None = None


class EvidenceDefinition(PolicyModel):
    """One name that evidence may have: its kind, and what a reader calls it."""

    kind: EvidenceKind
    labels: EvidenceLabels = EvidenceLabels()


class EvidenceSource(PolicyModel):
    """One way in, and what may come through it: with neither names nor kinds, all evidence."""

    from_: Annotated[Origin, Field(alias="from")]
    names: Annotated[tuple[EvidenceName, ...], Field(max_length=50)] = ()
    kinds: Annotated[tuple[EvidenceKind, ...], Field(max_length=3)] = ()

    def lets_through(self, item: Evidence) -> bool:
        all_of_it = not self.names and not self.kinds
        return self.from_ in item.origin and (all_of_it or item.name in self.names or item.kind in self.kinds)


def _default_names() -> dict[str, EvidenceDefinition]:
    return {
        name: EvidenceDefinition(kind=kind, labels=EvidenceLabels(**EVIDENCE_LABELS[name]))
        for name, kind in EVIDENCE_NAMES.items()
    }


class EvidenceRules(PolicyModel):
    """The names of evidence, the ways in by which it may open a gate, and words that are none, beside those of the service.

    Evidence that comes another way is kept, and counts for no gate. Where `names` is written, it replaces the six default names.
    """

    names: Annotated[dict[EvidenceName, EvidenceDefinition], Field(min_length=1, max_length=50)] = Field(
        default_factory=_default_names
    )
    sources: Annotated[tuple[EvidenceSource, ...], Field(max_length=200)] = tuple(
        EvidenceSource(from_=origin) for origin in DEFAULT_ORIGINS
    )
    empty_words: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...], Field(max_length=500)
    ] = ()

    @cached_property
    def _own_empty_words(self) -> frozenset[str]:
        return folded(self.empty_words)

    @property
    def fact_types(self) -> Mapping[str, FieldType]:
        """The facts that follow from evidence: `qualification.<name>`."""
        return {QUALIFICATION + name: FieldType.TEXT for name in self.names}

    def kind_of(self, name: str) -> EvidenceKind | None:
        """The kind of the evidence with this name; None for a name that is not declared."""
        found = self.names.get(name)
        return found.kind if found is not None else None

    def names_of(self, kind: str) -> tuple[str, ...]:
        """The names of a kind, in the policy's order."""
        return tuple(name for name, defined in self.names.items() if defined.kind == kind)

    def labels(self, name: str) -> dict[str, str]:
        """What a reader calls the evidence, for each language."""
        found = self.names.get(name)
        de, en = (found.labels.de, found.labels.en) if found is not None else (None, None)
        plain = name.replace("_", " ").capitalize()
        return {"de": de or en or plain, "en": en or de or plain}

    def is_empty(self, value: str) -> bool:
        """Whether a value is no evidence: it shows nothing, or is a word that says that there is nothing."""
        return is_empty(value, self._own_empty_words)

    def affirms(self, value: str) -> bool:
        """Whether a value can stand for a yes: it says something, and not "no"."""
        return not self.is_empty(value) and known_answer(value) is not False

    def is_known(self, item: Evidence) -> bool:
        """Whether the item has a declared name, of the kind declared, and says something. A "no" says enough by itself."""
        return self.kind_of(item.name) is item.kind and (not item.affirmed or self.affirms(item.value))

    def may_supply(self, item: Evidence) -> bool:
        """Whether the item came through a way by which such evidence may come."""
        return any(source.lets_through(item) for source in self.sources)

    def counts(self, item: Evidence) -> bool:
        """Whether the item may open or shut a gate."""
        return self.is_known(item) and self.may_supply(item)
