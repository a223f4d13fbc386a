"""Which evidence counts for a gate, by where it came from."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pointsman.domain.leads.evidence import Evidence, EvidenceKind
from pointsman.domain.permissions.evidence_origins import DEFAULT_ORIGINS
from pointsman.domain.policy.operands import PolicyModel

Origin = Annotated[
    str,
    StringConstraints(
        max_length=110,
        pattern=r"^(webhooks|reps|partners|scope:(intake|handover|booking|admin)|(intake|partner):[^\x00-\x20]{1,100})$",
    ),
]
EvidenceName = Literal["need", "authority", "fit", "intent", "urgency", "offer_known"]


class EvidenceSource(PolicyModel):
    """One way in, and what may come through it: with neither names nor kinds, all evidence."""

    from_: Annotated[Origin, Field(alias="from")]
    names: Annotated[tuple[EvidenceName, ...], Field(max_length=10)] = ()
    kinds: Annotated[tuple[EvidenceKind, ...], Field(max_length=3)] = ()

    def lets_through(self, item: Evidence) -> bool:
        all_of_it = not self.names and not self.kinds
        return self.from_ in item.origin and (all_of_it or item.name in self.names or item.kind in self.kinds)


class EvidenceRules(PolicyModel):
    """The ways in by which evidence may open a gate. Other evidence is kept, and counts for none."""

    sources: Annotated[tuple[EvidenceSource, ...], Field(max_length=200)] = tuple(
        EvidenceSource(from_=origin) for origin in DEFAULT_ORIGINS
    )

    def counts(self, item: Evidence) -> bool:
        """Whether the item came through a way by which such evidence may come."""
        return any(source.lets_through(item) for source in self.sources)
