"""What the names in a policy's conditions stand for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pointsman.domain.condition_document import Condition
from pointsman.domain.country_groups import COUNTRY_GROUPS
from pointsman.domain.definitions_document import Score
from pointsman.domain.policy_document import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Named conditions by `NamedRef.key` ("segment:dach"), country groups, word lists, and scores by field name."""

    conditions: Mapping[str, Condition] = field(default_factory=dict)
    country_groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COUNTRY_GROUPS)
    word_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)

    @staticmethod
    def of(policy: Policy) -> "Definitions":
        kinds = (("segment", policy.segments), ("icp", policy.icps), ("persona", policy.personas))
        return Definitions(
            conditions={f"{kind}:{name}": named.when for kind, all_named in kinds for name, named in all_named.items()},
            country_groups={**COUNTRY_GROUPS, **policy.country_groups},
            word_lists=policy.word_lists,
            scores=policy.scores,
        )


NO_DEFINITIONS = Definitions()
