"""The fields that leads may have: the known ones, and those that the published policy declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pointsman.domain.errors import Fault
from pointsman.domain.leads.facts import QUALIFICATION, STANDARD_FIELDS, FieldType
from pointsman.domain.policy.document import FuzzyNameMatching
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.codes.registered_domains import NO_LISTS, MatchingLists, matching_lists
from pointsman.services.policies.cache import load_compiled_policy
from pointsman.services.ports import Env, Tx

#: For so long a policy just published may not be seen here: a field is declared before senders use it, and a free-mail
#: domain changes nothing that is stored. Saves a statement for each lead.
CACHE_TTL = timedelta(seconds=5)

#: What the service itself says about a lead; a sender may not.
COMPUTED_FIELDS = frozenset({"lead.created_at", "account.parent_owner"})
PERSONAL_FIELDS = frozenset({"lead.email", "lead.first_name", "lead.last_name", "lead.phone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFields:
    """Types by field name. Without a published policy, any `custom.` field may be sent."""

    types: Mapping[str, FieldType]
    lists: MatchingLists
    accepts_any_custom: bool
    fuzzy_names: FuzzyNameMatching | None = None  # how alike company names count
    evidence: EvidenceRules = field(default_factory=EvidenceRules)

    def type_of(self, name: str) -> FieldType | None:
        return self.types.get(name)

    def fault(self, name: str, path: str) -> Fault | None:
        """Why no sender may set the field `name`, or None."""
        if name in COMPUTED_FIELDS:
            return Fault(path=path, code="read-only", message=f"{name} is set by the service: leave it out")
        if name.startswith(QUALIFICATION):
            hint = "findings are evidence, with source and time: put it under evidence"
            return Fault(path=path, code="read-only", message=f"{name} is not sent as a field; {hint}")
        if name in self.types or (self.accepts_any_custom and _custom(name)):
            return None
        hint = did_you_mean(name, {one for one in self.types if not one.startswith(QUALIFICATION)} - COMPUTED_FIELDS)
        if _custom(name):
            hint = f"declare it under fields in the policy{', or ' + hint if hint else ''}"
        return Fault(
            path=path, code="unknown-field", message=f"{name[:100]!r} is not a known field; {hint}".rstrip("; ")
        )


@dataclass(slots=True)
class _LastKnown:
    """The fields as last read, and when."""

    value: tuple[datetime, KnownFields] | None = None


async def known_fields(env: Env, tx: Tx) -> KnownFields:
    """The fields as of now, or a few seconds ago."""
    now = env.clock()
    last = env.cache.of(_LastKnown).value
    if last is not None and timedelta(0) <= now - last[0] < CACHE_TTL:
        return last[1]
    version = (await tx.policies.live_versions()).policy
    if version is None:
        known = KnownFields(types=STANDARD_FIELDS, lists=NO_LISTS, accepts_any_custom=True)
    else:
        policy = (await load_compiled_policy(env, tx, version)).policy
        known = KnownFields(
            types=policy.field_types,
            lists=matching_lists(policy.matching),
            accepts_any_custom=False,
            fuzzy_names=policy.matching.names,
            evidence=policy.evidence,
        )
    env.cache.of(_LastKnown).value = (now, known)
    return known


def _custom(name: str) -> bool:
    return name.startswith("custom.") and name.removeprefix("custom.").replace("_", "a").isalnum() and len(name) <= 100
