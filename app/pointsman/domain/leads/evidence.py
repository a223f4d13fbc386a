"""Evidence: what an SDR, a form or a scoring model knows about a buyer's readiness."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class EvidenceKind(StrEnum):
    """The three kinds a gate may ask for."""

    QUALIFIED = "qualified"  # need, authority, fit
    MOTIVATED = "motivated"  # intent, urgency
    EDUCATED = "educated"  # knows the offer


#: Which named finding belongs to which kind where the policy declares none; each is the fact `qualification.<name>`.
EVIDENCE_NAMES = {
    "need": EvidenceKind.QUALIFIED,
    "authority": EvidenceKind.QUALIFIED,
    "fit": EvidenceKind.QUALIFIED,
    "intent": EvidenceKind.MOTIVATED,
    "urgency": EvidenceKind.MOTIVATED,
    "offer_known": EvidenceKind.EDUCATED,
}

#: What a reader calls each of them, by language.
EVIDENCE_LABELS = {
    "need": {"en": "Need", "de": "Bedarf"},
    "authority": {"en": "Authority", "de": "Entscheidungsbefugnis"},
    "fit": {"en": "Fit", "de": "Eignung"},
    "intent": {"en": "Intent", "de": "Kaufabsicht"},
    "urgency": {"en": "Urgency", "de": "Dringlichkeit"},
    "offer_known": {"en": "Knows the offer", "de": "Kennt das Angebot"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding: `affirmed` False records that the buyer said no; `expires_at` None leaves it to the gate's own expiry.

    `source` is what a closer reads; `origin` are the words by which a policy says whether it counts (see
    `pointsman.domain.permissions.evidence_origins`), none until a use case has taken it in.
    """

    kind: EvidenceKind
    name: str
    value: str
    affirmed: bool
    source: str  # "sdr:lena", "form:demo", "model:fit-v3"
    observed_at: datetime
    expires_at: datetime | None = None
    id: UUID | None = None
    origin: tuple[str, ...] = ()


#: What is true of a person at a company, and says nothing of the next one. Who knows the offer knows it anywhere.
OF_THE_EMPLOYER = frozenset({EvidenceKind.QUALIFIED, EvidenceKind.MOTIVATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceEnd:
    """Something that ended evidence `at` a moment: what had been observed until then, or up to `observed_until`, of `kinds`."""

    at: datetime
    observed_until: datetime
    kinds: frozenset[EvidenceKind] = frozenset(EvidenceKind)

    def ends(self, item: Evidence) -> bool:
        return item.kind in self.kinds and item.observed_at <= self.observed_until


def used_up(at: datetime, observed_until: datetime | None = None) -> EvidenceEnd:
    """A meeting's result, or a rejection: what had been observed by then has been used up."""
    return EvidenceEnd(at=at, observed_until=observed_until or at)


def left_employer(at: datetime) -> EvidenceEnd:
    """The person works for another company since `at`: what was observed before is about the former one."""
    return EvidenceEnd(at=at, observed_until=at - timedelta(microseconds=1), kinds=OF_THE_EMPLOYER)


def with_ends(item: Evidence, ends: Iterable[EvidenceEnd]) -> Evidence:
    """The item as it counts: it expired at the first of these ends that concerns it."""
    found = min((end.at for end in ends if end.ends(item)), default=None)
    if found is None:
        return item
    return replace(item, expires_at=min(item.expires_at or found, found))
