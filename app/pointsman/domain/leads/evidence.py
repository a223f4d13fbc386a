"""Evidence: what an SDR, a form or a scoring model knows about a buyer's readiness."""

from dataclasses import dataclass, replace
from datetime import datetime
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


def expire_used(item: Evidence, used_up: datetime | None) -> Evidence:
    """The item as it counts since `used_up`: what had been observed by then expired at that moment."""
    if used_up is None or item.observed_at > used_up:
        return item
    return replace(item, expires_at=min(item.expires_at or used_up, used_up))
